"""Decoding of YOLOv8's output, [1, 84, 8400] int8, beside a plain loop over its boxes.

    python bench/detections.py [--rounds 21]

Both sides get the same tensor in the same run, in turns, and must find the same things. The tensor
is that of a network of 640 by 640 pixels and 80 labels which sees thirty things, each with a dozen
boxes; figures are medians over the rounds.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from bed import Bed
from figures import Figure, show
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.detection.yolov8 import Yolov8

TITLE = "decoding of YOLOv8's output, ms, beside a plain loop"
LABELS, CELLS, THINGS, BOXES_EACH = 80, 8400, 30, 12
FLOOR, IOU, ROUNDS = 0.5, 0.5, 21

Thing = tuple[int, float, tuple[float, ...]]
SPEC = plugin.TensorSpec(
    name="output0", shape=(1, 4 + LABELS, CELLS), dtype="int8", scale=1 / 255, zero_point=-128
)
MODEL = plugin.Model(
    id="yolov8",
    labels=tuple(f"label-{number}" for number in range(LABELS)),
    input=plugin.TensorSpec(name="image", shape=(1, 640, 640, 3), dtype="uint8"),
    outputs=(SPEC,),
)


def main() -> int:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    show(TITLE, list(figures(parser.parse_args().rounds)))
    return 0


def measure(_bed: Bed) -> Iterator[Figure]:
    """Yield the figures."""
    yield from figures(ROUNDS)


def figures(rounds: int) -> Iterator[Figure]:
    """Yield both layouts' figures; raise ``RuntimeError`` if the two sides disagree."""
    output = scene()
    yield compared("boxes last, [1, 84, 8400]", output, rounds)
    yield compared("boxes first, [1, 8400, 84]", output.transpose(0, 2, 1).copy(), rounds)


def compared(what: str, output: plugin.Tensor, rounds: int) -> Figure:
    """Return what decoding *output* takes, beside the plain loop."""
    spec = plugin.TensorSpec(
        name="o", shape=output.shape, dtype="int8", scale=SPEC.scale, zero_point=SPEC.zero_point
    )
    model = plugin.Model(id="y", labels=MODEL.labels, input=MODEL.input, outputs=(spec,))
    decoder = Yolov8(model, floor=FLOOR, nms_iou=IOU)
    rows = output[0] if output.shape[1] == CELLS else output[0].T

    def ours() -> list[Thing]:
        found = decoder.read([output])
        boxes = [tuple(edges) for edges in found.edges.tolist()]
        return list(zip(found.class_ids, found.scores, boxes, strict=True))

    sides: dict[str, Callable[[], list[Thing]]] = {"ours": ours, "plain": lambda: plain(rows)}
    if not agree(ours(), plain(rows)):
        raise RuntimeError("the two sides disagree: no figure is of use")
    times: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds):
        # Alternating: a CPU that gets slower must not always slow the same side.
        for side in sorted(sides, reverse=bool(number % 2)):
            started = time.perf_counter()
            sides[side]()
            times[side].append((time.perf_counter() - started) * 1000.0)
    ratios = [theirs / mine for mine, theirs in zip(times["ours"], times["plain"], strict=True)]
    return Figure(
        what=what,
        value=statistics.median(times["ours"]),
        unit="ms",
        beside={
            "plain, ms": statistics.median(times["plain"]),
            "plain / ours": statistics.median(ratios),
        },
    )


def agree(some: Sequence[Thing], others: Sequence[Thing]) -> bool:
    """Return whether both are the same things, to a thousandth, in any order."""

    def rounded(things: Sequence[Thing]) -> list[tuple[float, ...]]:
        return sorted(
            (class_id, round(score, 3), *(round(edge, 3) for edge in edges))
            for class_id, score, edges in things
        )

    return rounded(some) == rounded(others)


def scene() -> NDArray[np.int8]:
    """Return an output: thirty things of a dozen boxes each, and cells without a thing."""
    rng = np.random.default_rng(7)
    cells = np.zeros((CELLS, 4 + LABELS), np.float32)
    cells[:, 4:] = rng.uniform(0.0, 0.1, (CELLS, LABELS))
    cells[:, :4] = rng.uniform(0.1, 0.9, (CELLS, 4))
    places = rng.permutation(CELLS)[: THINGS * BOXES_EACH].reshape(THINGS, BOXES_EACH)
    for cells_of in places:
        box = np.concatenate([rng.uniform(0.2, 0.8, 2), rng.uniform(0.1, 0.3, 2)])
        cells[cells_of, :4] = box + rng.normal(0.0, 0.005, (BOXES_EACH, 4))
        cells[cells_of, 4 + rng.integers(LABELS)] = rng.uniform(0.55, 0.95, BOXES_EACH)
    return SPEC.quantise(cells.T)[np.newaxis]


def plain(rows: plugin.Tensor) -> list[Thing]:
    """Return what a loop over the boxes finds: dequantise each, sort, compare pair by pair."""
    found: list[Thing] = []
    for row in rows:
        values = (row.astype(np.float32) - SPEC.zero_point) * np.float32(SPEC.scale)
        class_id = int(values[4:].argmax())
        score = float(values[4 + class_id])
        if score >= FLOOR:
            x, y, width, height = values[:4].tolist()
            edges = (y - height / 2, x - width / 2, y + height / 2, x + width / 2)
            found.append((class_id, score, edges))
    found.sort(key=lambda thing: (-thing[1], thing[0], *thing[2]))
    kept: list[Thing] = []
    for thing in found:
        if all(thing[0] != best[0] or overlap(thing[2], best[2]) <= IOU for best in kept):
            kept.append(thing)
    return kept


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the intersection over union of two boxes."""
    height = max(min(one[2], other[2]) - max(one[0], other[0]), 0.0)
    width = max(min(one[3], other[3]) - max(one[1], other[1]), 0.0)
    areas = sum((edges[2] - edges[0]) * (edges[3] - edges[1]) for edges in (one, other))
    return height * width / (areas - height * width)


if __name__ == "__main__":
    raise SystemExit(main())
