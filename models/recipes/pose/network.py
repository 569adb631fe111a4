"""The network of starter-pose: a heat map per joint, and where its mass lies.

The place of a joint is the mean place of a softmax over its map. The map's last places are lost
when the softmax becomes 8-bit; as places are counted from the middle of the frame, what is lost
draws a joint toward there and not toward a corner.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from recipes.pose.truth import JOINTS
from recipes.scenes.arrays import Array
from recipes.vision.backbone import Features, Plan, body
from recipes.vision.layers import Planes, convolution

keras = tf.keras

SIDE = 128
STRIDE = 8
MIDDLE = 0.5
PLAN = Plan(fine=48, middle=96, coarse=64, looks=3)
"""Where a limb belongs is seen best from afar: more looks at 16 pixels a cell."""


@dataclass(frozen=True)
class Network:
    """Two models of the same weights.

    Attributes:
        shipped: from a picture to [1, 1, 17, 3]: y, x, score, as MoveNet gives them.
        taught: what training needs, all at once: to the logits of the maps [b, 17, cells], those of
            rough maps half as fine, and [b, 17, 3].
    """

    shipped: tf.keras.Model
    taught: tf.keras.Model


def network(side: int = SIDE) -> Network:
    """Return the network for pictures of *side* x *side*, RGB in 0..1."""
    picture = keras.Input((side, side, 3))
    seen = body(picture, PLAN)
    sharp = convolution(seen.fine, 64)
    maps = Planes(JOINTS)
    places = Places(maps)
    scores = _scores(seen, sharp)
    logits, early = maps(sharp), Planes(JOINTS)(seen.middle)
    together = keras.layers.Concatenate(axis=2)([MeanPlaces(side // STRIDE)(logits), scores])
    apart = keras.layers.Concatenate(axis=2)([places(sharp), scores])
    shaped = keras.layers.Reshape((1, JOINTS, 3))(apart)
    return Network(keras.Model(picture, shaped), keras.Model(picture, [logits, early, together]))


def weights(count: int) -> Array:
    """Return y and x of each cell of a map of *count* x *count*, from the middle, [cells, 2]."""
    steps = (np.arange(count, dtype=np.float32) + 0.5) / count - MIDDLE
    rows, columns = np.meshgrid(steps, steps, indexing="ij")
    return np.stack([rows.ravel(), columns.ravel()], -1)


class MeanPlaces(tf.keras.layers.Layer):
    """From maps [b, 17, cells] of *count* x *count* cells to places [b, 17, 2], all at once."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._weights = weights(count)

    def call(self, logits: tf.Tensor) -> tf.Tensor:
        """Return y and x of each joint."""
        return tf.matmul(tf.nn.softmax(logits), self._weights) + MIDDLE


class Places(tf.keras.layers.Layer):
    """From features to places [1, 17, 2], a joint at a time.

    The Edge TPU has SOFTMAX and FULLY_CONNECTED for one row only: seventeen of each.
    """

    def __init__(self, maps: Planes) -> None:
        """Take the layer that makes the *maps*: the weights are its."""
        super().__init__()
        self._maps = maps

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Return y and x of each joint."""
        across = tf.constant(weights(features.shape[1]))
        places = []
        for joint in range(self._maps.channels):
            logits = tf.reshape(self._maps.plane(features, joint), (-1, across.shape[0]))
            place = tf.matmul(tf.nn.softmax(logits), across) + MIDDLE
            places.append(tf.reshape(place, (-1, 1, 2)))
        return tf.concat(places, axis=1)


def _scores(seen: Features, sharp: tf.Tensor) -> tf.Tensor:
    """Return [b, 17, 1] of 0..1: how sure each joint is."""
    hints = [convolution(sharp, 24, kernel=1), convolution(seen.coarse, 24, kernel=1)]
    strongest = keras.layers.Concatenate()([_highest(hint) for hint in hints])
    scores = keras.layers.Conv2D(JOINTS, 1, activation="sigmoid")(strongest)
    return keras.layers.Reshape((JOINTS, 1))(scores)


def _highest(features: tf.Tensor) -> tf.Tensor:
    """Return the highest of each channel, [b, 1, 1, channels], in steps of small windows."""
    while features.shape[1] > 1:
        features = keras.layers.MaxPool2D(4 if features.shape[1] % 4 == 0 else features.shape[1])(
            features
        )
    return features
