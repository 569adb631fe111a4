"""The recipe from end to end: scenes rendered, a network taught, measured, shipped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from recipes import repeatable
from recipes.detector import card, measure
from recipes.detector.batches import batches
from recipes.detector.cells import cells
from recipes.detector.loss import detection_loss
from recipes.detector.network import SIDE, network
from recipes.detector.thresholds import chosen, written
from recipes.detector.truth import objects
from recipes.quantise import CALIBRATION, quantised, unquantised
from recipes.scenes import detection_scene, render
from recipes.scenes.arrays import Array
from recipes.shipping import settle, ship
from recipes.vision.commands import Effort, Run, asked
from recipes.vision.drawing import drawn, sheet
from recipes.vision.photography import untouched
from recipes.vision.training import Schedule, train

NAME = "starter-detector"
WHOLE = Effort(30_000, Schedule(17_000, peak=6e-3, warmup=400), held_out=1_500)
SHORT = Effort(96, Schedule(10), held_out=24)
BATCH = 16
SHOWN = 12
"""Scenes on the card's sheet."""


@dataclass(frozen=True)
class Scenes:
    """Rendered scenes: *pictures* uint8 [n, side, side, 3] and *truth* float [n, m, 5]."""

    pictures: Array
    truth: Array


def rendered(seeds: range, jobs: int) -> Scenes:
    """Return the scenes of *seeds*."""
    pictures, scenes = render(detection_scene, SIDE, seeds, jobs)
    return Scenes(pictures, np.stack([objects(scene) for scene in scenes]))


def taught(run: Run) -> tuple[tf.keras.Model, Array]:
    """Return a network that learnt as *run* says, and pictures like those it learnt from."""
    model, where = network(), cells(SIDE)

    def loss(pictures: tf.Tensor, boxes: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return detection_loss(model(pictures, training=True), boxes, labels, where)

    scenes = rendered(run.scenes, run.jobs)
    rng = np.random.default_rng(run.seed)
    seen = batches(rng, scenes.pictures, scenes.truth, BATCH)
    train(model, loss, seen, run.effort.schedule, "the detector")
    return model, scenes.pictures[:CALIBRATION]


def figures(
    model: tf.keras.Model,
    files: dict[str, bytes],
    held_out: Scenes,
    thresholds: dict[str, float],
) -> dict[str, Any]:
    """Return what was measured of both *files*, float and int8, on *held_out*."""
    nodes = {kind: measure.on_node(content, NAME) for kind, content in files.items()}
    measured: dict[str, Any] = {
        "scenes": len(held_out.pictures),
        "parameters": model.count_params(),
        "bytes": len(files["int8"]),
        "latency_ms": round(nodes["int8"].latency_ms(), 1),
    }
    for kind, node in nodes.items():
        found = measure.found(node, held_out.pictures, f"held-out scenes, {kind}")
        measured[kind] = measure.figures(found, held_out.truth, thresholds)
    return measured


def thresholds_for(content: bytes, run: Run) -> dict[str, float]:
    """Return the thresholds of the model file *content*, by label."""
    scenes = rendered(run.choosing, run.jobs)
    node = measure.on_node(content, NAME)
    return chosen(measure.found(node, scenes.pictures, "thresholds"), scenes.truth)


def show(content: bytes, held_out: Scenes, thresholds: dict[str, float], path: Path) -> None:
    """Write a sheet of held-out scenes with what the model finds on them."""
    node, pictures = measure.on_node(content, NAME), held_out.pictures[:SHOWN]
    found = measure.certain(measure.found(node, pictures, "scenes on the card"), thresholds)
    tiles = [drawn(picture, one, 200) for picture, one in zip(pictures, found, strict=True)]
    sheet(tiles, across=6, path=path)


def main() -> int:
    """Run the recipe as the command line says."""
    run = asked("detector", WHOLE, SHORT)
    repeatable.begin(run.seed, run.jobs)
    model, like = taught(run)
    files = {"float": unquantised(model), "int8": quantised(model, untouched(like))}
    thresholds = thresholds_for(files["int8"], run)
    held_out = rendered(run.held_out, run.jobs)
    measured = figures(model, files, held_out, thresholds)
    folder = ship(NAME, files["int8"], measured, card.blocks(measured), run.out)
    settle(folder, "threshold", written(thresholds))
    show(files["int8"], held_out, thresholds, folder / "scenes.jpg")
    print(f"{folder / NAME}.tflite: {measured['bytes']} bytes; {card.summary(measured)}")
    return 0
