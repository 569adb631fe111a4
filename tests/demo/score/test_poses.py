import pytest

from edgenode.demo.score.poses import PoseScorer
from edgenode.demo.truth import Moment, SeenKeypoint, SeenPerson, Truth
from edgenode.messages import Event, PoseMessage, ResultMessage

RUN = "0" * 12


def person(x: float = 0.5, y: float = 0.5, visible: float = 1.0, outside: int = 0) -> SeenPerson:
    inside = (SeenKeypoint(x, y, 1),) * (17 - outside)
    return SeenPerson((0.2, 0.2, 0.8, 0.8), visible, inside + (SeenKeypoint(9, 9, 0),) * outside)


def pose(x: float = 0.5, y: float = 0.5, score: float = 0.9) -> PoseMessage:
    return PoseMessage(score=score, keypoints=((x, y, 0.9),) * 17)


def scored(*people: SeenPerson, width: int = 320, height: int = 240) -> PoseScorer:
    """Return the scorer for a clip of one frame."""
    return PoseScorer(Truth(10.0, width, height, (Moment((), people),)))


def result(*poses: PoseMessage) -> ResultMessage:
    return ResultMessage(v=1, ts=0, run=RUN, seq=1, ms=1, model="m", counts={}, poses=poses)


def test_a_perfect_pose_is_off_by_nothing() -> None:
    scorer = scored(person())

    scorer.add(result(pose()), 0.0)

    score = scorer.score(0.1)
    assert (score.hits, score.wrong, score.missed, score.keypoint_error) == (1, 0, 0, 0.0)
    assert (score.precision, score.recall) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("width", "height", "x", "y", "error"),
    [
        (320, 240, 0.6, 0.5, 0.1),
        (320, 240, 0.5, 0.6, 0.075),
        (320, 240, 0.8, 0.9, (0.3**2 + 0.3**2) ** 0.5),
        (240, 320, 0.6, 0.5, 0.075),
        (240, 320, 0.5, 0.6, 0.1),
    ],
)
def test_the_error_is_a_part_of_the_longer_side(
    width: int, height: int, x: float, y: float, error: float
) -> None:
    scorer = scored(person(), width=width, height=height)

    scorer.add(result(pose(x, y)), 0.0)

    assert scorer.score(0.1).keypoint_error == pytest.approx(error)


def test_the_error_is_the_mean_over_all_keypoints_inside_the_frame() -> None:
    scorer = PoseScorer(
        Truth(10.0, 9, 9, (Moment((), (person(outside=7),)), Moment((), (person(),))))
    )

    scorer.add(result(pose(x=0.77)), 0.0)
    scorer.add(result(pose()), 0.1)

    assert scorer.score(0.2).keypoint_error == pytest.approx(0.27 * 10 / 27)


def test_the_person_with_the_largest_box_is_the_one_that_counts() -> None:
    scorer = scored(person(x=0.3), person(x=0.7))

    scorer.add(result(pose(x=0.7)), 0.0)

    assert scorer.score(0.1).keypoint_error == pytest.approx(0.4)


def test_of_several_poses_the_best_counts() -> None:
    scorer = scored(person())

    scorer.add(result(pose(x=0.1, score=0.4), pose(score=0.8)), 0.0)

    assert scorer.score(0.1).keypoint_error == 0.0


def test_a_person_without_a_pose_is_missed() -> None:
    scorer = scored(person())

    scorer.add(result(), 0.0)

    score = scorer.score(0.1)
    assert (score.missed, score.recall, score.precision, score.keypoint_error) == (
        1,
        0.0,
        None,
        None,
    )


def test_a_pose_where_nobody_is_is_wrong_and_without_error() -> None:
    scorer = scored()

    scorer.add(result(pose()), 0.0)

    score = scorer.score(0.1)
    assert (score.wrong, score.precision, score.keypoint_error) == (1, 0.0, None)


def test_where_nobody_is_and_nobody_found_all_is_right() -> None:
    scorer = scored()

    scorer.add(result(), 0.0)

    score = scorer.score(0.1)
    assert (score.compared, score.hits, score.wrong, score.missed) == (1, 0, 0, 0)


@pytest.mark.parametrize("poses", [(), (pose(),)])
def test_who_is_hardly_visible_counts_neither_way(poses: tuple[PoseMessage, ...]) -> None:
    scorer = scored(person(visible=0.2))

    scorer.add(result(*poses), 0.0)

    score = scorer.score(0.1)
    assert (score.compared, score.keypoint_error) == (0, None)


def test_what_is_of_no_frame_or_no_result_counts_for_nothing() -> None:
    scorer = scored(person())
    event = Event(v=1, ts=0, run=RUN, seq=1, type="enter", label="person", score=1.0)

    scorer.add(result(pose()), 0.05)
    scorer.add(event, 0.0)

    assert scorer.score(0.1).compared == 0
