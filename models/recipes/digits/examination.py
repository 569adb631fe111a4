"""What a finished file reads of digits nobody taught it, on the runtime of a node."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edgenode.accelerator.interpreter import Interpreter
from recipes.digits.handwriting import ANY, SIDE, Array, Digits, on_paper, plainly, unknown, written

ANYHOW = 1000
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Marks:
    """What one file got.

    Attributes:
        right: share of digits read rightly, by set.
        bytes: of the file.
        ms: of one inference on one core here, a median.
    """

    right: Mapping[str, float]
    bytes: int
    ms: float

    def figures(self) -> dict[str, Any]:
        """Return them for figures.json, rounded to what is worth telling."""
        return {
            "right": {name: round(share, 4) for name, share in self.right.items()},
            "bytes": self.bytes,
            "ms": round(self.ms, 2),
        }


def papers(seed: int) -> dict[str, Digits]:
    """Return the digits to be read, by what they are."""
    held_out = unknown()
    plain = plainly(held_out)
    anyhow = written(held_out, ANYHOW, ANY, np.random.default_rng([seed, 1]))
    return {"plain": plain, "paper": on_paper(plain), "anyhow": anyhow, "printed": printed()}


def printed() -> Digits:
    """Return the ten digits in five fonts, white on black."""
    images = [_printed(str(label), font) for font in FONTS for label in range(10)]
    return Digits(np.stack(images)[..., np.newaxis], np.tile(np.arange(10), len(FONTS)))


def examined(model: bytes, papers: Mapping[str, Digits]) -> Marks:
    """Return what the TFLite file *model* makes of all this."""
    pupil = Pupil(model)
    right = {
        name: float(
            np.mean([pupil.scores(image).argmax() for image in paper.images] == paper.labels)
        )
        for name, paper in papers.items()
    }
    return Marks(right, len(model), pupil.ms())


class Pupil:
    """Reads with one file, as a node does."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(model, "digits")
        self._floats = self._interpreter.inputs[0].dtype == "float32"

    def scores(self, image: Array) -> Array:
        """Return the scores of the ten digits for uint8 [28, 28, 1]."""
        tensor = image[np.newaxis]
        if self._floats:
            tensor = tensor.astype(np.float32) / np.float32(255.0)
        return self._interpreter.outputs[0].dequantise(self._interpreter.infer(tensor)[0])[0]

    def ms(self) -> float:
        """Return the milliseconds of an inference, a median."""
        blank, took = np.zeros((SIDE, SIDE, 1), np.uint8), []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            self.scores(blank)
            took.append((time.perf_counter() - began) * 1000.0)
        return float(np.median(took))


def _printed(text: str, font: int) -> Array:
    picture = np.zeros((SIDE, SIDE), np.uint8)
    (width, height), _ = cv2.getTextSize(text, font, 0.8, 2)
    corner = ((SIDE - width) // 2, (SIDE + height) // 2)
    return np.asarray(cv2.putText(picture, text, corner, font, 0.8, 255, 2, cv2.LINE_AA))
