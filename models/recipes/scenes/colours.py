"""Colours: of cloth, skin, hair and things, as RGB in 0..255."""

import cv2
import numpy as np

from recipes.chance import about, happens, one_of
from recipes.scenes.arrays import Colour, Rng

WOOD = ((90, 60, 30), (140, 100, 60), (60, 40, 28), (190, 160, 115), (210, 195, 165))
SKIN = (
    (255, 224, 196), (241, 194, 150), (224, 172, 125), (198, 134, 85), (141, 85, 50), (88, 56, 38),
)  # fmt: skip
HAIR = (
    (28, 22, 18), (62, 40, 24), (110, 48, 25), (150, 108, 62), (214, 182, 124), (150, 148, 146),
)  # fmt: skip
TROUSERS = ((42, 46, 62), (52, 72, 112), (30, 30, 32), (152, 132, 102), (92, 96, 84))
CARDBOARD = (190, 145, 95)
DARK = np.array((28.0, 22.0, 22.0))


def rgb(red: float, green: float, blue: float) -> Colour:
    """Return the colour of the three."""
    return np.array((red, green, blue), np.float64)


def any_colour(rng: Rng, saturation: float | None = None) -> Colour:
    """Return any colour, pale ones more often; *saturation* 0..1 settles how pale."""
    paleness = rng.random() ** 1.3 if saturation is None else saturation
    hsv = np.array([[[rng.integers(180), 255 * paleness, rng.integers(25, 250)]]], np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0], np.float64)


def furniture(rng: Rng) -> Colour:
    """Return wood's colour as often as any other."""
    return near(rng, WOOD) if happens(rng, 0.5) else any_colour(rng)


def near(rng: Rng, palette: tuple[tuple[int, int, int], ...]) -> Colour:
    """Return one of *palette*, somewhat lighter or darker."""
    chosen = np.array(palette[rng.integers(len(palette))], np.float64)
    return np.minimum(chosen * about(rng, 1.0, 0.18), 255)


def skin(rng: Rng) -> Colour:
    """Return a colour of skin."""
    return near(rng, SKIN)


def hair(rng: Rng) -> Colour:
    """Return a colour of hair, now and then a dyed one."""
    return any_colour(rng) if happens(rng, 0.05) else near(rng, HAIR)


def ball(rng: Rng) -> Colour:
    """Return a colour of a ball: white, orange, tennis yellow or any strong one."""
    known = {(240, 240, 240): 0.25, (205, 105, 40): 0.2, (200, 225, 50): 0.15, None: 0.4}
    chosen = one_of(rng, known)
    return near(rng, (chosen,)) if chosen else any_colour(rng, rng.uniform(0.2, 1.0))
