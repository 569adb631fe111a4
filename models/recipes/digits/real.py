"""``python -m recipes.digits.real``: what the shipped model reads of a digit of MNIST.

Fills ``real.json`` and the card's block; the recipe itself knows no digit of MNIST.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from recipes.digits.examination import Pupil
from recipes.digits.handwriting import Array
from recipes.real import asked, fill
from recipes.shipping import MODELS

NAME = "starter-digits"
NINE = "images/mnist_nine.bmp"


def main() -> int:
    """Read, fill in the card."""
    given = asked("digits")
    scores = read((MODELS / NAME / f"{NAME}.tflite").read_bytes(), given.media / NINE)
    digit, score = int(scores.argmax()), round(float(scores.max()), 4)
    said = f"It reads MNIST's nine, `{Path(NINE).name}`, as {digit} with a score of {score:.2f}."
    fill(NAME, {"nine": {"read": digit, "score": score}}, {"real": said})
    return 0


def read(model: bytes, picture: Path) -> Array:
    """Return the scores of the ten digits for a picture of 28 by 28 pixels."""
    with Image.open(picture) as opened:
        pixels = np.asarray(opened.convert("L"))
    return Pupil(model).scores(pixels[..., np.newaxis])


if __name__ == "__main__":
    sys.exit(main())
