"""The renderer: scenes are what their truth says, and the same for the same seed."""

from collections.abc import Callable

import numpy as np
import pytest

from recipes.scenes import LABELS, MIRRORED, Scene, detection_scene, pose_scene, render, scenes
from recipes.scenes.body import draw_person
from recipes.scenes.camera import Fit
from recipes.scenes.canvas import Canvas
from recipes.scenes.figure import Figure, Stance
from recipes.scenes.ledger import Ledger
from recipes.scenes.outfit import outfit
from recipes.scenes.poses import walking
from recipes.scenes.sheet import sheet
from recipes.scenes.skeleton import Build, Limb, Pose, blended, posed
from recipes.scenes.things import DRAW, Place
from recipes.scenes.view import Ground, View

Make = Callable[[np.random.Generator, int], Scene]
MAKERS = pytest.mark.parametrize("make", [detection_scene, pose_scene])
LEVEL = View(pitch=0.0, nearness=0.0)
LEFT, RIGHT = [5, 7, 9, 11, 13, 15], [6, 8, 10, 12, 14, 16]


def blank(width: int = 200, height: int = 200) -> Canvas:
    return Canvas(np.zeros((2, 2, 3), np.uint8), (width, height))


def standing(
    facing: float = 0.0, view: View = LEVEL, foot: tuple[float, float] = (100, 190)
) -> Figure:
    return Stance.of(Pose(facing=facing), Build(), view).placed(170.0, np.array(foot))


@MAKERS
def test_the_same_seed_gives_the_same_pixels_and_truth(make: Make) -> None:
    first, again, other = (make(np.random.default_rng(seed), 96) for seed in (3, 3, 4))

    assert np.array_equal(first.picture, again.picture)
    assert first.objects == again.objects
    assert not np.array_equal(first.picture, other.picture)


@MAKERS
def test_scenes_are_the_same_however_many_processes_make_them(make: Make) -> None:
    pictures, truths = render(make, 48, range(40, 46), jobs=2)

    alone = list(scenes(make, 48, range(40, 46)))

    assert np.array_equal(pictures, np.stack([scene.picture for scene in alone]))
    assert [truth.objects for truth in truths] == [scene.objects for scene in alone]


@MAKERS
def test_boxes_are_inside_the_picture_and_labels_known(make: Make) -> None:
    seen = [one for scene in scenes(make, 64, range(60)) for one in scene.objects]

    corners = np.array([one.box for one in seen])

    assert {one.label for one in seen} == set(LABELS)
    assert (corners >= 0).all()
    assert (corners <= 1).all()
    assert (corners[:, :2] < corners[:, 2:]).all()
    assert all(0 <= one.visible <= 1 for one in seen)


@MAKERS
def test_keypoints_in_the_frame_lie_in_their_persons_box(make: Make) -> None:
    for scene in scenes(make, 64, range(60)):
        for person in scene.people:
            left, top, right, bottom = person.box
            margin = 0.03 + 0.05 * max(right - left, bottom - top)
            y, x, _ = person.keypoints[person.keypoints[:, 2] == 1].T

            assert ((left - margin <= x) & (x <= right + margin)).all()
            assert ((top - margin <= y) & (y <= bottom + margin)).all()


def test_people_are_seen_from_every_side_and_the_largest_comes_first() -> None:
    seen = [scene.people for scene in scenes(pose_scene, 32, range(160))]

    facings = {people[0].facing for people in seen if people}
    areas = [[(p.box[2] - p.box[0]) * (p.box[3] - p.box[1]) for p in people] for people in seen]

    assert facings == {"front", "side", "back"}
    assert all(area == sorted(area, reverse=True) for area in areas)
    assert any(len(people) > 1 for people in seen)
    assert any(not people for people in seen)
    assert {person.whole for people in seen for person in people} == {True, False}


@pytest.mark.parametrize("label", DRAW)
def test_a_thing_is_drawn_inside_the_extent_it_tells(label: str) -> None:
    canvas = blank()
    canvas.begin(1)

    extent = DRAW[label](np.random.default_rng(1), canvas, Place(100.0, 100.0, 80.0, 0.3))

    rows, columns = np.nonzero(canvas.tags)
    assert extent[0] - 2 <= columns.min() <= columns.max() <= extent[2] + 2
    assert extent[1] - 2 <= rows.min() <= rows.max() <= extent[3] + 2
    assert max(extent[2:] - extent[:2]) >= 75


def test_what_another_object_hides_is_not_visible() -> None:
    canvas = blank()
    ledger = Ledger(canvas)
    square = np.array(((50, 50), (150, 50), (150, 150), (50, 150)))
    extent = np.array((50, 50, 150, 150))

    ledger.next_number()
    canvas.polygon(square, np.array((9.0, 9.0, 9.0)))
    ledger.enter("box", extent)
    ledger.next_number()
    canvas.polygon(square - (0, 50), np.array((99.0, 9.0, 9.0)))
    ledger.enter("ball", extent - (0, 50, 0, 50))
    hidden, front = ledger.seen()[0]

    assert hidden.box == pytest.approx((0.25, 0.25, 0.755, 0.755), abs=0.01)
    assert hidden.visible == pytest.approx(0.5, abs=0.02)
    assert front.visible == pytest.approx(1.0)


