"""Composition: how many people and things are in a scene, as a function of a generator alone."""

from recipes.chance import happens, one_of
from recipes.scenes import camera, lookalikes
from recipes.scenes.arrays import Rng
from recipes.scenes.poses import TURN
from recipes.scenes.scene import Scene
from recipes.scenes.stage import Stage, Where
from recipes.scenes.things import DRAW

PEOPLE = {0: 0.2, 1: 0.45, 2: 0.24, 3: 0.11}
THINGS = {0: 0.55, 1: 0.35, 2: 0.1}
NOBODY = 0.07
PORTRAITS = {1.0: 0.8, 4 / 3: 0.2}
"""Width over height of the frames of one person, and how often."""
TOWARD = 0.6
"""Share of people who face the camera more or less; the others are turned anyhow."""


def detection_scene(rng: Rng, size: int) -> Scene:
    """Return a scene of none to three people and as many balls, bottles and boxes."""
    stage = Stage.set_up(rng, size)
    deeds = ["person"] * one_of(rng, PEOPLE) + ["lookalike"] * int(rng.integers(0, 5))
    for label in DRAW:
        deeds += [label] * one_of(rng, THINGS)
    for deed in stage.ordered(deeds):
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
    stage = Stage.set_up(rng, size, PORTRAITS)
    for _ in range(rng.integers(0, 4)):
        lookalikes.draw_lookalike(rng, stage.canvas)
    if happens(rng, 0.05):
        stage.add_person(rng.uniform(0.15, 0.32), "anywhere")
    for label in DRAW:
        if happens(rng, 0.15):
            stage.add_thing(label)
    if happens(rng, NOBODY):
        return shown(rng, stage)
    facing = rng.normal() * 0.5 if happens(rng, TOWARD) else rng.uniform(0.0, TURN)
    where: Where = "cropped" if happens(rng, 0.12) else "inside"
    stage.add_person(rng.uniform(0.5, 1.0), where, facing)
    if happens(rng, 0.06):
        stage.add_thing(one_of(rng, dict.fromkeys(DRAW, 1.0)), largest=0.22)
    return shown(rng, stage)


def shown(rng: Rng, stage: Stage) -> Scene:
    """Return the scene that the camera makes of what is on *stage*."""
    fit, corners = stage.fit, stage.fit.corners()
    picture = fit.padded(camera.exposed(rng, stage.canvas.layers, fit.inner))
    objects, people = stage.ledger.seen()
    return Scene(
        picture,
        tuple(one.within(corners) for one in objects),
        tuple(one.within(corners) for one in people),
    )
