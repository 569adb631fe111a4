"""The harder clip: five people who cross, small and in twilight, among look-alikes and babble.

Everybody and everything is drawn by lot from one seed, as the demo's seed would not have it.
"""

from math import pi

import numpy as np

from recipes.chance import either
from recipes.demo.acting import GESTURES, Actor
from recipes.demo.clip import Clip
from recipes.demo.play import Camera, Play, Prop
from recipes.demo.speech import Script
from recipes.demo.tracks import Track
from recipes.scenes import colours, lookalikes, poses
from recipes.scenes.arrays import Rng
from recipes.scenes.backdrop import backdrop
from recipes.scenes.canvas import Canvas
from recipes.scenes.outfit import outfit
from recipes.scenes.view import Ground

SEED = 7
LASTS_S = 26.0
GROUND = Ground(horizon=0.05, camera_m=2.6)
PEOPLE, THINGS, LOOKALIKES = 5, 6, 9
NEAREST_M, FARTHEST_M = 3.2, 6.0
LABELS = ("ball", "bottle", "box")
TALL_M = {"ball": (0.22, 0.4), "bottle": (0.3, 0.5), "box": (0.35, 0.7)}
WORDS = (
    "no", "garden", "up", "go", "forward", "right", "stop", "paper", "down", "yes", "lettuce",
    "left", "on", "often", "off", "no", "stop",
)  # fmt: skip


def clip() -> Clip:
    """Return the harder clip."""
    return Clip(_play(), Script(WORDS, rooms=True, noise="babble", below_db=8.0))


def _play() -> Play:
    rng = np.random.default_rng(SEED)
    return Play(
        lasts_s=LASTS_S,
        ground=GROUND,
        camera=Camera(blur=0.8, gain=0.5, tint=(0.9, 1.0, 1.12), noise=9.0),
        light=1.0,
        shade=0.5,
        actors=tuple(_walker(rng, index) for index in range(PEOPLE)),
        props=tuple(_thing(rng, index) for index in range(THINGS)),
        decorate=_yard,
    )


def _walker(rng: Rng, index: int) -> Actor:
    """Return somebody who crosses, stops on the way and does something there."""
    begin_s, side = 0.5 + 3.6 * index, either(rng)
    far = rng.uniform(NEAREST_M, FARTHEST_M, 3)
    edge = side * 0.75 * far
    stop_s = begin_s + rng.uniform(3.0, 4.5)
    go_s = stop_s + rng.uniform(2.5, 4.0)
    end_s = go_s + rng.uniform(3.5, 5.0)
    stands = rng.uniform(-0.3, 0.3) * far[1]
    gesture = str(rng.choice([name for name in GESTURES if name != "stand"]))
    return Actor(
        outfit=outfit(rng),
        build=poses.build(rng),
        tall_m=rng.uniform(1.5, 1.9),
        right_m=Track(((begin_s, -edge[0]), (stop_s, stands), (go_s, stands), (end_s, edge[2]))),
        far_m=Track(((begin_s, far[0]), (stop_s, far[1]), (go_s, far[1]), (end_s, far[2]))),
        facing=Track(((0.0, rng.uniform(-pi, pi)),)),
        gestures=((0.0, "stand"), (stop_s, gesture), (go_s - 0.8, "stand")),
    )


def _thing(rng: Rng, index: int) -> Prop:
    label, far = LABELS[index % len(LABELS)], rng.uniform(NEAREST_M, FARTHEST_M)
    begin = rng.uniform(-0.45, 0.45) * far
    end = -begin if label == "ball" else begin
    way = ((2.0, begin), (LASTS_S - 4.0, end))
    size = rng.uniform(*TALL_M[label])
    return Prop(label, size, Track(way), Track(((0.0, far),)), look=int(rng.integers(1 << 30)))


def _yard(canvas: Canvas) -> None:
    """Paint a room by lot, and look-alikes all over it."""
    rng = np.random.default_rng(SEED)
    room = backdrop(rng, (canvas.width // 2, canvas.height // 2), GROUND.horizon)
    canvas.layers[:] = Canvas(room, (canvas.width, canvas.height)).layers
    for _ in range(LOOKALIKES):
        lookalikes.draw_lookalike(rng, canvas)
    canvas.polygon(((0, 0), (canvas.width, 0), (canvas.width, 4), (0, 4)), colours.DARK)
