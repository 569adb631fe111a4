"""How a camera may have taken a scene: exposure, contrast, colour cast. Drawn anew every time."""

import numpy as np

from recipes.scenes.arrays import Array, Rng

WHITE = 255.0


def exposed(rng: Rng, pictures: Array) -> Array:
    """Return *pictures*, uint8 [n, height, width, 3], as float32 in 0..1, each taken otherwise."""
    each = (len(pictures), 1, 1)
    contrast = rng.uniform(0.75, 1.25, (*each, 1)) * rng.uniform(0.87, 1.13, (*each, 3))
    offset = rng.uniform(-0.1, 0.1, (*each, 1)) + 0.5
    taken = (pictures / np.float32(WHITE) - np.float32(0.5)) * contrast.astype(np.float32)
    taken += offset.astype(np.float32)
    return np.clip(taken, 0.0, 1.0, out=taken)


def untouched(pictures: Array) -> Array:
    """Return *pictures*, uint8, as the node gives them to a model: float32 in 0..1."""
    return pictures.astype(np.float32) / np.float32(WHITE)
