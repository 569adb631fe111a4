"""The demo's clip: two people, a ball, a bottle and a box in a room, by day.

Nobody is in view for the first two seconds and for the last one. A woman comes in from the left,
waves, squats, comes nearer and leaves to the right; a man comes in behind her from the right,
stands, waves with both arms, turns away and leaves to the left. Sizes are ordinary ones: nothing
here was chosen by what a model makes of it.
"""

from math import pi

import numpy as np

from recipes.demo.acting import Actor
from recipes.demo.clip import Clip
from recipes.demo.play import Camera, Play, Prop
from recipes.demo.speech import Script
from recipes.demo.tracks import Track
from recipes.scenes.canvas import Canvas
from recipes.scenes.colours import rgb
from recipes.scenes.lookalikes import draw_table
from recipes.scenes.outfit import Outfit
from recipes.scenes.skeleton import Build
from recipes.scenes.view import MAN_M, Ground

LASTS_S = 26.0
GROUND = Ground(horizon=0.3, camera_m=1.5)
WALL_ENDS = 0.64
TABLE_M = 0.72
"""How high the table is, on which the bottle stands."""
QUARTER = pi / 2

WOMAN = Actor(
    outfit=Outfit(
        skin=rgb(232, 188, 150), hair=rgb(92, 56, 32), top=rgb(178, 48, 52), bottom=rgb(48, 60, 96),
        shoes=rgb(60, 50, 46), extra=rgb(90, 90, 90), jacket=None, legs="trousers", sleeves="long",
        hair_style="long", hat="none", bag="none", pattern="plain", glasses=False,
    ),
    build=Build(girth=0.95),
    tall_m=1.68,
    right_m=Track(((0.9, -2.75), (5.2, -0.3), (12.6, -0.3), (14.2, 0.0), (15.4, 0.0), (19.2, 2.7))),
    far_m=Track(((0.9, 3.0), (5.2, 2.9), (12.6, 2.9), (14.2, 2.5), (15.4, 2.5), (19.2, 2.9))),
    facing=Track(((5.0, 0.0), (15.0, 0.0), (15.6, QUARTER))),
    gestures=((0.0, "stand"), (5.9, "wave"), (8.6, "stand"), (9.6, "squat"), (11.6, "stand"),
              (14.3, "hips"), (15.2, "stand")),
)  # fmt: skip

MAN = Actor(
    outfit=Outfit(
        skin=rgb(150, 96, 62), hair=rgb(26, 22, 20), top=rgb(222, 216, 200), bottom=rgb(96, 92, 78),
        shoes=rgb(36, 36, 40), extra=rgb(60, 70, 50), jacket=rgb(46, 92, 82), legs="trousers",
        sleeves="long", hair_style="short", hat="none", bag="none", pattern="plain", glasses=False,
    ),
    build=Build(girth=1.1, shoulders=0.108),
    tall_m=1.8,
    right_m=Track(((13.8, 3.4), (18.6, 0.35), (22.0, 0.35), (25.0, -2.95))),
    far_m=Track(((13.8, 3.6), (18.6, 3.3), (22.0, 3.3), (25.0, 3.2))),
    facing=Track(((18.4, 0.0), (21.2, 0.0), (22.2, -QUARTER - 1.0))),
    gestures=((0.0, "stand"), (19.2, "both"), (20.8, "stand")),
)  # fmt: skip

BALL = Prop(
    "ball", tall_m=0.3, look=11,
    right_m=Track(((3.2, -2.0), (8.0, 0.45), (20.5, 0.45), (25.0, -2.0))),
    far_m=Track(((3.2, 2.5), (8.0, 2.35), (20.5, 2.35), (25.0, 2.5))),
)  # fmt: skip
BOTTLE = Prop(
    "bottle", tall_m=0.32, look=5, right_m=Track(((0.0, 0.78),)), far_m=Track(((0.0, 1.75),)),
    above_m=TABLE_M,
)  # fmt: skip
BOX = Prop(
    "box", tall_m=0.5, look=2, right_m=Track(((0.0, -1.15),)), far_m=Track(((0.0, 3.4),)),
)  # fmt: skip


WORDS = (
    "yes", "hello", "stop", "left", "go", "window", "right", "up", "no", "seven", "down", "off",
    "on", "table", "yes", "stop", "left",
)  # fmt: skip


def clip() -> Clip:
    """Return the demo's clip."""
    return Clip(_play(), Script(WORDS, rooms=False, noise="room", below_db=30.0))


def _play() -> Play:
    return Play(
        lasts_s=LASTS_S,
        ground=GROUND,
        camera=Camera(blur=0.5, gain=1.0, tint=(1.02, 1.0, 0.96), noise=3.0),
        light=-1.0,
        shade=0.35,
        actors=(WOMAN, MAN),
        props=(BALL, BOTTLE, BOX),
        decorate=_room,
        furnish=((1.8, _table),),
    )


def _room(canvas: Canvas) -> None:
    """Paint a wall with a window and a picture, a skirting board and a floor of boards."""
    width, height = canvas.width, canvas.height
    row = int(WALL_ENDS * height)
    shade = np.linspace(1.06, 0.94, width)[None, :, None]
    canvas.pixels[:row] = rgb(196, 196, 186) * shade
    canvas.pixels[row:] = rgb(150, 122, 92) * np.linspace(0.84, 1.06, height - row)[:, None, None]
    _boards(canvas, row)
    _rectangle(canvas, (0.0, WALL_ENDS - 0.03, 1.0, WALL_ENDS), (224, 222, 214))
    _rectangle(canvas, (0.08, 0.06, 0.3, 0.42), (232, 232, 228))
    _rectangle(canvas, (0.095, 0.08, 0.185, 0.4), (168, 198, 222))
    _rectangle(canvas, (0.195, 0.08, 0.285, 0.4), (168, 198, 222))
    _rectangle(canvas, (0.72, 0.1, 0.9, 0.3), (84, 66, 50))
    _rectangle(canvas, (0.735, 0.12, 0.885, 0.28), (206, 192, 160))


def _boards(canvas: Canvas, row: int) -> None:
    vanishing = np.array((0.5 * canvas.width, GROUND.horizon * canvas.height))
    part = (row - vanishing[1]) / (canvas.height - vanishing[1])
    for foot in np.linspace(-0.8, 1.8, 15) * canvas.width:
        begin = vanishing + (np.array((foot, canvas.height)) - vanishing) * part
        canvas.line(begin, (foot, canvas.height), 1, rgb(122, 98, 74))


def _table(canvas: Canvas) -> None:
    far_m = 1.7
    foot = GROUND.row_of(Play.size_at(far_m, MAN_M))
    top = (foot - Play.size_at(far_m, TABLE_M)) * canvas.height
    draw_table(canvas, np.array((0.93 * canvas.width, top)), 0.2 * canvas.width, rgb(118, 84, 56))


def _rectangle(
    canvas: Canvas, sides: tuple[float, float, float, float], colour: tuple[int, int, int]
) -> None:
    left, top, right, bottom = sides
    corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom)))
    canvas.polygon(corners * (canvas.width, canvas.height), rgb(*colour))
