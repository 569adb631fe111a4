"""The network of starter-detector: one look, two grids, eight planes.

Output as Ultralytics exports it: [1, 4 + classes, cells]: centre x, centre y, width, height, then
a score per class. All of it lies in 0..1, so that one int8 scale of about 1/256 fits all: boxes in
pixels would leave the scores no step between 0 and 1.
"""

import tensorflow as tf

from recipes.detector.cells import REACH, grid
from recipes.scenes import LABELS
from recipes.vision.backbone import Plan, body
from recipes.vision.layers import Planes, convolution

keras = tf.keras

SIDE = 160
RARE = -4.6
"""Logit of one in a hundred: few cells see anything, and training begins there."""


class Centres(tf.keras.layers.Layer):
    """From 0..1 per cell to centres in the frame, up to REACH cells from the cell's own."""

    def call(self, sigmoids: tf.Tensor) -> tf.Tensor:
        """Return *sigmoids* [batch, 2, cells] as x and y in fractions of the frame."""
        count = int(sigmoids.shape[-1] ** 0.5)
        origin = grid(count).T[None] - REACH / count
        return sigmoids * (2.0 * REACH / count) + tf.constant(origin)


def network(side: int = SIDE, classes: int = len(LABELS)) -> tf.keras.Model:
    """Return the network for pictures of *side* x *side*, RGB in 0..1."""
    picture = keras.Input((side, side, 3))
    features = body(picture, Plan())
    typical = (-2.0, -0.5)  # logits of the sizes that each grid sees most
    heads = [
        _head(features_of_grid, size, classes)
        for features_of_grid, size in zip((features.fine, features.middle), typical, strict=True)
    ]
    return keras.Model(picture, keras.layers.Concatenate(axis=2)(heads))


def _head(features: tf.Tensor, size: float, classes: int) -> tf.Tensor:
    """Return [batch, 4 + classes, cells] of one grid."""
    shape, kind = convolution(features, 28), convolution(features, 28)
    sigmoid = keras.layers.Activation("sigmoid")
    places = Centres()(sigmoid(Planes(2)(shape)))
    sizes = sigmoid(Planes(2, size)(shape))
    scores = sigmoid(Planes(classes, RARE)(kind))
    return keras.layers.Concatenate(axis=1)([places, sizes, scores])
