"""Muon: every direction of a convolution's kernel is moved alike, however small its gradient.

The momentum of a kernel, as a matrix, is brought near the closest orthogonal one by five steps of
Newton and Schulz. After Keller Jordan, "Muon: An optimizer for hidden layers in neural networks"
(2024), whose coefficients these are; the size of a step is as in Liu et al., "Muon is scalable for
LLM training" (2025), so that rates are like AdamW's. What ``is_kernel`` does not take is left to
AdamW: biases, batch norms, the first convolution, heads of few channels.
"""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

MOMENTUM = 0.95
DECAY = 0.05
STEP = 0.2
"""Root mean square of a step's entries, in rates."""
ROUNDS = 5
"""Steps of Newton and Schulz."""
FIRST, THIRD, FIFTH = 3.4445, -4.7750, 2.0315
KERNEL_RANK = 4
NARROW, FEW = 3, 16
"""Kernels of so few channels in, or fewer out, are not worth it."""


def is_kernel(variable: tf.Variable) -> bool:
    """Return whether *variable* is a convolution's kernel [h, w, in, out] of many channels."""
    shape = variable.shape
    return len(shape) == KERNEL_RANK and shape[2] > NARROW and shape[3] >= FEW


class Muon:
    """Moves *kernels*, each [h, w, in, out], in place."""

    def __init__(self, kernels: Sequence[tf.Variable]) -> None:
        self._kernels = kernels
        self._momenta = [tf.Variable(tf.zeros_like(kernel)) for kernel in kernels]

    def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        """Move each kernel against its gradient by *rate*."""
        for kernel, momentum, gradient in zip(self._kernels, self._momenta, gradients, strict=True):
            momentum.assign(MOMENTUM * momentum + (1.0 - MOMENTUM) * gradient)
            ahead = MOMENTUM * momentum + (1.0 - MOMENTUM) * gradient
            rows, columns = math.prod(kernel.shape[:3]), kernel.shape[3]
            way = tf.reshape(orthogonal(tf.reshape(ahead, (rows, columns))), kernel.shape)
            size = STEP * math.sqrt(max(rows, columns))
            kernel.assign(kernel * (1.0 - rate * DECAY) - rate * size * way)


def orthogonal(matrix: tf.Tensor) -> tf.Tensor:
    """Return *matrix* [m, n] with singular values near 1, but for those near 0 at first."""
    tall = matrix.shape[0] > matrix.shape[1]
    wide = tf.transpose(matrix) if tall else matrix
    wide /= tf.norm(wide) + np.float32(1e-7)
    for _ in range(ROUNDS):
        square = tf.matmul(wide, wide, transpose_b=True)
        wide = FIRST * wide + tf.matmul(THIRD * square + FIFTH * tf.matmul(square, square), wide)
    return tf.transpose(wide) if tall else wide
