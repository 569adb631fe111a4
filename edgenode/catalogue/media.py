"""Pictures, video and speech for the demo and a first try: pinned and pulled like models."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from edgenode.catalogue.origin import Origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError


class Recording(Pin, frozen=True, kw_only=True):
    """A pinned file with its author and its licence."""

    title: str
    licence: str
    source: str


@cache
def recordings() -> dict[str, Recording]:
    """Return all recordings by name."""
    text = Path(__file__).with_name("media.toml").read_text("utf-8")
    found = msgspec.convert(tomllib.loads(text)["recordings"], tuple[Recording, ...])
    return {recording.name: recording for recording in found}


def media(name: str, store: Store, origin: Origin) -> Path:
    """Return the path of recording *name*; pull it if it is not in *store* yet.

    Raise ``ModelError`` if there is no such recording, or if it cannot be fetched.
    """
    recording = recordings().get(name)
    if recording is None:
        raise ModelError(f"no recording {name!r}; there are {', '.join(recordings())}")
    return pull(recording, store, origin)
