from itertools import pairwise

import pytest

from edgenode.demo.score.objects import FrameCounts, ObjectScorer, compare, overlap
from edgenode.demo.truth import Moment, SeenObject, Truth
from edgenode.messages import Event, Object, ResultMessage

RUN = "0" * 12
BOX = (0.2, 0.2, 0.6, 0.6)
AWAY = (0.7, 0.7, 0.9, 0.9)


def shifted(share: float) -> tuple[float, float, float, float]:
    """Return ``BOX`` moved to the right so far that it overlaps with itself by *share*."""
    step = 0.4 * (1 - share) / (1 + share)
    return (BOX[0] + step, BOX[1], BOX[2] + step, BOX[3])


def thing(
    label: str = "ball",
    box: tuple[float, float, float, float] = BOX,
    visible: float = 1.0,
) -> SeenObject:
    return SeenObject(label, *box, visible)


def found(
    label: str = "ball", box: tuple[float, float, float, float] = BOX, score: float = 0.9
) -> Object:
    return Object(label=label, score=score, box=box)


def result(*objects: Object) -> ResultMessage:
    return ResultMessage(v=1, ts=0, run=RUN, seq=1, ms=1, model="m", counts={}, objects=objects)


def test_all_that_is_there_and_nothing_else() -> None:
    moment = Moment((thing(), thing("person", AWAY)))

    assert compare([found(), found("person", AWAY)], moment) == FrameCounts(2, 0, 0)


def test_one_is_missed() -> None:
    moment = Moment((thing(), thing("person", AWAY)))

    assert compare([found()], moment) == FrameCounts(1, 0, 1)


def test_one_is_made_up() -> None:
    assert compare([found(), found(box=AWAY)], Moment((thing(),))) == FrameCounts(1, 1, 0)


def test_another_label_is_wrong_and_the_thing_is_missed() -> None:
    assert compare([found("bottle")], Moment((thing(),))) == FrameCounts(0, 1, 1)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.51, FrameCounts(1, 0, 0)), (0.49, FrameCounts(0, 1, 1))]
)
def test_a_box_must_overlap_by_half(share: float, expected: FrameCounts) -> None:
    box = shifted(share)

    assert overlap(box, BOX) == pytest.approx(share)
    assert compare([found(box=box)], Moment((thing(),))) == expected


def test_a_thing_is_found_once_and_the_second_box_round_it_is_wrong() -> None:
    assert compare([found(score=0.9), found(score=0.8)], Moment((thing(),))) == FrameCounts(1, 1, 0)


def test_the_highest_score_chooses_first_whatever_the_order() -> None:
    # Both would do for either thing.
    left, right = thing(), thing(box=shifted(0.6))
    better, worse = found(box=BOX, score=0.9), found(box=shifted(0.8), score=0.5)

    assert compare([worse, better], Moment((left, right))) == FrameCounts(2, 0, 0)
    assert compare([better, worse], Moment((right, left))) == FrameCounts(2, 0, 0)


def test_of_two_things_the_one_that_fits_best_is_taken() -> None:
    near, far = thing(box=shifted(0.9)), thing(box=shifted(0.55))
    first, second = found(box=BOX, score=0.9), found(box=shifted(0.55), score=0.8)

    assert compare([first, second], Moment((far, near))) == FrameCounts(2, 0, 0)


def test_what_is_hardly_visible_may_be_found_or_not() -> None:
    moment = Moment((thing(visible=0.2),))

    assert compare([], moment) == FrameCounts(0, 0, 0)
    assert compare([found()], moment) == FrameCounts(0, 0, 0)
    assert compare([found(), found(score=0.8)], moment) == FrameCounts(0, 0, 0)


def test_what_is_hardly_visible_excuses_no_other_label_and_no_other_place() -> None:
    moment = Moment((thing(visible=0.2),))

    assert compare([found("person"), found(box=AWAY)], moment) == FrameCounts(0, 2, 0)


def test_what_is_well_visible_goes_before_what_hardly_is() -> None:
    moment = Moment((thing(visible=0.2), thing(box=shifted(0.6))))

    assert compare([found()], moment) == FrameCounts(1, 0, 0)


def test_in_an_empty_frame_everything_is_wrong_and_nothing_missed() -> None:
    assert compare([found(), found("person")], Moment()) == FrameCounts(0, 2, 0)
    assert compare([], Moment()) == FrameCounts(0, 0, 0)


@pytest.mark.parametrize(
    ("box", "share"),
    [(BOX, 1.0), (AWAY, 0.0), ((0.2, 0.2, 0.4, 0.4), 0.25), ((0.6, 0.2, 0.9, 0.6), 0.0)],
)
def test_overlap_is_intersection_over_union(
    box: tuple[float, float, float, float], share: float
) -> None:
    assert overlap(BOX, box) == pytest.approx(share)
    assert overlap(box, BOX) == pytest.approx(share)


def test_a_box_without_an_area_overlaps_with_nothing() -> None:
    assert overlap((0.3, 0.3, 0.3, 0.5), BOX) == 0.0


def test_only_frames_that_were_looked_at_count() -> None:
    full, empty = Moment((thing(),)), Moment()
    scorer = ObjectScorer(Truth(10.0, 320, 240, (full, empty, full, full)))

    for played_s in (0.0, 0.1, 0.2):
        scorer.add(result(found()), played_s)

    score = scorer.score(0.4)
    assert (score.compared, score.hits, score.wrong, score.missed) == (3, 2, 1, 0)
    assert (score.precision, score.recall) == (pytest.approx(2 / 3), 1.0)
    assert score.keypoint_error is None


def test_the_next_round_is_compared_with_the_same_frames() -> None:
    one, other = Moment((thing("ball"),)), Moment((thing("bottle"),))
    scorer = ObjectScorer(Truth(10.0, 320, 240, (one, other)))

    for number, label in enumerate(("ball", "bottle") * 3):
        scorer.add(result(found(label)), number / 10)

    assert scorer.score(0.6).hits == 6


def test_what_is_of_no_frame_or_no_result_counts_for_nothing() -> None:
    scorer = ObjectScorer(Truth(10.0, 320, 240, (Moment((thing(),)),)))
    word = Event(v=1, ts=0, run=RUN, seq=1, type="keyword", label="ball", score=1.0)

    scorer.add(result(found(box=AWAY)), 0.05)
    scorer.add(word, 0.0)

    score = scorer.score(0.1)
    assert (score.compared, score.precision, score.recall) == (0, None, None)


def test_a_shift_of_one_frame_shows() -> None:
    boxes = [(n / 10, 0.2, n / 10 + 0.1, 0.4) for n in range(9)]
    scorer = ObjectScorer(Truth(10.0, 320, 240, tuple(Moment((thing(box=box),)) for box in boxes)))

    for number, (_, after) in enumerate(pairwise(boxes)):
        scorer.add(result(found(box=after)), number / 10)

    assert scorer.score(0.9).hits == 0
