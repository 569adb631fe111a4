"""``python -m recipes.detector.real``: what the shipped detector finds on real pictures.

SSD MobileNet, which learnt from photographs, says what is there. Fills the card's block and
real.json, and draws the finds on empty canvases, for the pictures are not ours.
"""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from edgenode.catalogue.manifest import find
from edgenode.plugin import Detection
from edgenode.sense.plugins.object_detection import DetectionOptions, ObjectDetection
from recipes.detector import card, measure
from recipes.detector.recipe import NAME
from recipes.detector.scoring import Found, judged
from recipes.real import asked, fill
from recipes.scenes.arrays import Array
from recipes.shipping import MODELS
from recipes.vision.drawing import blank, drawn, sheet
from recipes.vision.node import OnNode
from recipes.vision.photographs import FILMS, catalogued, film, squared, stills

WITNESS = "coco-ssd-mobilenet-v1"
WITNESSED = 0.5
"""Score from which the witness is believed."""
KNOWN = {"person": "person", "sports ball": "ball", "bottle": "bottle"}
"""What the witness calls what we know; it knows no boxes."""
MOST = 100


def main() -> int:
    """Measure, draw, fill in the card."""
    given = asked("detector")
    content = (MODELS / NAME / f"{NAME}.tflite").read_bytes()
    ours, thresholds = measure.on_node(content, NAME), find(NAME).traits["threshold"]
    options = DetectionOptions(source="camera", threshold=WITNESSED)
    witness = catalogued(WITNESS, given.store, partial(ObjectDetection, options))
    pictures = stills(given.media)
    found = measure.certain(measure.found(ours, list(pictures.values()), "pictures"), thresholds)
    figures = {
        name: _verdict([one], [picture], witness) | {"said": _said(one)}
        for (name, picture), one in zip(pictures.items(), found, strict=True)
    }
    for name in FILMS:
        frames = film(given.media, name)
        answers = measure.certain(measure.found(ours, frames, name), thresholds)
        figures[f"{name}, a frame a second"] = _verdict(answers, frames, witness)
    fill(NAME, figures, {"real": card.real(figures)})
    tiles = zip(pictures.values(), found, strict=True)
    canvases = [squared(drawn(blank(picture), one, 300), 300) for picture, one in tiles]
    sheet(canvases, across=len(canvases), path=MODELS / NAME / "real.png")
    return 0


def _verdict(found: Found, frames: Sequence[Array], witness: OnNode) -> dict[str, Any]:
    """Return by label what the witness sees, what of it we found, and what else we said."""
    truth = np.stack([_witnessed(witness, frame) for frame in frames])
    seen, hits, false = {}, {}, {}
    for class_id, label in enumerate(KNOWN.values()):
        verdicts = judged(found, truth, label, class_id)
        right = int(verdicts.right.sum())
        if len(verdicts.right) > right:
            false[label] = len(verdicts.right) - right
        if verdicts.objects:
            seen[label], hits[label] = verdicts.objects, right
    return {"witnessed": seen, "found": hits, "false": false}


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


def _said(found: Sequence[Detection]) -> list[tuple[str, float]]:
    """Return the best of what was found: labels and scores."""
    best = sorted(found, key=lambda one: -one.score)[:5]
    return [(one.label, round(one.score, 2)) for one in best]


if __name__ == "__main__":
    sys.exit(main())
