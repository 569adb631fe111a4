"""A play: what a clip shows, on which stage, under which camera."""

from collections.abc import Callable
from dataclasses import dataclass

from recipes.demo.acting import Actor
from recipes.demo.tracks import Track
from recipes.scenes.canvas import Canvas
from recipes.scenes.view import FIELD, MAN_M, Ground

WIDTH, HEIGHT = 320, 240
FPS = 10.0


@dataclass(frozen=True)
class Prop:
    """A ball, a bottle or a box that stands, or rolls."""

    label: str
    tall_m: float
    right_m: Track
    far_m: Track
    look: int
    """Seed of its colours and shape."""
    above_m: float = 0.0
    """How high above the ground it stands."""


@dataclass(frozen=True)
class Camera:
    """What becomes of the light."""

    blur: float
    gain: float
    tint: tuple[float, float, float]
    noise: float
    """Deviation of a pixel from frame to frame, of 255."""


@dataclass(frozen=True)
class Play:
    """Everything about a clip's pictures, before it is drawn."""

    lasts_s: float
    ground: Ground
    camera: Camera
    light: float
    """-1: from the left, 1: from the right."""
    shade: float
    actors: tuple[Actor, ...]
    props: tuple[Prop, ...]
    decorate: Callable[[Canvas], None]
    """Paints the room, without anybody."""
    furnish: tuple[tuple[float, Callable[[Canvas], None]], ...] = ()
    """What stands about, and how far away."""

    def row_at(self, far_m: float) -> float:
        """Return the row of the ground at that distance, in heights of the frame."""
        return self.ground.row_of(self.size_at(far_m, MAN_M))

    @staticmethod
    def size_at(far_m: float, tall_m: float) -> float:
        """Return how tall something looks, in heights of the frame."""
        return tall_m / (far_m * FIELD)

    @staticmethod
    def column_at(right_m: float, far_m: float) -> float:
        """Return the column of something, in widths of the frame."""
        return 0.5 + right_m / (far_m * FIELD) * HEIGHT / WIDTH
