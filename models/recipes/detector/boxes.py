"""Boxes as TensorFlow sees them in training: [..., 4] of centre x, centre y, width, height."""

import tensorflow as tf

LEAST = 1e-7


def overlaps(ones: tf.Tensor, others: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return intersection over union, and its generalised form, of boxes that broadcast.

    The second is Rezatofighi's (2019): less by the share of the common hull that neither covers,
    so that boxes apart still know where to go.
    """
    near, far = _corners(ones), _corners(others)
    shared = _area(tf.maximum(near[0], far[0]), tf.minimum(near[1], far[1]))
    union = _area(*near) + _area(*far) - shared + LEAST
    hull = _area(tf.minimum(near[0], far[0]), tf.maximum(near[1], far[1])) + LEAST
    overlap = shared / union
    return overlap, overlap - (hull - union) / hull


def _corners(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    half = boxes[..., 2:] / 2.0
    return boxes[..., :2] - half, boxes[..., :2] + half


def _area(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
    sides = tf.maximum(high - low, 0.0)
    return sides[..., 0] * sides[..., 1]