def test_what_the_frames_edge_cuts_off_is_not_visible() -> None:
    canvas = blank()
    ledger = Ledger(canvas)

    ledger.next_number()
    ledger.enter("ball", DRAW["ball"](np.random.default_rng(0), canvas, Place(0.0, 100.0, 60.0)))

    assert ledger.seen()[0][0].visible == pytest.approx(0.5, abs=0.03)


def test_a_body_covers_its_joints() -> None:
    for facing in (0.0, 1.6, 3.1, 4.7):
        canvas, figure = blank(), standing(facing)

        draw_person(canvas, figure, outfit(np.random.default_rng(2)), 1)

        covered = canvas.tags[tuple(figure.points[5:17, ::-1].astype(int).T)]
        assert (covered > 0).all()


def test_a_mirrored_pose_is_the_skeleton_mirrored() -> None:
    arm, leg = Limb(0.5, 0.9, 0.3, 1.1), Limb(0.8, 0.2, 0.1, 0.6)
    pose = Pose(0.4, 0.2, 0.1, 0.3, 0.2, 0.1, (arm, Limb()), (leg, Limb()))
    mirror = Pose(-0.4, 0.2, -0.1, -0.3, -0.2, 0.1, (Limb(), arm), (Limb(), leg))

    joints, mirrored = (posed(each, Build()).joints[:17] for each in (pose, mirror))

    assert mirrored[list(MIRRORED)] * (-1, 1, 1) == pytest.approx(joints)


def test_left_is_on_the_right_of_who_faces_the_camera_and_feet_are_on_the_ground() -> None:
    front, back = standing(0.0), standing(np.pi)

    assert (front.points[LEFT, 0] > front.points[RIGHT, 0]).all()
    assert (back.points[LEFT, 0] < back.points[RIGHT, 0]).all()
    assert front.points[15:17, 1].max() == pytest.approx(190 - 0.04 * 170)
    assert front.points[0, 1] < front.points[5, 1] < front.points[11, 1] < front.points[15, 1]


def test_a_limb_keeps_its_length_in_any_pose() -> None:
    build = Build()
    first, last = Pose(), Pose(arms=(Limb(1, 1, 1, 1),) * 2, legs=(Limb(1, 0.3, 0, 1.5),) * 2)

    for part in (0.0, 0.3, 1.0):
        joints = posed(blended(first, last, part), build).joints

        assert np.linalg.norm(joints[7] - joints[5]) == pytest.approx(build.arm)
        assert np.linalg.norm(joints[16] - joints[14]) == pytest.approx(build.shank)


def test_a_walk_begins_again_after_two_steps_and_its_sides_take_turns() -> None:
    (left, right), legs = walking(0.2)
    (later_left, later_right), later_legs = walking(0.7)

    assert (left.swing, right.swing) == pytest.approx((later_right.swing, later_left.swing))
    assert legs[0].bend == pytest.approx(later_legs[1].bend)
    assert walking(1.2)[1][0].swing == pytest.approx(legs[0].swing)


def test_who_stands_lower_in_the_picture_is_larger() -> None:
    ground = Ground(horizon=0.3, camera_m=1.5)

    assert ground.size_at(0.9) > ground.size_at(0.6) > 0
    assert ground.row_of(ground.size_at(0.8)) == pytest.approx(0.8)
    assert ground.view_of(0.8).pitch > ground.view_of(0.4).pitch > 0


def test_a_letterboxed_frame_has_black_bars_and_its_truth_inside_them() -> None:
    fit = Fit(aspect=2.0, letterbox=True, size=64)

    padded = fit.padded(np.full((32, 64, 3), 200, np.uint8))

    assert fit.corners() == (0.0, 0.25, 1.0, 0.5)
    assert not padded[:16].any()
    assert not padded[48:].any()
    assert (padded[16:48] == 200).all()


def test_a_squeezed_frame_fills_the_square() -> None:
    fit = Fit(aspect=4 / 3, letterbox=False, size=60)

    assert fit.inner == (60, 60)
    assert fit.canvas[0] / fit.canvas[1] == pytest.approx(4 / 3, abs=0.02)


def test_a_canvas_numbers_no_more_objects_than_it_can_tell_apart() -> None:
    ledger = Ledger(blank())
    for _ in range(31):
        ledger.next_number()

    with pytest.raises(ValueError, match="more than 31 objects: draw fewer"):
        ledger.next_number()


def test_a_sheet_shows_scenes_in_rows() -> None:
    drawn = sheet(scenes(detection_scene, 32, range(5)), columns=3, enlarged=1)

    assert drawn.shape == (64, 96, 3)
    assert not drawn[32:, 64:].any()
