import numpy as np
import pytest

from edgenode.sense.plugins.detection.suppression import Floats, Places, overlaps, suppress

Case = tuple[Floats, Floats, Places]


def crowd(seed: int, count: int = 120, classes: int = 3) -> Case:
    """Return boxes that overlap a lot, with scores of which many are equal, as int8 gives them."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0.0, 0.7, (count, 2))
    edges = np.concatenate([low, low + rng.uniform(0.05, 0.3, (count, 2))], axis=1)
    scores = rng.integers(20, 60, count) / 64
    return edges.astype(np.float32), scores.astype(np.float32), rng.integers(0, classes, count)


def plain(case: Case, iou: float) -> set[int]:
    """Return what stays by the definition: box by box, pair by pair."""
    edges, scores, class_ids = case
    ranks = sorted(range(len(scores)), key=lambda n: (-scores[n], class_ids[n], *edges[n].tolist()))
    kept: list[int] = []
    for rank in ranks:
        if all(
            class_ids[rank] != class_ids[better] or plain_iou(edges[rank], edges[better]) <= iou
            for better in kept
        ):
            kept.append(rank)
    return set(kept)


def plain_iou(one: Floats, other: Floats) -> float:
    height = max(min(one[2], other[2]) - max(one[0], other[0]), 0.0)
    width = max(min(one[3], other[3]) - max(one[1], other[1]), 0.0)
    areas = [(edges[2] - edges[0]) * (edges[3] - edges[1]) for edges in (one, other)]
    return float(height * width / (sum(areas) - height * width))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("iou", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_what_stays_is_what_the_definition_keeps(seed: int, iou: float) -> None:
    case = crowd(seed)

    kept = suppress(*case, iou=iou, limit=1000)

    assert set(kept) == plain(case, iou)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_the_boxes_come_in_does_not_matter(seed: int) -> None:
    edges, scores, class_ids = crowd(seed)
    shuffled = np.random.default_rng(seed).permutation(len(scores))

    kept = suppress(edges, scores, class_ids, iou=0.4, limit=20)
    other = suppress(edges[shuffled], scores[shuffled], class_ids[shuffled], iou=0.4, limit=20)

    assert kept == shuffled[other].tolist()


def test_the_best_come_first_and_no_more_than_asked() -> None:
    edges, scores, class_ids = crowd(1)

    kept = suppress(edges, scores, class_ids, iou=0.5, limit=10)

    assert len(kept) == 10
    assert scores[kept].tolist() == sorted(scores[kept], reverse=True)


def test_boxes_of_different_labels_do_not_suppress_each_other() -> None:
    edges = np.array([[0.1, 0.1, 0.5, 0.5]] * 3, np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)

    kept = suppress(edges, scores, np.array([0, 1, 0]), iou=0.5, limit=10)

    assert kept == [0, 1]


def test_a_box_suppressed_suppresses_nothing() -> None:
    # Each overlaps the next by more than half, the first and the last by less.
    edges = np.array([[0.0, 0.0, 1.0, 0.4], [0.0, 0.1, 1.0, 0.5], [0.0, 0.2, 1.0, 0.6]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)

    kept = suppress(edges, scores, np.zeros(3, np.intp), iou=0.5, limit=10)

    assert kept == [0, 2]


def test_of_nothing_nothing_stays() -> None:
    none = np.zeros((0, 4), np.float32)

    assert suppress(none, none[:, 0], np.zeros(0, np.intp), iou=0.5, limit=10) == []


def test_overlaps_are_intersection_over_union() -> None:
    one = np.array([0.0, 0.0, 0.2, 0.2], np.float32)
    others = np.array(
        [[0.0, 0.0, 0.2, 0.2], [0.0, 0.1, 0.2, 0.3], [0.5, 0.5, 0.6, 0.6], [0.1, 0.1, 0.1, 0.1]],
        np.float32,
    )

    assert overlaps(one, others.T) == pytest.approx([1.0, 1 / 3, 0.0, 0.0])
