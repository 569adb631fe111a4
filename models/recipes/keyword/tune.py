"""``python -m recipes.keyword.tune``: how settings of the manifest fare on sequences of words.

The sequences the card reports are others, of words spoken anew. What to choose is for people: the
manifest is written by hand.
"""

import itertools
import sys

from recipes.keyword.ear import Ear
from recipes.keyword.measure import WORDS
from recipes.keyword.recipe import NAME, WHOLE, Run
from recipes.keyword.sequences import Sequences, score, total
from recipes.shipping import MODELS, table
from recipes.speech.sound import pcm

SEEDS = range(6)
SMOOTHING_MS = (200, 300, 400)
THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85)


def main() -> int:
    """Print precision and recall of the model that is there, for each setting."""
    sequences = Sequences(Run(WHOLE, seed=1, jobs=2).words("tuning"))
    spoken = [sequences.sequence(WORDS, seed) for seed in SEEDS]
    model = (MODELS / NAME / f"{NAME}.tflite").read_bytes()
    rows = []
    for smoothing_ms, threshold in itertools.product(SMOOTHING_MS, THRESHOLDS):
        ear = Ear(model, MODELS / NAME, smoothing_ms=smoothing_ms, threshold=threshold)
        scores = (score(truth, ear.hears(pcm(sound))) for sound, truth in spoken)
        found = total(scores)
        shares = (f"{share or 0.0:.3f}" for share in (found.precision, found.recall))
        rows.append((smoothing_ms, threshold, *shares))
    print(table(("smoothing_ms", "threshold", "precision", "recall"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
