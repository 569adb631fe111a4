"""Scenarios of the demo: which plugins run, on which models and recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edgenode.demo import truth
from edgenode.demo.truth import Truth
from edgenode.errors import RecordingError
from edgenode.plugin import Frame
from edgenode.sense.sources.replay import Replay, ReplayOptions

CAMERA, MICROPHONE = "camera", "microphone"


@dataclass(frozen=True, slots=True)
class PluginCase:
    """One plugin of the demo: the keys of its table under ``[plugins]``."""

    name: str
    use: str
    model: str
    source: str


def _cases(detector: str, pose: str, keyword: str) -> tuple[PluginCase, ...]:
    return (
        PluginCase("objects", "object-detection", detector, CAMERA),
        PluginCase("posture", "pose-estimation", pose, CAMERA),
        PluginCase("words", "keyword-spotting", keyword, MICROPHONE),
    )


MODEL_SETS: Final[Mapping[str, tuple[PluginCase, ...]]] = {
    "starter": _cases("starter-detector", "starter-pose", "starter-keyword"),
    "coral": _cases("coco-ssd-mobilenet-v1", "movenet-lightning", "kws-ref"),
}
"""The plugins for each choice of ``--models``. Coral's models must be pulled."""

# Pictures come first: the video shows nobody during its first seven seconds.
REAL: Final[Mapping[str, Sequence[str]]] = {
    CAMERA: ("test_couple.jpg", "kite_and_cold.jpg", "one-by-one-person-detection.mp4"),
    MICROPHONE: ("yes_no_go_stop.wav", "right_left_up.wav"),
}
"""Recordings of real people by source; the names are those of the catalogue of media."""

SCENE: Final = Path(__file__).with_name("scene")
"""The folder of the rendered clip that is part of the package, with its truth."""

VIDEO, SOUND, TRUTH = "scene.mp4", "speech.wav", "truth.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What the demo is asked to run.

    Attributes:
        cases: the plugins; each has a recording for its source.
        files: recordings that exist already, by source.
        pinned: names of recordings that may have to be pulled first, by source.
        truth: what the recordings really show; None if it is not known.
        loop: start again at the end of the recordings, without limit.
    """

    cases: Sequence[PluginCase]
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    pinned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    truth: Truth | None = None
    loop: bool = False


def real_recordings(cases: Sequence[PluginCase]) -> Scenario:
    """Return the scenario of the pinned real recordings. It runs until the user ends it."""
    return Scenario(cases=cases, pinned=REAL, loop=True)


def scene(cases: Sequence[PluginCase], folder: Path = SCENE) -> Scenario:
    """Return the scenario of the clip in *folder*, which holds the clip's truth, too.

    Raise ``RecordingError`` naming the file that is absent or damaged.
    """
    files = {CAMERA: [folder / VIDEO], MICROPHONE: [folder / SOUND]}
    for path in (folder, *files[CAMERA], *files[MICROPHONE], folder / TRUTH):
        if not path.exists():
            expected = f"a scene is a folder with {VIDEO}, {SOUND} and {TRUTH}"
            raise RecordingError(f"scene {str(folder)!r}: there is no {str(path)!r}; {expected}")
    return Scenario(cases=cases, files=files, truth=truth.read(folder / TRUTH))


def own_files(cases: Sequence[PluginCase], paths: Sequence[Path]) -> Scenario:
    """Return the scenario of the user's own files, with those of *cases* that can read them.

    Raise ``RecordingError`` for a file that is absent, damaged or not a recording.
    """
    files: dict[str, list[Path]] = {}
    for path in paths:
        files.setdefault(_source_for(path), []).append(path)
    return Scenario(cases=[case for case in cases if case.source in files], files=files)


def _source_for(path: Path) -> str:
    """Return which of the two sources can replay the file at *path*."""
    with Replay(ReplayOptions(path=str(path), pace="fast")) as replay:
        # Read one sample: a damaged file is then reported now, and not in the node's log.
        next(replay.samples(), None)
    return CAMERA if replay.yields is Frame else MICROPHONE
