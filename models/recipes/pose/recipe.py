"""The recipe from end to end: scenes rendered, a network taught, measured, shipped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from edgenode.catalogue.manifest import find
from recipes import repeatable
from recipes.pose import card, measure
from recipes.pose.batches import batches
from recipes.pose.loss import pose_loss
from recipes.pose.network import SIDE, network
from recipes.pose.truth import People, people
from recipes.quantise import CALIBRATION, quantised, unquantised
from recipes.scenes import pose_scene, render
from recipes.scenes.arrays import Array
from recipes.shipping import ship
from recipes.vision.commands import Effort, Run, asked
from recipes.vision.drawing import drawn, sheet
from recipes.vision.photography import untouched
from recipes.vision.training import Schedule, train

NAME = "starter-pose"
WHOLE = Effort(50_000, Schedule(40_000, peak=6e-3, warmup=400), held_out=1_500)
SHORT = Effort(64, Schedule(10), held_out=48)
BATCH = 16
THRESHOLD = float(find(NAME).traits["threshold"])
"""The manifest's."""
SHOWN = 12
"""Scenes on the card's sheet."""


@dataclass(frozen=True)
class Scenes:
    """Rendered scenes: *pictures* uint8 [n, side, side, 3] and who is on them."""

    pictures: Array
    people: People


def rendered(seeds: range, jobs: int) -> Scenes:
    """Return the scenes of *seeds*."""
    pictures, scenes = render(pose_scene, SIDE, seeds, jobs)
    return Scenes(pictures, people(scenes))


def taught(run: Run) -> tuple[tf.keras.Model, Array]:
    """Return a network that learnt as *run* says, and pictures like those it learnt from."""
    made = network()

    def loss(pictures: tf.Tensor, keypoints: tf.Tensor) -> tf.Tensor:
        logits, early, said = made.taught(pictures, training=True)
        return pose_loss(logits, early, said, keypoints)

    scenes = rendered(run.scenes, run.jobs)
    rng = np.random.default_rng(run.seed)
    seen = batches(rng, scenes.pictures, scenes.people.keypoints, BATCH)
    train(made.taught, loss, seen, run.effort.schedule, "the pose network")
    return made.shipped, scenes.pictures[:CALIBRATION]


def figures(model: tf.keras.Model, files: dict[str, bytes], held_out: Scenes) -> dict[str, Any]:
    """Return what was measured of both *files*, float and int8, on *held_out*."""
    nodes = {kind: measure.on_node(content, NAME) for kind, content in files.items()}
    measured: dict[str, Any] = {
        "scenes": len(held_out.pictures),
        "parameters": model.count_params(),
        "bytes": len(files["int8"]),
        "latency_ms": round(nodes["int8"].latency_ms(), 1),
        "threshold": THRESHOLD,
    }
    for kind, node in nodes.items():
        keypoints = measure.said(node, held_out.pictures, f"held-out scenes, {kind}")
        measured[kind] = measure.figures(keypoints, held_out.people, THRESHOLD)
    return measured


def show(content: bytes, held_out: Scenes, path: Path) -> None:
    """Write a sheet of held-out scenes with what the model says of them."""
    node = measure.on_node(content, NAME)
    pictures = held_out.pictures[:SHOWN]
    tiles = [drawn(picture, node.findings(picture), 200) for picture in pictures]
    sheet(tiles, across=6, path=path)


def main() -> int:
    """Run the recipe as the command line says."""
    run = asked("pose", WHOLE, SHORT)
    repeatable.begin(run.seed, run.jobs)
    model, like = taught(run)
    files = {"float": unquantised(model), "int8": quantised(model, untouched(like))}
    held_out = rendered(run.held_out, run.jobs)
    measured = figures(model, files, held_out)
    folder = ship(NAME, files["int8"], measured, card.blocks(measured), run.out)
    show(files["int8"], held_out, folder / "scenes.jpg")
    print(f"{folder / NAME}.tflite: {measured['bytes']} bytes; {card.summary(measured)}")
    return 0
