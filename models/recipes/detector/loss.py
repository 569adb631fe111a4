"""The loss of the detector: boxes by overlap and relative size, scores by how hard they were."""

import tensorflow as tf

from recipes.detector.assignment import assigned
from recipes.detector.boxes import overlaps
from recipes.detector.cells import Cells

SMALL = 1e-3
HARDNESS = 1.5
"""Power of the miss by which a score's loss is weighed (focal loss)."""


def detection_loss(said: tf.Tensor, boxes: tf.Tensor, labels: tf.Tensor, cells: Cells) -> tf.Tensor:
    """Return the three parts of the loss: overlap, distance, score.

    Args:
        said: output of the network, [b, 4 + classes, n].
        boxes: of the objects, [b, m, 4].
        labels: their class ids, [b, m]; -1 where there is no object.
        cells: where the cells are.
    """
    by_cell = tf.transpose(said, (0, 2, 1))
    targets = assigned(tf.stop_gradient(by_cell), boxes, labels, cells)
    wanted = tf.stop_gradient(targets.scores)
    weight = tf.reduce_max(wanted, -1)
    total = tf.reduce_sum(weight) + 1.0
    _, overlap = overlaps(by_cell[..., :4], targets.boxes)
    apart = _distance(by_cell[..., :4], targets.boxes)
    missed = _focal(by_cell[..., 4:], wanted)
    return tf.stack(
        [
            2.0 * tf.reduce_sum(weight * (1.0 - overlap)) / total,
            0.5 * tf.reduce_sum(weight * apart) / total,
            1.5 * tf.reduce_sum(missed) / total,
        ]
    )


def _distance(said: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return how far centres and sizes are off, relative to the object."""
    sizes = tf.maximum(wanted[..., 2:], SMALL)
    centres = tf.abs(said[..., :2] - wanted[..., :2]) / sizes
    ratios = tf.abs(tf.math.log((said[..., 2:] + SMALL) / (sizes + SMALL)))
    return tf.reduce_mean(centres + ratios, -1)


def _focal(said: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return cross entropy, weighed by how far the score is off."""
    said = tf.clip_by_value(said, 1e-6, 1.0 - 1e-6)
    entropy = -wanted * tf.math.log(said) - (1.0 - wanted) * tf.math.log(1.0 - said)
    return entropy * tf.abs(wanted - said) ** HARDNESS
