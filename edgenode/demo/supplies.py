"""What the demo is made of, and whether it can be had: models, pictures, video and speech."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edgenode.catalogue import manifest
from edgenode.catalogue.download import Tell
from edgenode.catalogue.media import recordings
from edgenode.catalogue.origin import Origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull, pull_model
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError


@dataclass(frozen=True, slots=True)
class Part:
    """One plugin of the demo: its table."""

    name: str
    use: str
    model: str
    source: str


PARTS = (
    Part("objects", "object-detection", "coco-ssd-mobilenet-v1", "camera"),
    Part("posture", "pose-estimation", "movenet-lightning", "camera"),
    Part("words", "keyword-spotting", "kws-ref", "microphone"),
)

# Pictures first: in the video nobody is there for the first seven seconds.
RECORDINGS = {
    "camera": ("test_couple.jpg", "kite_and_cold.jpg", "one-by-one-person-detection.mp4"),
    "microphone": ("yes_no_go_stop.wav", "right_left_up.wav"),
}


@dataclass(frozen=True, slots=True)
class Supplies:
    """What could be had.

    Attributes:
        store: where the models are.
        recordings: paths by source.
        parts: the plugins that can run.
        faults: a line for each file that is not to be had.
    """

    store: Store
    recordings: dict[str, list[Path]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def absent(self) -> list[str]:
        """Names of the plugins that cannot run."""
        return [part.name for part in PARTS if part not in self.parts]


def gather(store: Store, origin: Origin, begin: Callable[[Pin], Tell]) -> Supplies:
    """Return what the demo can be made of, pulled into *store* where it is not there yet.

    *begin* is called before each file, and what it returns hears how the pull gets on.
    """
    supplies = Supplies(store)
    for part in PARTS:
        if part.source not in supplies.recordings:
            supplies.recordings[part.source] = _recordings(part.source, supplies, origin, begin)
        # Both are tried, so that all that is missing is told at once.
        has_model = _has_model(part.model, supplies, origin, begin)
        if has_model and supplies.recordings[part.source]:
            supplies.parts.append(part)
    return supplies


def _recordings(
    source: str, supplies: Supplies, origin: Origin, begin: Callable[[Pin], Tell]
) -> list[Path]:
    found = []
    for name in RECORDINGS[source]:
        pin = recordings()[name]
        try:
            found.append(pull(pin, supplies.store, origin, begin(pin)))
        except ModelError as error:
            supplies.faults.append(_said(pin, error))
    return found


def _has_model(name: str, supplies: Supplies, origin: Origin, begin: Callable[[Pin], Tell]) -> bool:
    model = manifest.find(name)
    complete = True
    for kind, pin in model.pins.items():
        if kind == "edgetpu":
            continue
        try:
            pull_model(model, kind, supplies.store, origin, begin(pin))
        except ModelError as error:
            supplies.faults.append(_said(pin, error))
            complete = False
    return complete


def _said(pin: Pin, error: ModelError) -> str:
    """Return the error with the file's name: an archive's URL does not show it."""
    text = str(error)
    return text if pin.name in text else f"{pin.name!r} ({pin.member}): {text}"
