"""Training: a fixed number of steps, the learning rate warmed up and brought down as a cosine."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from recipes.progress import Progress
from recipes.scenes.arrays import Array, Rng
from recipes.vision.muon import Muon, is_kernel

Batch: TypeAlias = tuple[Array, ...]
UNDECAYED = ("gamma", "beta", "bias")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: *steps* at up to *peak*, the first *warmup* of them rising."""

    steps: int
    peak: float = 2.5e-3
    warmup: int = 200

    def rate(self, step: int) -> float:
        """Return the learning rate at *step*."""
        rising = min(1.0, (step + 1) / min(self.warmup, self.steps))
        return self.peak * rising * (0.5 + 0.5 * math.cos(math.pi * step / self.steps) + 0.002)


def train(
    model: tf.keras.Model,
    loss: Callable[..., tf.Tensor],
    batches: Iterator[Batch],
    schedule: Schedule,
    what: str,
) -> list[float]:
    """Train *model* in place, wide kernels by Muon, all else by AdamW; return each step's loss.

    Args:
        model: what is trained.
        loss: takes the tensors of a batch, gives the parts of the loss, [n]; their sum is lowered.
        batches: endless, every batch of the same shapes.
        schedule: steps and rates.
        what: name in the lines that tell how far it is.
    """
    kernels = [one for one in model.trainable_variables if is_kernel(one)]
    others = [one for one in model.trainable_variables if not is_kernel(one)]
    muon, adam = Muon(kernels), tf.keras.optimizers.AdamW(schedule.peak, 2e-3, clipnorm=5.0)
    adam.exclude_from_weight_decay(var_names=list(UNDECAYED))
    adam.build(others)

    @tf.function
    def step(*batch: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            parts = loss(*batch)
            total = tf.reduce_sum(parts)
        moves, rest = tape.gradient(total, (kernels, others))
        adam.apply_gradients(zip(rest, others, strict=True))
        muon.apply(moves, adam.learning_rate)
        return parts

    progress, losses = Progress(f"training {what}"), []
    for number in range(schedule.steps):
        adam.learning_rate.assign(schedule.rate(number))
        parts = step(*map(tf.constant, next(batches))).numpy()
        losses.append(float(parts.sum()))
        progress(number + 1, schedule.steps, f", loss {np.mean(losses[-200:]):.3f}")
    return losses


def shuffled(rng: Rng, length: int, size: int) -> Iterator[Array]:
    """Yield *size* places of *length* at a time, for ever; each once before any again."""
    while True:
        order = rng.permutation(length)
        for begin in range(0, length - size + 1, size):
            yield order[begin : begin + size]
