"""How a device is found by a part of its name, the one thing that survives a change of socket."""

from collections.abc import Sequence

from edgenode import plugin


def pick(kind: str, part: str, names: Sequence[str]) -> int:
    """Return the index of the one name in *names* that is *part* or, failing that, contains it.

    Case does not matter. Raise ``DeviceError`` naming what exists when none or several do.
    """
    wanted = part.casefold()
    exact = [index for index, name in enumerate(names) if name.casefold() == wanted]
    found = exact or [index for index, name in enumerate(names) if wanted in name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(repr(names[index]) for index in found)
        raise plugin.DeviceError(f"{kind} {part!r} is ambiguous: {several}; name more of it")
    if names:
        present = ", ".join(repr(name) for name in names)
        raise plugin.DeviceError(f"no {kind} {part!r}: there are {present}; name a part of one")
    raise plugin.DeviceError(f"no {kind} {part!r}, nor any other: attach it, check its cable")
