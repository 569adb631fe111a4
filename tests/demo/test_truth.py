import json
from pathlib import Path
from typing import Any

import pytest

from edgenode.demo import truth
from edgenode.demo.truth import HeardWord, Moment, SeenKeypoint, SeenObject, SeenPerson, Truth
from edgenode.errors import RecordingError

BOX = [0.3, 0.2, 0.5, 0.9]


def written(folder: Path, **changed: object) -> Path:
    keypoints = [[0.4, 0.3, 1]] * 16 + [[0.4, 1.2, 0]]
    person = {"box": BOX, "visible": 0.8, "keypoints": keypoints}
    moment = {"objects": [["person", *BOX, 0.8]], "people": [person]}
    word = {"label": "yes", "start_s": 0.1, "end_s": 0.2}
    whole = {"fps": 10, "width": 320, "height": 240, "frames": [moment, {}], "words": [word]}
    path = folder / "truth.json"
    path.write_text(json.dumps(whole | changed))
    return path


def still(*frames: str) -> Truth:
    """Return a truth whose frames each hold one thing, or nothing where its name is empty."""
    seen = [Moment((SeenObject(name, *BOX, 1.0),)) if name else Moment() for name in frames]
    return Truth(fps=10.0, width=320, height=240, frames=tuple(seen))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = truth.read(written(tmp_path))

    assert (found.fps, found.width, found.height, found.lasts_s) == (10.0, 320, 240, 0.2)
    assert found.frames[0].objects == (SeenObject("person", 0.3, 0.2, 0.5, 0.9, 0.8),)
    assert found.frames[0].objects[0].box == tuple(BOX)
    (person,) = found.frames[0].people
    assert person.keypoints[16] == SeenKeypoint(0.4, 1.2, 0)
    assert found.frames[1] == Moment()
    assert found.words == (HeardWord("yes", 0.1, 0.2),)


@pytest.mark.parametrize(("visible", "required"), [(0.34, False), (0.35, True), (1.0, True)])
def test_what_is_hardly_visible_need_not_be_found(visible: float, required: bool) -> None:  # noqa: FBT001 a case
    thing = SeenObject("ball", *BOX, visible)
    person = SeenPerson(tuple(BOX), visible, (SeenKeypoint(0.5, 0.5, 1),) * 17)

    assert (thing.required, person.required) == (required, required)


@pytest.mark.parametrize(
    ("played_s", "shows"),
    [
        (0.0, "a"),
        (0.1, "b"),
        (0.2, "c"),
        (0.3, "a"),
        (30.1, "b"),
        (0.0996, "b"),
        (0.1004, "b"),
    ],
)
def test_a_time_is_of_the_frame_that_begins_then_round_after_round(
    played_s: float, shows: str
) -> None:
    moment = still("a", "b", "c").at(played_s)

    assert moment is not None
    assert moment.objects[0].label == shows


@pytest.mark.parametrize("played_s", [0.05, 0.07, 0.13, 30.15])
def test_a_time_between_two_frames_is_of_none(played_s: float) -> None:
    assert still("a", "b", "c").at(played_s) is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"fps": 0}, r"Expected `float` > 0.0 - at `\$.fps`; write it as docs"),
        ({"frames": []}, "length >= 1"),
        ({"wrods": []}, "unknown field `wrods`"),
        ({"frames": [{"objects": [["ball", 0.1]]}]}, "length 6"),
        ({"frames": [{"people": [{"box": BOX, "visible": 1, "keypoints": []}]}]}, "length >= 17"),
    ],
)
def test_another_form_is_refused_with_the_place_and_the_cure(
    tmp_path: Path, changed: dict[str, Any], fault: str
) -> None:
    path = written(tmp_path, **changed)

    with pytest.raises(RecordingError, match=fault) as raised:
        truth.read(path)

    assert f"truth {str(path)!r}: " in str(raised.value)


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"truth\.json': No such file or directory; check"):
        truth.read(tmp_path / "truth.json")
