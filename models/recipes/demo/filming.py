"""Filming: draws each frame of a play and takes down its truth."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial

import cv2
import numpy as np

from recipes.demo.acting import Actor
from recipes.demo.play import FPS, HEIGHT, WIDTH, Play, Prop
from recipes.demo.truth import Keypoint, Moment, SeenObject, SeenPerson
from recipes.scenes import Object, Person, shadows
from recipes.scenes.arrays import Array, Quad
from recipes.scenes.body import TOP, draw_person
from recipes.scenes.canvas import Canvas
from recipes.scenes.cloth import Cloth, textured
from recipes.scenes.figure import Figure, Stance
from recipes.scenes.ledger import Ledger
from recipes.scenes.things import DRAW, Place

FINENESS = 2
"""Pixels drawn for each of the video's, along a side."""
LEAST_VISIBLE = 0.02
"""Of what is less in view there is nothing to be seen."""


class Film:
    """The frames of a play; the same seed gives the same pixels."""

    def __init__(self, play: Play, seed: int) -> None:
        self._play = play
        self._seed = seed

    def __len__(self) -> int:
        return round(self._play.lasts_s * FPS)

    def frames(self) -> Iterator[tuple[Array, Moment]]:
        """Yield each frame, RGB uint8 [240, 320, 3], with what it shows."""
        for number in range(len(self)):
            ledger = self._drawn(number / FPS)
            yield self._taken(ledger.canvas, number), _moment(*ledger.seen())

    @cached_property
    def _room(self) -> Array:
        canvas = Canvas(
            np.zeros((HEIGHT, WIDTH, 3), np.uint8), (WIDTH * FINENESS, HEIGHT * FINENESS)
        )
        self._play.decorate(canvas)
        return canvas.layers

    def _drawn(self, time_s: float) -> Ledger:
        """Draw everybody and everything, from far to near."""
        canvas = Canvas(self._room[..., :3], (WIDTH * FINENESS, HEIGHT * FINENESS))
        canvas.light = self._play.light
        ledger = Ledger(canvas)
        play = self._play
        parts: list[tuple[float, Callable[[], None]]] = []
        parts += [(far, partial(draw, canvas)) for far, draw in play.furnish]
        for prop in play.props:
            parts.append((prop.far_m.at(time_s), partial(self._prop, ledger, prop, time_s)))
        for actor in play.actors:
            if actor.there(time_s):
                parts.append((actor.far_m.at(time_s), partial(self._actor, ledger, actor, time_s)))
        for _, draw in sorted(parts, key=lambda part: -part[0]):
            draw()
        return ledger

    def _actor(self, ledger: Ledger, actor: Actor, time_s: float) -> None:
        play, canvas = self._play, ledger.canvas
        right, far = actor.right_m.at(time_s), actor.far_m.at(time_s)
        size = play.size_at(far, actor.tall_m)
        foot = np.array(
            (play.column_at(right, far) * canvas.width, play.row_at(far) * canvas.height)
        )
        stance = Stance.of(actor.pose(time_s), actor.build, play.ground.view_of(size))
        figure = stance.placed(size * canvas.height, foot)
        self._shade(canvas, figure)
        number = ledger.next_number()
        draw_person(canvas, figure, actor.outfit, number)
        cloth = np.random.default_rng(self._seed)
        textured(cloth, canvas, number, figure.extent(), Cloth(actor.outfit.pattern, TOP))
        ledger.enter("person", figure.extent(), figure)

    def _shade(self, canvas: Canvas, figure: Figure) -> None:
        sun = np.array((-0.35 * self._play.light, -0.35))
        shadows.cast(canvas, figure, sun, self._play.shade)

    def _prop(self, ledger: Ledger, prop: Prop, time_s: float) -> None:
        play, canvas = self._play, ledger.canvas
        right, far = prop.right_m.at(time_s), prop.far_m.at(time_s)
        tall, above = (
            play.size_at(far, metres) * canvas.height for metres in (prop.tall_m, prop.above_m)
        )
        x, foot = (
            play.column_at(right, far) * canvas.width,
            play.row_at(far) * canvas.height - above,
        )
        half = np.array((0.5, 0.13)) * tall
        shadows.pool(canvas, np.array((x, foot - half[1] * 0.4)), half, play.shade)
        turn = right / (prop.tall_m / 2) if prop.label == "ball" else 0.0
        ledger.next_number()
        look = np.random.default_rng(prop.look)
        place = Place(x, foot - tall / 2, tall, turn)
        ledger.enter(prop.label, DRAW[prop.label](look, canvas, place))

    def _taken(self, canvas: Canvas, number: int) -> Array:
        """Return what the camera makes of *canvas*."""
        camera = self._play.camera
        small = cv2.resize(canvas.layers, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)[..., :3]
        light = cv2.GaussianBlur(small, (0, 0), camera.blur).astype(np.float32)
        light *= np.array(camera.tint, np.float32) * np.float32(camera.gain)
        grain = np.random.default_rng((self._seed, number))
        light += grain.standard_normal(light.shape, np.float32) * np.float32(camera.noise)
        return np.clip(light, 0, 255).astype(np.uint8)


def _moment(objects: tuple[Object, ...], people: tuple[Person, ...]) -> Moment:
    return Moment(
        tuple(_object(one) for one in objects if one.visible >= LEAST_VISIBLE),
        tuple(_person(one) for one in people if one.visible >= LEAST_VISIBLE),
    )


def _object(one: Object) -> SeenObject:
    return SeenObject(one.label, *_rounded(one.box), round(one.visible, 3))


def _person(one: Person) -> SeenPerson:
    points = tuple(
        Keypoint(round(float(x), 3), round(float(y), 3), int(inside))
        for y, x, inside in one.keypoints
    )
    return SeenPerson(_rounded(one.box), round(one.visible, 3), points)


def _rounded(box: Quad) -> Quad:
    left, top, right, bottom = (round(side, 3) for side in box)
    return left, top, right, bottom
