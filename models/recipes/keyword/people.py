"""Recordings of real people and real noise: never learnt from, only measured on.

Their folder has one word a file, and what it is in the first parts of the name:
``keywords_down__...``, ``unknown_...``, ``noise_...``. ``sequences_...__yes_no.wav`` has several
words, ``speech_...`` is people talking.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipes.keyword.windows import WINDOW
from recipes.speech.sound import Sound, read


@dataclass(frozen=True, slots=True)
class Recording:
    """A word or a second of noise, and its label."""

    label: str
    sound: Sound


def recordings(folder: Path) -> list[Recording]:
    """Return all that are labelled; noise is cut into seconds.

    Raises:
        FileNotFoundError: there are none.
    """
    found = [made for path in sorted(folder.glob("*.wav")) for made in _labelled(path)]
    if not found:
        raise FileNotFoundError(f"no labelled recordings in {str(folder)!r}: see {__name__}")
    return found


def sequences(folder: Path) -> dict[str, Sound]:
    """Return recordings of several keywords by the words in them, ``yes no go stop``."""
    paths = sorted(folder.glob("sequences_*.wav"))
    return {path.stem.partition("__")[2].replace("_", " "): read(path) for path in paths}


def talk(folder: Path) -> list[Sound]:
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
