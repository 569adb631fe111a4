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


@dataclass(frozen=True)
class Plan:
    """Channels of each size, and how often those of 16 pixels a cell are looked at."""

    fine: int = 64
    middle: int = 96
    coarse: int = 64
    looks: int = 2


def body(picture: tf.Tensor, plan: Plan) -> Features:
    """Return the features of *picture*, RGB in 0..1, its sides multiples of 32."""
    eighth = _stage(_halved_twice(picture), plan.fine)
    sixteenth = _stage(eighth, plan.middle, plan.looks)
    coarse = _stage(sixteenth, plan.coarse)
    middle = merged(convolution(sixteenth, 64, kernel=1), coarse)
    fine = residual(merged(eighth, middle))
    return Features(fine, middle, coarse)


def _halved_twice(picture: tf.Tensor) -> tf.Tensor:
    quarter = convolution(convolution(picture, 16, stride=2), 32, stride=2)
    return residual(quarter)


def _stage(features: tf.Tensor, channels: int, looks: int = 2) -> tf.Tensor:
    """Return *features* at half the size, looked at *looks* times more."""
    features = convolution(features, channels, stride=2)
    for _ in range(looks):
        features = residual(features)
    return features
