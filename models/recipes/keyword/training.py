"""How the network learns: a fixed number of steps, each on examples changed a little anew."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from recipes.keyword.examples import Examples
from recipes.keyword.network import network
from recipes.keyword.script import LABELS
from recipes.speech.library import OnProgress

BATCH = 128
RATE = 3e-3
SMOOTHING = 0.05
"""Share of certainty that is spread over all labels."""
DECAY = 1e-3

MASKED = 8
"""Most frames in a row that are blotted out, of 49."""
MASKS, TIMBRES = 0.5, 0.3
"""Shares of the examples this is done to."""
TIMBRE = np.array([3.0, 1.0, 1.0, 0.75, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5], np.float32)
"""Deviation of what is added to each coefficient of all frames: another microphone."""


def trained(examples: Examples, epochs: int, seed: int, progress: OnProgress) -> tf.keras.Model:
    """Return the network after *epochs* times all examples."""
    steps = epochs * (len(examples.labels) // BATCH)
    model = network()
    rate = tf.keras.optimizers.schedules.CosineDecay(RATE, steps, alpha=0.01)
    loss = tf.keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING)
    model.compile(tf.keras.optimizers.AdamW(rate, weight_decay=DECAY), loss)
    for step, (features, wanted) in enumerate(_batches(examples, epochs, seed), 1):
        model.train_on_batch(features, wanted)
        progress(step, steps)
    return model


def _batches(
    examples: Examples, epochs: int, seed: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    dice = np.random.default_rng(seed)
    mean = examples.features.mean((0, 1))
    certain = np.eye(len(LABELS), dtype=np.float32)
    for _ in range(epochs):
        order = dice.permutation(len(examples.labels))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            drawn = order[start : start + BATCH]
            features = _changed(examples.features[drawn], mean, dice)
            yield features, certain[examples.labels[drawn]]


def _changed(
    features: NDArray[np.float32], mean: NDArray[np.float32], dice: np.random.Generator
) -> NDArray[np.float32]:
    """Return features some with frames blotted out, some with another timbre."""
    count, frames = features.shape[:2]
    width = dice.integers(1, MASKED + 1, count) * (dice.random(count) < MASKS)
    start = (dice.random(count) * (frames - width)).astype(int)
    frame = np.arange(frames)
    blot = (frame >= start[:, np.newaxis]) & (frame < (start + width)[:, np.newaxis])
    timbre = dice.standard_normal((count, 1, len(TIMBRE), 1)).astype(np.float32)
    timbre *= TIMBRE[:, np.newaxis] * (dice.random((count, 1, 1, 1)) < TIMBRES)
    return np.where(blot[:, :, np.newaxis, np.newaxis], mean, features + timbre)
