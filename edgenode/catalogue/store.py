"""The store: the folder of pulled files on this machine, each under its digest."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from edgenode import files
from edgenode.catalogue import labels
from edgenode.catalogue.manifest import FILE, Kind, Manifest
from edgenode.catalogue.pin import MAX_BYTES, Pin
from edgenode.errors import ModelError

SYSTEM = Path("/var/lib/edgenode/models")
"""The store that the services read, and into which root pulls."""


def default_folder(environ: Mapping[str, str] = os.environ, system: Path = SYSTEM) -> Path:
    """Return *system* if this user may write to it or create it, else the user's cache.

    Call it once, when a command starts. Raise ``ModelError`` if this user has no home folder.
    """
    if any(os.access(folder, os.W_OK | os.X_OK) for folder in (system, system.parent)):
        return system
    cache = environ.get("XDG_CACHE_HOME", "")
    # The XDG rules tell programs to ignore a relative path.
    if cache.startswith("/"):
        return Path(cache) / "edgenode" / "models"
    try:
        return Path.home() / ".cache" / "edgenode" / "models"
    except RuntimeError as error:
        raise ModelError(f"this user has no home folder ({error}); give --store") from error


class Store:
    """Files by digest: a file that two manifests share is fetched and kept once.

    The search order is: the manifest's own folder (under the pinned name), this store, and then
    *system*, a second store that is only read. Every file is verified before it is used.
    """

    def __init__(self, folder: Path, system: Path | None = None) -> None:
        self.folder = folder
        self._system = system

    @classmethod
    def at(cls, folder: str | Path | None) -> Self:
        """Return the store in *folder*; None stands for the default folder."""
        # The services may not write to the system's store, but they read what root has pulled.
        return cls(Path(folder)) if folder else cls(default_folder(), SYSTEM)

    def place(self, pin: Pin) -> Path:
        """Return the path that the file of *pin* has after it was pulled."""
        return self.folder / pin.digest[:16] / pin.name

    def locate(self, manifest: Manifest, kind: Kind) -> Path:
        """Return the path that this file of the model has or will have. It is not verified.

        Raise ``ModelError`` if the model has no such file.
        """
        pin = _pin(manifest, kind)
        place = self.place(pin)
        places = [manifest.folder / pin.name, place]
        if self._system is not None:
            places.append(Store(self._system).place(pin))
        return next((one for one in places if os.access(one, os.F_OK)), place)

    def path(self, manifest: Manifest, kind: Kind) -> Path:
        """Return the path of this file of the model, verified.

        Raise ``ModelError``, with the cure, if it is missing or is not what the manifest says.
        """
        path = self.locate(manifest, kind)
        self._verified(manifest, kind, path)
        return path

    def read(self, manifest: Manifest, kind: Kind) -> bytes:
        """Return the content of this file of the model: exactly the bytes that were verified.

        Raise ``ModelError``, with the cure, if it is missing or is not what the manifest says.
        """
        return self._verified(manifest, kind, self.locate(manifest, kind))

    def labels(self, manifest: Manifest) -> tuple[str, ...]:
        """Return the labels by class id.

        Raise ``ModelError`` as ``read`` does, or naming the label that a node cannot publish.
        """
        if manifest.labels_from is None:
            return labels.listed(
                manifest.labels, str(manifest.folder / FILE), manifest.labels_until
            )
        path = self.locate(manifest, manifest.labels_from)
        content = self._verified(manifest, manifest.labels_from, path)
        return labels.read(content, str(path), manifest.labels_until)

    def _verified(self, manifest: Manifest, kind: Kind, path: Path) -> bytes:
        pin = _pin(manifest, kind)
        pull = f"`edgenode models pull {manifest.id}`"
        try:
            content = files.content(path, MAX_BYTES)
        except FileNotFoundError:
            raise ModelError(
                f"the {kind} file of model {manifest.id!r} is not pulled; {pull}"
            ) from None
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror}; mend it and run {pull}") from error
        fault = pin.fault(io.BytesIO(content))
        if fault is not None:
            cure = f"remove the file and run {pull}"
            if not pin.url:
                # Nobody could bring back a file of one's own.
                cure = f"if it is the right file, write its sha256 into {manifest.folder / FILE}"
            raise ModelError(f"{path}: {fault}; {cure}")
        return content


def _pin(manifest: Manifest, kind: Kind) -> Pin:
    pin = manifest.pins.get(kind)
    if pin is None:
        raise ModelError(
            f"model {manifest.id!r} has no {kind} file; it has {', '.join(manifest.pins)}"
        )
    return pin
