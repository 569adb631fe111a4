"""The body both networks share: from a picture to features at three sizes."""

from dataclasses import dataclass

import tensorflow as tf

from recipes.vision.layers import convolution, merged, residual


@dataclass(frozen=True)
class Features:
    """What the body saw: *fine* has a cell per 8 pixels, *middle* per 16, *coarse* per 32."""

    fine: tf.Tensor
    middle: tf.Tensor
    coarse: tf.Tensor


def body(picture: tf.Tensor) -> Features:
    """Return the features of *picture*, RGB in 0..1, its sides multiples of 32."""
    eighth = _stage(_halved_twice(picture), 64)
    sixteenth = _stage(eighth, 96)
    coarse = _stage(sixteenth, 64)
    middle = merged(convolution(sixteenth, 64, kernel=1), coarse)
    fine = residual(merged(eighth, middle))
    return Features(fine, middle, coarse)


def _halved_twice(picture: tf.Tensor) -> tf.Tensor:
    quarter = convolution(convolution(picture, 16, stride=2), 32, stride=2)
    return residual(quarter)


def _stage(features: tf.Tensor, channels: int) -> tf.Tensor:
    """Return *features* at half the size, looked at twice more."""
    return residual(residual(convolution(features, channels, stride=2)))
