"""Recordings of real people, where they lie beside the clone: never learnt from, only measured on.

``../shared/media/speech`` has one word a file, and what it is in the first parts of the name:
``keywords_down__...``, ``unknown_...``, ``noise_...``. ``sequences_...__yes_no.wav`` has several
words, ``speech_...`` is people talking.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipes.keyword.windows import WINDOW
from recipes.speech.sound import Sound, read

FOLDER = Path(__file__).parents[4] / "shared" / "media" / "speech"
"""Where the recordings are, if they are: in the folder beside the clone."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A word or a second of noise, and its label."""

    label: str
    sound: Sound


def recordings(folder: Path = FOLDER) -> list[Recording]:
    """Return all that are labelled, none if the folder is not there; noise is cut into seconds."""
    return [made for path in sorted(folder.glob("*.wav")) for made in _labelled(path)]


def sequences(folder: Path = FOLDER) -> dict[str, Sound]:
    """Return recordings of several keywords by the words in them, ``yes no go stop``."""
    paths = sorted(folder.glob("sequences_*.wav"))
    return {path.stem.partition("__")[2].replace("_", " "): read(path) for path in paths}


def talk(folder: Path = FOLDER) -> list[Sound]:
    """Return recordings of people talking."""
    return [read(path) for path in sorted(folder.glob("speech_*.wav"))]


def _labelled(path: Path) -> Iterator[Recording]:
    kind, _, rest = path.name.partition("_")
    if kind == "keywords":
        yield Recording(rest.partition("__")[0], read(path))
    elif kind == "unknown":
        yield Recording("unknown", read(path))
    elif kind == "noise":
        sound = read(path)
        for start in range(0, len(sound) - WINDOW + 1, WINDOW):
            yield Recording("silence", sound[start : start + WINDOW])
