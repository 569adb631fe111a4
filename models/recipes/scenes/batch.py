"""Many scenes at once, over several processes, the same for the same seed however many they are."""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from recipes.progress import Progress
from recipes.scenes.arrays import Array, Rng
from recipes.scenes.scene import Scene

Make = Callable[[Rng, int], Scene]
CHUNK = 32
NO_PICTURE = np.empty((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Job:
    """A scene to be made, for another process."""

    make: Make
    size: int

    def __call__(self, seed: int) -> Scene:
        """Return the scene of *seed*."""
        return self.make(np.random.default_rng(seed), self.size)


def scenes(make: Make, size: int, seeds: range, jobs: int = 1) -> Iterator[Scene]:
    """Yield the scene of each of *seeds*, in their order, made by *jobs* processes.

    Args:
        make: ``detection_scene`` or ``pose_scene``.
        size: side of the pictures.
        seeds: each makes a scene of its own.
        jobs: 1 makes them in this process, when they are asked for.
    """
    job = Job(make, size)
    if jobs == 1:
        yield from map(job, seeds)
        return
    # Forked, for a spawned process would import the caller's TensorFlow again.
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(job, seeds, chunksize=CHUNK)


def render(make: Make, size: int, seeds: range, jobs: int = 1) -> tuple[Array, tuple[Scene, ...]]:
    """Return all pictures, uint8 [n, size, size, 3], and their scenes, these without a picture.

    Tells how far it is. The arguments are those of ``scenes``.
    """
    pictures = np.empty((len(seeds), size, size, 3), np.uint8)
    truths = []
    progress = Progress(make.__name__)
    for index, scene in enumerate(scenes(make, size, seeds, jobs)):
        pictures[index] = scene.picture
        truths.append(replace(scene, picture=NO_PICTURE))
        progress(index + 1, len(seeds))
    return pictures, tuple(truths)
