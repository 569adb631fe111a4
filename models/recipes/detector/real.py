"""``python -m recipes.detector.real``: what the shipped detector finds on real pictures.

SSD MobileNet, which learnt from photographs, says what is there. Fills the card's block and
draws the finds on empty canvases, for the pictures are not ours.
"""

import sys
from collections.abc import Sequence
from functools import partial

import numpy as np

from edgenode.plugin import Detection
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection
from recipes.detector import measure
from recipes.detector.recipe import GIVEN, NAME, THRESHOLDS
from recipes.detector.scoring import Found, judged
from recipes.scenes.arrays import Array
from recipes.shipping import MODELS, refill, table
from recipes.vision.drawing import blank, drawn, sheet
from recipes.vision.node import OnNode
from recipes.vision.photographs import FILMS, asked, catalogued, film, squared, stills

WITNESS = "coco-ssd-mobilenet-v1"
WITNESSED = 0.5
"""Score from which the witness is believed."""
KNOWN = {"person": "person", "sports ball": "ball", "bottle": "bottle"}
"""What the witness calls what we know; it knows no boxes."""
MOST = 100


def main() -> int:
    """Measure, draw, fill in the card."""
    given = asked("detector.real")
    content = (MODELS / NAME / f"{NAME}.tflite").read_bytes()
    ours = measure.on_node(content, NAME, GIVEN)
    options = DetectionOptions(source="camera", threshold=WITNESSED)
    witness = catalogued(WITNESS, given.store, partial(ObjectDetection, options))
    pictures = stills(given.media)
    found = measure.certain(measure.found(ours, list(pictures.values()), "pictures"), THRESHOLDS)
    rows = [
        (name, *_verdict([one], [picture], witness), _said(one))
        for (name, picture), one in zip(pictures.items(), found, strict=True)
    ]
    for name in FILMS:
        frames = film(given.media, name)
        answers = measure.certain(measure.found(ours, frames, name), THRESHOLDS)
        rows.append((f"{name}, a frame a second", *_verdict(answers, frames, witness), ""))
    heads = ("", "of the witness's things", "found", "false", "said of a picture")
    refill(NAME, {"real": table(heads, rows)})
    tiles = zip(pictures.values(), found, strict=True)
    canvases = [squared(drawn(blank(picture), one, 300), 300) for picture, one in tiles]
    sheet(canvases, across=len(canvases), path=MODELS / NAME / "real.png")
    return 0


def _verdict(found: Found, frames: Sequence[Array], witness: OnNode) -> tuple[object, ...]:
    """Return what the witness sees, how many of that we found, and what else we said."""
    truth = np.stack([_witnessed(witness, frame) for frame in frames])
    seen, hits, false = [], [], 0
    for class_id, label in enumerate(KNOWN.values()):
        verdicts = judged(found, truth, label, class_id)
        right = int(verdicts.right.sum())
        false += len(verdicts.right) - right
        if verdicts.objects:
            seen.append(f"{verdicts.objects} {label}")
            hits.append(f"{right} {label}")
    return ", ".join(seen) or "none", ", ".join(hits) or "none", false


def _witnessed(witness: OnNode, frame: Array) -> Array:
    """Return the things we know that the witness sees: [MOST, 5], as truth is written."""
    truth = np.full((MOST, 5), -1.0)
    labels = list(KNOWN.values())
    things = [one for one in witness.findings(frame) if isinstance(one, Detection)]
    believed = [one for one in things if one.score >= WITNESSED and one.label in KNOWN]
    for row, one in zip(truth, believed, strict=False):
        box = one.box
        row[:] = (labels.index(KNOWN[one.label]), box.left, box.top, box.right, box.bottom)
    return truth


def _said(found: Sequence[Detection]) -> str:
    best = sorted(found, key=lambda one: -one.score)[:5]
    return ", ".join(f"{one.label} {one.score:.2f}" for one in best) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
