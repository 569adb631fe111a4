"""How large frames should be: the arithmetic of stretch and letterbox."""

from edgenode import plugin


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
