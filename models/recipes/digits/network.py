"""The network of the classic tutorials for TPUs: three convolutions, two dense layers."""

import tensorflow as tf

from recipes.digits.handwriting import SIDE

LABELS = 10
FRESH = 0.95
"""Momentum of the batch norms: training is a thousand steps, not a hundred thousand."""


def network() -> tf.keras.Model:
    """Return it untrained, for [28, 28, 1] in 0..1; it gives a softmax over ten digits."""
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 1)),
            *_convolution(12, 3, 1),
            *_convolution(24, 6, 2),
            *_convolution(64, 6, 2),
            layers.Flatten(),
            layers.Dense(200, use_bias=False),
            layers.BatchNormalization(momentum=FRESH, scale=False),
            layers.ReLU(),
            layers.Dropout(0.4),
            layers.Dense(LABELS, activation="softmax"),
        ],
        name="digits",
    )


def _convolution(filters: int, side: int, stride: int) -> list[tf.keras.layers.Layer]:
    layers = tf.keras.layers
    return [
        layers.Conv2D(filters, side, strides=stride, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=FRESH, scale=False),
        layers.ReLU(),
    ]
