"""Fetches what a scenario needs: models, pictures, video and speech."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgenode.catalogue import manifest
from edgenode.catalogue.download import OnProgress
from edgenode.catalogue.media import recordings
from edgenode.catalogue.origin import Origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull, pull_model
from edgenode.catalogue.store import Store
from edgenode.demo.scenario import PluginCase, Scenario
from edgenode.errors import ModelError


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is there to run a scenario.

    Attributes:
        scenario: what was asked for.
        store: where the models are.
        recordings: paths by source.
        cases: the plugins that can run.
        faults: a line for each file that could not be fetched.
    """

    scenario: Scenario
    store: Store
    recordings: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    cases: list[PluginCase] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """Names of the plugins that cannot run."""
        return [case.name for case in self.scenario.cases if case not in self.cases]


class Fetcher:
    """Pulls the files that are not in *store* yet.

    *begin* is called before each file; what it returns is called with the progress of the pull.
    """

    def __init__(self, store: Store, origin: Origin, begin: Callable[[Pin], OnProgress]) -> None:
        self._store = store
        self._origin = origin
        self._begin = begin
        self._faults: list[str] = []

    def fetch(self, scenario: Scenario) -> Fetched:
        """Return which files of *scenario* are there now, and which plugins can run with them.

        A file that cannot be fetched is a line in ``faults``; nothing is raised for it.
        """
        pinned = {source: self._recordings(names) for source, names in scenario.pinned.items()}
        paths = {**pinned, **scenario.files}
        # Every model is tried, also after a failure: the user sees all missing files at once.
        ready = [
            case for case in scenario.cases if self._has_model(case.model) and paths[case.source]
        ]
        return Fetched(scenario, self._store, paths, ready, self._faults)

    def _recordings(self, names: Sequence[str]) -> list[Path]:
        found = []
        for name in names:
            pin = recordings()[name]
            try:
                found.append(pull(pin, self._store, self._origin, self._begin(pin)))
            except ModelError as error:
                self._faults.append(_fault(pin, error))
        return found

    def _has_model(self, name: str) -> bool:
        model = manifest.find(name)
        complete = True
        for kind, pin in model.pins.items():
            # The demo runs on the CPU only.
            if kind == "edgetpu":
                continue
            try:
                pull_model(model, kind, self._store, self._origin, self._begin(pin))
            except ModelError as error:
                self._faults.append(_fault(pin, error))
                complete = False
        return complete


def _fault(pin: Pin, error: ModelError) -> str:
    """Return the error with the file's name: the URL of an archive does not contain it."""
    text = str(error)
    return text if pin.name in text else f"{pin.name!r} ({pin.member}): {text}"
