"""Which cell answers for which object: those near it that already do it best.

After the task-aligned assignment of TOOD (2021): a cell fits an object by the score it gives its
label and by how well its box overlaps; the best few are its cells. What a cell shall score follows
how well it fits, so that scores rank boxes.
"""

from dataclasses import dataclass

import tensorflow as tf

from recipes.detector.boxes import overlaps
from recipes.detector.cells import REACH, Cells

CELLS_PER_OBJECT = 8
"""At most; fewer where an object has fewer cells within reach."""
SURE = 0.5
"""Least score asked of an object's best cell; its overlap gives the rest."""


@dataclass(frozen=True)
class Targets:
    """What the cells shall say: *boxes* [b, n, 4], *scores* [b, n, classes], 0 where nothing is."""

    boxes: tf.Tensor
    scores: tf.Tensor


def assigned(said: tf.Tensor, boxes: tf.Tensor, labels: tf.Tensor, cells: Cells) -> Targets:
    """Return the targets of the cells that said [b, n, 4 + classes].

    Args:
        said: output of the network, cell by cell; no gradient flows from here.
        boxes: of the objects, [b, m, 4].
        labels: their class ids, [b, m]; -1 where there is no object.
        cells: where the cells are.
    """
    classes = said.shape[-1] - 4
    kinds = tf.one_hot(labels, classes)  # all zero for -1
    near = _nearness(boxes, cells) * tf.cast(labels >= 0, tf.float32)[..., None]
    overlap, _ = overlaps(said[:, None, :, :4], boxes[:, :, None])
    score = tf.matmul(kinds, said[..., 4:], transpose_b=True)
    # Before anything is learnt nearness alone decides.
    fit = tf.sqrt(score) * (overlap + 0.1 * near) ** 4 * tf.cast(near > 0, tf.float32)
    best = tf.math.top_k(fit, CELLS_PER_OBJECT).values[..., -1:]
    chosen = tf.where((fit >= best) & (fit > 0), fit, 0.0)
    owner = tf.one_hot(tf.argmax(chosen, axis=1), boxes.shape[1], axis=1)  # one object per cell
    chosen *= owner
    most = tf.reduce_max(chosen, -1, keepdims=True)
    well = SURE + (1.0 - SURE) * tf.reduce_max(overlap * owner, -1, keepdims=True)
    wanted = tf.math.divide_no_nan(chosen, most) * well
    return Targets(
        tf.matmul(owner, boxes, transpose_a=True), tf.matmul(wanted, kinds, transpose_a=True)
    )


def _nearness(boxes: tf.Tensor, cells: Cells) -> tf.Tensor:
    """Return 1 for a cell at an object's centre, 0 for one that cannot reach it: [b, m, n]."""
    away = tf.abs(boxes[:, :, None, :2] - cells.centres) / cells.pitches[:, None]
    return tf.maximum(1.0 - tf.reduce_max(away, -1) / (0.95 * REACH), 0.0)
