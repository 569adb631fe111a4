"""How large frames should be, and how many: the arithmetic of a demand."""

from edgenode import plugin

LOWEST_RATE_HZ = 0.2
"""Who wants fewer frames drops some: a source must come up for air to be stopped."""


def fitted(full: tuple[int, int], demand: plugin.Demand) -> tuple[int, int]:
    """Return width and height for frames of *full* size; *full* where nothing is demanded.

    ``stretch`` is the size demanded; ``letterbox`` is the aspect of *full* kept inside it.
    """
    if demand.size is None:
        return full
    if demand.fit == "stretch":
        return demand.size
    scale = min(demand.size[0] / full[0], demand.size[1] / full[1])
    return max(round(full[0] * scale), 1), max(round(full[1] * scale), 1)


def rate_enough(demand: plugin.Demand) -> float | None:
    """Return the frames per second to give, None for all there are."""
    return max(demand.rate_hz, LOWEST_RATE_HZ) if demand.rate_hz else None
