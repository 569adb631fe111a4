"""Pulling: a file appears in the store whole and verified, or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgenode.catalogue.download import Tell
from edgenode.catalogue.manifest import Kind, Manifest
from edgenode.catalogue.origin import Origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError

SPARE = 16 << 20
"""Bytes that stay free on the disk."""


def _unheard(_have: int, _total: int | None) -> None:
    """Tell nobody."""


def pull(pin: Pin, store: Store, origin: Origin, tell: Tell = _unheard) -> Path:
    """Bring the file of *pin* into *store*, unless it is there and right; return where it is.

    Of several pulls at once, one brings it and the others wait for that. What an interrupted pull
    leaves is a ``.part`` file, from which the next goes on. Raise ``ModelError`` if the file is not
    to be had, is not what is pinned, or cannot be stored.
    """
    place = store.place(pin)
    part = place.with_name(f"{place.name}.part")
    try:
        if _fault(pin, place) is None:
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place.with_name(".lock")):
            if _fault(pin, place) is not None:
                _need_space(pin, place.parent)
                _bring(pin, part, origin, tell)
                _settle(part, place)
    except OSError as error:
        raise ModelError(
            f"cannot store {pin.name!r} in {str(store.folder)!r}: {error.strerror or error}; "
            "mend that or give another folder with --store"
        ) from error
    return place


def pull_model(
    model: Manifest, kind: Kind, store: Store, origin: Origin, tell: Tell = _unheard
) -> Path:
    """Return where this file of *model* is: beside its manifest, or brought into *store*.

    Raise ``ModelError`` as ``pull`` does, and if the model has no such file.
    """
    if store.locate(model, kind).parent == model.folder:
        return store.path(model, kind)
    return pull(model.pins[kind], store, origin, tell)


def _bring(pin: Pin, part: Path, origin: Origin, tell: Tell) -> None:
    # A part that an earlier pull left may be of something else: then it is brought once more.
    resumed = part.exists()
    if pin.size is None or not resumed or part.stat().st_size < pin.size:
        origin.bring(pin, part, tell)
    fault = _fault(pin, part)
    if fault is None:
        return
    part.unlink(missing_ok=True)
    if not resumed:
        raise ModelError(f"refused {pin.name!r} from {pin.url or 'the mirror'}: {fault}")
    _bring(pin, part, origin, tell)


def _fault(pin: Pin, path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return pin.fault(file)
    except FileNotFoundError:
        return "it is not there"


def _settle(part: Path, place: Path) -> None:
    """Give the part its final name, on the disk and not only in memory."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(place)
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _need_space(pin: Pin, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    need = (pin.size or 0) + SPARE
    if free < need:
        raise ModelError(
            f"no room for {pin.name!r} in {str(folder)!r}: "
            f"{free >> 20} MiB free, {-(-need >> 20)} needed; give another folder with --store"
        )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock at *path*; the kernel lets go of it even if we are killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
