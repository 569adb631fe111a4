"""Lines once spoken are kept: a second run of a recipe takes them from a file."""

import hashlib
import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from recipes.speech import sound
from recipes.speech.engines import Line, perform

BATCH = 32
"""Lines handed to a process at once."""

OnProgress = Callable[[int, int], None]
"""Is told how many lines are spoken, and of how many."""


def spoken(
    lines: Sequence[Line], folder: Path, jobs: int = 1, progress: OnProgress | None = None
) -> list[sound.Sound]:
    """Return each line spoken, in order; they are kept in *folder* under what they say.

    Raises:
        RuntimeError: an engine is not installed or does not know a voice.
    """
    kept = folder / f"speech-{_digest(lines)}.npz"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _keep(_speak(lines, jobs, progress), kept)
    with np.load(kept) as file:
        samples, ends = file["samples"], file["ends"]
    return [part.astype(np.float32) / sound.FULL_SCALE for part in np.split(samples, ends[:-1])]


def _speak(lines: Sequence[Line], jobs: int, progress: OnProgress | None) -> list[sound.Sound]:
    # Forked processes would copy the locks of threads a network's library may have started.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        clips: list[sound.Sound] = []
        for clip in pool.imap(perform, lines, BATCH):
            clips.append(clip)
            if progress is not None:
                progress(len(clips), len(lines))
    return clips


def _keep(clips: Sequence[sound.Sound], kept: Path) -> None:
    part = kept.with_suffix(".part.npz")
    samples = np.concatenate([sound.pcm(clip) for clip in clips])
    np.savez(part, samples=samples, ends=np.cumsum([len(clip) for clip in clips]))
    part.replace(kept)


def _digest(lines: Sequence[Line]) -> str:
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:16]
