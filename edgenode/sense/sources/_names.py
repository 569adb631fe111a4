"""Finds a device by a part of its name: its number changes with the USB socket."""

from collections.abc import Sequence

from edgenode import plugin


def pick(kind: str, part: str, names: Sequence[str]) -> int:
    """Return the index of the name in *names* that equals *part*, or else contains it.

    Case is ignored. Raise ``DeviceError``, naming what exists, if none or several match.
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
