"""Whether what a play is made of can be had: models, pictures, video and speech."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgenode.catalogue import manifest
from edgenode.catalogue.download import Tell
from edgenode.catalogue.media import recordings
from edgenode.catalogue.origin import Origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull, pull_model
from edgenode.catalogue.store import Store
from edgenode.demo.play import Part, Play
from edgenode.errors import ModelError


@dataclass(frozen=True, slots=True)
class Supplies:
    """What could be had.

    Attributes:
        play: what was asked for.
        store: where the models are.
        recordings: paths by source.
        parts: the plugins that can run.
        faults: a line for each file that is not to be had.
    """

    play: Play
    store: Store
    recordings: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def absent(self) -> list[str]:
        """Names of the plugins that cannot run."""
        return [part.name for part in self.play.parts if part not in self.parts]


class Purveyor:
    """Pulls what is not in *store* yet.

    *begin* is called before each file, and what it returns hears how the pull gets on.
    """

    def __init__(self, store: Store, origin: Origin, begin: Callable[[Pin], Tell]) -> None:
        self._store = store
        self._origin = origin
        self._begin = begin
        self._faults: list[str] = []

    def gather(self, play: Play) -> Supplies:
        """Return what *play* can be made of."""
        found = {source: self._pulled(names) for source, names in play.pinned.items()}
        paths = {**found, **play.files}
        # All are tried, so that all that is missing is told at once.
        ready = [part for part in play.parts if self._has_model(part.model) and paths[part.source]]
        return Supplies(play, self._store, paths, ready, self._faults)

    def _pulled(self, names: Sequence[str]) -> list[Path]:
        found = []
        for name in names:
            pin = recordings()[name]
            try:
                found.append(pull(pin, self._store, self._origin, self._begin(pin)))
            except ModelError as error:
                self._faults.append(_said(pin, error))
        return found

    def _has_model(self, name: str) -> bool:
        model = manifest.find(name)
        complete = True
        for kind, pin in model.pins.items():
            if kind == "edgetpu":
                continue
            try:
                pull_model(model, kind, self._store, self._origin, self._begin(pin))
            except ModelError as error:
                self._faults.append(_said(pin, error))
                complete = False
        return complete


def _said(pin: Pin, error: ModelError) -> str:
    """Return the error with the file's name: an archive's URL does not show it."""
    text = str(error)
    return text if pin.name in text else f"{pin.name!r} ({pin.member}): {text}"
