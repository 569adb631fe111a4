"""The threshold of each label, chosen on scenes that nothing is learnt from or measured on."""

from collections.abc import Mapping

import numpy as np

from recipes.detector.scoring import Found, Judged, judged
from recipes.scenes import LABELS
from recipes.scenes.arrays import Array

CHOICES = np.arange(0.2, 0.71, 0.05).round(2).tolist()


def chosen(detections: Found, truth: Array) -> dict[str, float]:
    """Return for each label the threshold with the best F1, the harmonic mean of both shares.

    Args:
        detections: of each picture, down to the least choice or less.
        truth: float [pictures, m, 5]: class id or -1, left, top, right, bottom.
    """
    verdicts = {label: judged(detections, truth, label, at) for at, label in enumerate(LABELS)}
    return {label: max(CHOICES, key=lambda at: _f1(one, at)) for label, one in verdicts.items()}


def written(thresholds: Mapping[str, float]) -> str:
    """Return *thresholds* as a manifest's table has them; what has no name takes the highest."""
    named = {"default": max(thresholds.values())} | dict(thresholds)
    return f"{{ {', '.join(f'{label} = {threshold}' for label, threshold in named.items())} }}"


def _f1(verdicts: Judged, threshold: float) -> float:
    precision, recall = verdicts.at(threshold)
    return 2.0 * precision * recall / max(precision + recall, 1e-9)
