"""The trunk: chest, belly and hips, and what hangs on them."""

import numpy as np

from recipes.scenes.arrays import Array, Colour
from recipes.scenes.canvas import Canvas, moved
from recipes.scenes.figure import Figure
from recipes.scenes.outfit import Outfit
from recipes.scenes.skeleton import NECK

SHAPE = np.array(
    (
        (-0.2, 0.088, 0.07), (0.0, 0.094, 0.075), (0.42, 0.084, 0.064), (0.78, 0.104, 0.072),
        (0.97, 0.104, 0.055), (1.06, 0.045, 0.04),
    )
)  # fmt: skip
"""Along the spine (0 hips, 1 shoulders): half the width and half the depth, in heights."""
HEM = 1
"""First row of the shape that the top covers; the one before is of the trousers."""
FACING = 0.25


def draw_trunk(canvas: Canvas, figure: Figure, outfit: Outfit) -> None:
    """Paint the trunk in top and jacket, over the hips in trousers."""
    hips, spine, across, radii = _outline(figure)
    hip = 0.058 * figure.build.girth**0.6 * figure.size[11]
    canvas.limb(figure.points[11], figure.points[12], (hip, hip), outfit.bottom)
    tailored = outfit.jacket is not None
    colour = outfit.top if outfit.jacket is None else outfit.jacket
    along = SHAPE[0 if tailored else HEM :, :1]
    radii = radii[0 if tailored else HEM :] * (1.08 if tailored else 1.0)
    middle = hips + along * spine
    for width, brightness, shift in ((1.0, 0.74, 0.0), (0.8, 1.0, 0.14), (0.42, 1.1, 0.26)):
        axis = middle + np.array((radii.max() * canvas.light * shift, 0.0))
        _strip(canvas, axis, across * (radii * width), colour * brightness)
    chest = figure.direction(figure.skeleton.chest[:, 2])
    if outfit.jacket is not None and chest[2] > FACING:
        shown = 0.3 + 0.3 * chest[2]
        centre = middle + chest[:2] * (1, -0.2) * radii.max() * 0.55
        _strip(canvas, centre[1:], across * radii[1:] * shown * 0.55, outfit.top)


def draw_skirt(canvas: Canvas, figure: Figure, colour: Colour) -> None:
    """Paint a skirt from the hips to the knees."""
    points, size = figure.points, figure.size
    reach = 0.075 * figure.build.girth**0.6
    left, right = (
        (points[11], points[12]) if points[11, 0] > points[12, 0] else (points[12], points[11])
    )
    waist = (0.0, -0.03 * size[11])
    hem = np.array(
        [hip * 0.25 + knee * 0.75 for hip, knee in zip(points[11:13], points[13:15], strict=True)]
    )
    hem = hem[np.argsort(-hem[:, 0])]
    wide = np.array((reach * size[11], 0.0))
    outline = (
        left + wide + waist,
        hem[0] + wide * 1.15,
        hem[1] - wide * 1.15,
        right - wide + waist,
    )
    canvas.polygon(outline, colour * 0.85)
    middle = sum(outline) / 4  # type: ignore[arg-type]
    canvas.polygon([middle + (corner - middle) * (0.6, 1.0) for corner in outline], colour)


def draw_bag(canvas: Canvas, figure: Figure, outfit: Outfit) -> None:
    """Paint a rucksack, a shoulder bag with its strap or a hand bag."""
    colour, size = outfit.extra, float(figure.size[NECK])
    chest = figure.skeleton.chest
    if outfit.bag == "rucksack":
        joints = figure.skeleton.joints
        upper = figure.at(joints[NECK] - chest[:, 2] * 0.1 - chest[:, 1] * 0.05)
        lower = figure.at(joints[NECK] - chest[:, 2] * 0.11 - chest[:, 1] * 0.2)
        canvas.limb(upper, lower, (0.08 * size, 0.09 * size), colour)
        return
    if outfit.bag == "hand":
        handle = figure.points[20]
        canvas.line(handle, moved(handle, 0, 0.05 * size), 0.012 * size, colour * 0.6)
        corner = handle + np.array((0.0, 0.1)) * size
    else:
        canvas.line(figure.points[6], figure.points[11], 0.016 * size, colour * 0.6)
        corner = figure.points[11] + np.array((0.03, 0.05)) * size
    half = np.array((0.06, 0.045)) * size
    for width, brightness in ((1.0, 0.75), (0.8, 1.0)):
        left, top = corner - half * width
        right, bottom = corner + half * width
        canvas.polygon(
            ((left, top), (right, top), (right, bottom), (left, bottom)), colour * brightness
        )


def _outline(figure: Figure) -> tuple[Array, Array, Array, Array]:
    """Return the hips' middle, the spine, the direction across it and [6, 1] half widths."""
    hips = (figure.points[11] + figure.points[12]) / 2
    spine = figure.points[NECK] - hips
    lateral = figure.direction(figure.skeleton.chest[:, 0])
    across = np.array((-spine[1], spine[0])) / (np.hypot(*spine) + 1e-6)
    flat = abs(float(lateral[:2] @ across))
    girth = figure.build.girth**0.6
    radii = np.hypot(SHAPE[:, 1] * flat, SHAPE[:, 2] * np.sqrt(max(1 - flat**2, 0.0)))
    return hips, spine, across, (radii * girth * float(figure.size[NECK]))[:, None]


def _strip(canvas: Canvas, middle: Array, half: Array, colour: Colour) -> None:
    canvas.polygon(np.concatenate((middle + half, (middle - half)[::-1])), colour)
    for row in (0, -2):
        canvas.circle(middle[row], float(np.hypot(*half[row])) * 0.75, colour)
