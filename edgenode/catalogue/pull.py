"""Pulls files into the store: a file appears there complete and verified, or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgenode import files
from edgenode.catalogue.download import OnProgress
from edgenode.catalogue.manifest import Kind, Manifest
from edgenode.catalogue.origin import Origin, Published
from edgenode.catalogue.ownership import own, refuse_strange
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError

SPARE_BYTES = 16 << 20
"""How many bytes of the disk must stay free."""

OTHER_STORE = "give another folder with --store"


def _ignore_progress(_have: int, _total: int | None) -> None:
    """Do nothing: nobody wants to know the progress."""


def pull(
    pin: Pin, store: Store, origin: Origin, on_progress: OnProgress = _ignore_progress
) -> Path:
    """Fetch the file of *pin* into *store* unless it is there and correct; return its path.

    If several processes pull a file at the same time, one fetches it and the others wait. An
    interrupted pull leaves a ``.part`` file, and the next pull continues from it. Raise
    ``ModelError`` if the file cannot be fetched, differs from the pin, or cannot be stored, or if
    the store is another user's.
    """
    try:
        place = Store(own(store.folder, OTHER_STORE)).place(pin)
        part, lock = place.with_name(f"{place.name}.part"), place.with_name(".lock")
        place.parent.mkdir(parents=True, exist_ok=True)
        # Files of an earlier owner of the store may still be in it.
        if own(place.parent, OTHER_STORE) != place.parent:
            raise ModelError(f"{place.parent}: is a symbolic link; remove it")
        refuse_strange(place, part, Published.archive(part), lock)
        if _fault(pin, place) is None:
            return place
        with _locked(lock):
            # Checked again under the lock: another process may have pulled it meanwhile.
            if _fault(pin, place) is not None:
                _need_space(pin, place.parent)
                _fetch(pin, part, origin, on_progress)
                _move_into_place(part, place)
    except OSError as error:
        raise ModelError(
            f"cannot store {pin.name!r} in {str(store.folder)!r}: {error.strerror or error}; "
            f"mend that or {OTHER_STORE}"
        ) from error
    return place


def pull_model(
    model: Manifest,
    kind: Kind,
    store: Store,
    origin: Origin,
    on_progress: OnProgress = _ignore_progress,
) -> Path:
    """Return the path of this file of *model*: in its manifest's folder, or pulled into *store*.

    Raise ``ModelError`` as ``pull`` does, and if the model has no such file.
    """
    if store.locate(model, kind).parent == model.folder:
        return store.path(model, kind)
    return pull(model.pins[kind], store, origin, on_progress)


def _fetch(pin: Pin, part: Path, origin: Origin, on_progress: OnProgress) -> None:
    # An old `.part` file may have other content: if it is wrong, it is removed and fetched anew.
    resumed = part.exists()
    if pin.size is None or not resumed or part.stat().st_size < pin.size:
        origin.fetch(pin, part, on_progress)
    fault = _fault(pin, part)
    if fault is None:
        return
    part.unlink(missing_ok=True)
    if not resumed:
        raise ModelError(
            f"refused {pin.name!r} from {origin.where(pin)}: {fault}; it is another file than the"
            " manifest's: take it from elsewhere with --mirror"
        )
    _fetch(pin, part, origin, on_progress)


def _fault(pin: Pin, path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return pin.fault(file)
    except FileNotFoundError:
        return "it is not there"


def _move_into_place(part: Path, place: Path) -> None:
    """Rename *part* to *place*, and wait until both are on the disk and not only in memory."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(place)
    # Without this a power cut can undo the renaming.
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _need_space(pin: Pin, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    need = (pin.size or 0) + SPARE_BYTES
    if free < need:
        raise ModelError(
            f"no room for {pin.name!r} in {str(folder)!r}: "
            f"{free >> 20} MiB free, {-(-need >> 20)} needed; {OTHER_STORE}"
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock file at *path*. The kernel releases it even if this process is killed."""
    with open(path, "w", opener=files.open_itself) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
