"""Composition: how many people and things are in a scene, as a function of a generator alone."""

from functools import partial

from recipes.chance import happens, one_of
from recipes.scenes import camera, lookalikes, rooms
from recipes.scenes.arrays import Rng
from recipes.scenes.poses import TURN
from recipes.scenes.scene import Scene
from recipes.scenes.stage import Stage, Where
from recipes.scenes.things import DRAW

PEOPLE = {0: 0.2, 1: 0.45, 2: 0.24, 3: 0.11}
THINGS = {0: 0.55, 1: 0.35, 2: 0.1}
NOBODY = 0.07
ROOMS = 0.5
"""Share of scenes where everything stands where it can; in the others it is thrown together."""
PORTRAITS = {1.0: 0.8, 4 / 3: 0.2}
"""Width over height of the frames of one person, and how often."""
TOWARD = 0.7
"""Share of people who face the camera more or less; the others are turned anyhow."""


def detection_scene(rng: Rng, size: int) -> Scene:
    """Return a scene of none to three people and up to two balls, bottles and boxes each."""
    if happens(rng, ROOMS):
        return _room_of_many(rng, size)
    stage = Stage.set_up(rng, size)
    deeds = ["person"] * one_of(rng, PEOPLE) + ["lookalike"] * int(rng.integers(0, 5))
    for deed in stage.ordered(deeds + _things(rng)):
        if deed == "lookalike":
            lookalikes.draw_lookalike(rng, stage.canvas)
        elif deed == "person":
            tall = rng.uniform(0.2, 0.95) if happens(rng, 0.7) else rng.uniform(0.2, 0.5)
            stage.add_person(tall, "cropped" if happens(rng, 0.12) else "anywhere")
        else:
            stage.add_thing(deed)
    return shown(rng, stage)


def pose_scene(rng: Rng, size: int) -> Scene:
    """Return a scene of one large person, now and then of nobody or of a small second one."""
    if happens(rng, ROOMS):
        return _room_of_one(rng, size)
    stage = Stage.set_up(rng, size, PORTRAITS)
    for _ in range(rng.integers(0, 3)):
        lookalikes.draw_lookalike(rng, stage.canvas)
    if happens(rng, 0.05):
        stage.add_person(rng.uniform(0.15, 0.32), "anywhere")
    for label in DRAW:
        if happens(rng, 0.15):
            stage.add_thing(label)
    if happens(rng, NOBODY):
        return shown(rng, stage)
    where: Where = "cropped" if happens(rng, 0.12) else "inside"
    stage.add_person(rng.uniform(0.5, 1.0), where, _facing(rng))
    if happens(rng, 0.06):
        stage.add_thing(one_of(rng, dict.fromkeys(DRAW, 1.0)), largest=0.22)
    return shown(rng, stage)


def _room_of_many(rng: Rng, size: int) -> Scene:
    stage, far = rooms.room(rng, size, camera.ASPECTS)
    sizes = [rng.uniform(max(far, 0.25), 0.95) for _ in range(one_of(rng, PEOPLE))]
    people: list[rooms.Deed] = [
        (tall, partial(stage.add_person, tall, "anywhere")) for tall in sizes
    ]
    rooms.furnish(stage, far, people, _things(rng))
    return shown(rng, stage, rng.random())


def _room_of_one(rng: Rng, size: int) -> Scene:
    stage, far = rooms.room(rng, size, PORTRAITS)
    tall, facing = rng.uniform(0.5, 0.98), _facing(rng)
    people: list[rooms.Deed] = [(tall, partial(stage.add_person, tall, "inside", facing))]
    things = [label for label in DRAW if happens(rng, 0.2)]
    rooms.furnish(stage, far, [] if happens(rng, NOBODY) else people, things)
    return shown(rng, stage, rng.random())


def _things(rng: Rng) -> list[str]:
    return [label for label in DRAW for _ in range(one_of(rng, THINGS))]


def _facing(rng: Rng) -> float:
    return float(rng.normal() * 0.5 if happens(rng, TOWARD) else rng.uniform(0.0, TURN))


def shown(rng: Rng, stage: Stage, strain: float = 1.0) -> Scene:
    """Return the scene that the camera makes of what is on *stage*, under such *strain*."""
    fit, corners = stage.fit, stage.fit.corners()
    picture = fit.padded(camera.exposed(rng, stage.canvas.layers, fit.inner, strain))
    objects, people = stage.ledger.seen()
    return Scene(
        picture,
        tuple(one.within(corners) for one in objects),
        tuple(one.within(corners) for one in people),
    )
