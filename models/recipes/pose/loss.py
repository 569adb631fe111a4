"""The loss of the pose network: maps like small hills, places, and honest scores."""

import numpy as np
import tensorflow as tf

from recipes.pose.network import MIDDLE, weights

HILL = 0.8
"""Standard deviation of the hill a map shall show, in cells."""
OFF = 0.1
"""Error, in fractions of the frame, at which a joint's score shall have fallen to 1/e."""


def pose_loss(
    logits: tf.Tensor, early: tf.Tensor, said: tf.Tensor, keypoints: tf.Tensor
) -> tf.Tensor:
    """Return the four parts of the loss: maps, rough maps, places, scores.

    Args:
        logits: of the maps, [b, 17, cells].
        early: those of rough maps, made halfway: they teach the body what a joint is.
        said: y, x and score, [b, 17, 3].
        keypoints: y, x and 1 where the joint is inside the frame, [b, 17, 3].
    """
    places, inside = keypoints[..., :2], keypoints[..., 2]
    joints = tf.reduce_sum(inside) + 1.0
    off = said[..., :2] - places
    wanted = tf.stop_gradient(inside * tf.exp(-tf.reduce_sum(off**2, -1) / OFF**2))
    return tf.stack(
        [
            0.5 * tf.reduce_sum(inside * _surprise(logits, places)) / joints,
            0.25 * tf.reduce_sum(inside * _surprise(early, places)) / joints,
            10.0 * tf.reduce_sum(inside[..., None] * tf.abs(off)) / joints,
            0.5 * tf.reduce_mean(_entropy(said[..., 2], wanted)),
        ]
    )


def _surprise(logits: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Return how little maps of *logits* expect hills at *places*: cross entropy, [b, 17]."""
    hills = _hills(places, int(np.sqrt(logits.shape[-1])))
    return -tf.reduce_sum(hills * tf.nn.log_softmax(logits), -1)


def _hills(places: tf.Tensor, count: int) -> tf.Tensor:
    """Return maps [b, 17, cells] whose mass, 1, lies around *places*."""
    away = (places[:, :, None] - (weights(count) + MIDDLE)) * count
    hills = tf.exp(-tf.reduce_sum(away**2, -1) / (2.0 * HILL**2))
    return tf.math.divide_no_nan(hills, tf.reduce_sum(hills, -1, keepdims=True))


def _entropy(said: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    said = tf.clip_by_value(said, 1e-6, 1.0 - 1e-6)
    return -wanted * tf.math.log(said) - (1.0 - wanted) * tf.math.log(1.0 - said)
