"""The only module that knows speech synthesisers: how each program is asked to say something."""

import math
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recipes.speech import sound


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be said, by whom and how.

    Attributes:
        text: English.
        voice: an engine and its voice, as ``flite/slt``; without an engine a voice of espeak-ng,
            an accent with or without a variant: ``en-us``, ``en-gb+f3``.
        speed: 1.0 as the voice likes it, 2.0 twice as fast.
        pitch: 1.0 as the voice likes it, 2.0 an octave higher.
    """

    text: str
    voice: str = "en-us"
    speed: float = 1.0
    pitch: float = 1.0


def say(text: str, voice: str = "en-us", speed: float = 1.0, pitch: float = 1.0) -> sound.Sound:
    """Return *text* spoken, without silence before and after; see ``Line`` and ``perform``."""
    return perform(Line(text, voice, speed, pitch))


def perform(line: Line) -> sound.Sound:
    """Return the line spoken, without silence before and after. The same line sounds the same.

    Raises:
        ValueError: there is no such engine.
        RuntimeError: the engine is not installed or does not know the voice. An unknown variant of
            espeak-ng is left out without a word: so does the program.
    """
    engine, found, _ = line.voice.partition("/")
    engine = engine if found else "espeak-ng"
    if engine not in ENGINES:
        raise ValueError(f"no speech engine {engine!r}; there are {', '.join(ENGINES)}")
    spoken = ENGINES[engine](line)
    if not spoken:
        raise RuntimeError(f"{engine} does not know the voice {line.voice!r}")
    return sound.trimmed(sound.read(spoken))


def _espeak(line: Line) -> bytes:
    # 175 words a minute and a pitch of 50 are the program's own; 50 more is an octave.
    words_a_minute = round(175 * line.speed)
    pitch = min(99, max(0, round(50 + 50 * math.log2(line.pitch))))
    voice = line.voice.rpartition("/")[2]
    arguments = ["-v", voice, "-s", str(words_a_minute), "-p", str(pitch), "--stdout", line.text]
    return _run(["espeak-ng", *arguments])


def _flite(line: Line) -> bytes:
    settings = {"duration_stretch": 1 / line.speed, "f0_shift": line.pitch}
    options = [word for key, n in settings.items() for word in ("--setf", f"{key}={n:.3f}")]
    voice = line.voice.rpartition("/")[2]
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        _run(["flite", "-voice", voice, *options, "-t", line.text, "-o", file.name])
        return Path(file.name).read_bytes()


def _festival(line: Line) -> bytes:
    """Return a line of a diphone voice; it keeps the voice's own pitch."""
    voice = f"(voice_{line.voice.rpartition('/')[2]}_diphone)"
    stretch = f"(Parameter.set 'Duration_Stretch {1 / line.speed:.3f})"
    return _run(["text2wave", "-eval", voice, "-eval", stretch], line.text.encode())


ENGINES: dict[str, Callable[[Line], bytes]] = {
    "espeak-ng": _espeak,
    "flite": _flite,
    "festival": _festival,
}
"""By name: returns the line as a WAV file."""


def _run(command: Sequence[str], text: bytes = b"") -> bytes:
    try:
        # The words come from the recipes, and no shell reads them.
        done = subprocess.run(command, input=text, capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        package = "festival" if command[0] == "text2wave" else command[0]
        raise RuntimeError(
            f"no program {command[0]!r} for speech; apt install {package}"
        ) from error
    fault = done.stderr.decode(errors="replace").strip()
    # Festival complains of a voice it does not know, but goes on with another.
    if done.returncode or "ERROR" in fault:
        raise RuntimeError(f"{' '.join(command)}: {fault}")
    return done.stdout
