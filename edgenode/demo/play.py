"""What the demo can be asked to play: which models, on which recordings."""

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
class Part:
    """One plugin of the demo: its table."""

    name: str
    use: str
    model: str
    source: str


def _cast(detector: str, pose: str, keyword: str) -> tuple[Part, ...]:
    return (
        Part("objects", "object-detection", detector, CAMERA),
        Part("posture", "pose-estimation", pose, CAMERA),
        Part("words", "keyword-spotting", keyword, MICROPHONE),
    )


CASTS: Final[Mapping[str, tuple[Part, ...]]] = {
    "starter": _cast("starter-detector", "starter-pose", "starter-keyword"),
    "coral": _cast("coco-ssd-mobilenet-v1", "movenet-lightning", "kws-ref"),
}
"""The plugins by the family of their models: our own ones ship, the real ones are pulled."""

# Pictures first: in the video nobody is there for the first seven seconds.
REAL: Final[Mapping[str, Sequence[str]]] = {
    CAMERA: ("test_couple.jpg", "kite_and_cold.jpg", "one-by-one-person-detection.mp4"),
    MICROPHONE: ("yes_no_go_stop.wav", "right_left_up.wav"),
}
"""Recordings of real people, by their names in the catalogue of media."""

SCENE: Final = Path(__file__).with_name("scene")
"""The clip that ships: rendered, with its truth."""

VIDEO, SOUND, TRUTH = "scene.mp4", "speech.wav", "truth.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is to be played.

    Attributes:
        parts: the plugins, each with a recording for its source.
        files: recordings that are there, by source.
        pinned: names of recordings that may have to be pulled first, by source.
        truth: what is really in the recordings, None where nobody knows.
        loop: begin again at the end, for ever.
    """

    parts: Sequence[Part]
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    pinned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    truth: Truth | None = None
    loop: bool = False


def real(parts: Sequence[Part]) -> Play:
    """Return the play of real recordings: it goes on until somebody ends it."""
    return Play(parts=parts, pinned=REAL, loop=True)


def scene(parts: Sequence[Part], folder: Path = SCENE) -> Play:
    """Return the play of the clip in *folder*, which has its truth beside it.

    Raise ``RecordingError`` naming the file that is absent or damaged.
    """
    files = {CAMERA: [folder / VIDEO], MICROPHONE: [folder / SOUND]}
    for path in (folder, *files[CAMERA], *files[MICROPHONE], folder / TRUTH):
        if not path.exists():
            wants = f"a scene is a folder with {VIDEO}, {SOUND} and {TRUTH}"
            raise RecordingError(f"scene {str(folder)!r}: there is no {str(path)!r}; {wants}")
    return Play(parts=parts, files=files, truth=truth.read(folder / TRUTH))


def own(parts: Sequence[Part], paths: Sequence[Path]) -> Play:
    """Return the play of somebody's own files, with the plugins that can make something of them.

    Raise ``RecordingError`` for a file that is absent, damaged or no recording.
    """
    files: dict[str, list[Path]] = {}
    for path in paths:
        files.setdefault(_source_for(path), []).append(path)
    return Play(parts=[part for part in parts if part.source in files], files=files)


def _source_for(path: Path) -> str:
    """Return which of the two sources would have recorded the file at *path*."""
    with Replay(ReplayOptions(path=str(path), pace="fast")) as replay:
        # Whoever named a damaged file shall hear of it now, and not from the node's log.
        next(replay.samples(), None)
    return CAMERA if replay.yields is Frame else MICROPHONE
