import shutil
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from edgenode.catalogue import manifest
from edgenode.demo import scenario
from edgenode.demo.scenario import CAMERA, MICROPHONE, MODEL_SETS
from edgenode.errors import RecordingError

CORAL = MODEL_SETS["coral"]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.png"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "meeting.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    return path


@pytest.mark.parametrize("case", [*MODEL_SETS["starter"], *CORAL], ids=lambda case: case.model)
def test_every_model_is_in_the_catalogue_and_for_its_plugin(case: scenario.PluginCase) -> None:
    assert manifest.find(case.model).task == case.use


def test_both_model_sets_have_the_same_cases() -> None:
    starter = [(case.name, case.use, case.source) for case in MODEL_SETS["starter"]]

    assert starter == [(case.name, case.use, case.source) for case in CORAL]


def test_a_scene_has_a_file_for_each_sensor_and_its_truth(clip: Path) -> None:
    found = scenario.scene(CORAL, clip)

    assert found.files == {CAMERA: [clip / "scene.mp4"], MICROPHONE: [clip / "speech.wav"]}
    assert found.truth is not None
    assert found.truth.lasts_s == 3.0
    assert (found.cases, found.loop) == (CORAL, False)


@pytest.mark.parametrize("name", ["scene.mp4", "speech.wav", "truth.json"])
def test_a_scene_that_is_not_whole_is_refused_with_what_it_lacks(
    clip: Path, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(clip, tmp_path / "scene")
    (folder / name).unlink()

    with pytest.raises(RecordingError) as raised:
        scenario.scene(CORAL, folder)

    assert str(raised.value) == (
        f"scene {str(folder)!r}: there is no {str(folder / name)!r}; a scene is a folder with"
        " scene.mp4, speech.wav and truth.json"
    )


def test_a_scene_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="a scene is a folder with"):
        scenario.scene(CORAL, tmp_path / "none")


def test_the_scene_that_comes_with_edgenode_is_whole_small_and_of_one_length() -> None:
    found = scenario.scene(MODEL_SETS["starter"])

    assert found.truth is not None
    with av.open(str(found.files[CAMERA][0])) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (found.truth.width, found.truth.height)
        assert stream.frames == len(found.truth.frames)
        assert stream.duration * stream.time_base == found.truth.lasts_s
    with wave.open(str(found.files[MICROPHONE][0])) as sound:
        assert sound.getframerate() == 16_000
        assert sound.getnframes() / 16_000 == found.truth.lasts_s
    assert 20 <= found.truth.lasts_s <= 30
    assert sum(path.stat().st_size for path in scenario.SCENE.iterdir()) <= 3_000_000


def test_real_recordings_go_on_for_ever_and_nobody_knows_their_truth() -> None:
    found = scenario.real_recordings(CORAL)

    assert (found.loop, found.truth) == (True, None)
    assert found.pinned.keys() == {CAMERA, MICROPHONE}


def test_pictures_are_for_the_eyes_alone(picture: Path, tmp_path: Path) -> None:
    found = scenario.own_files(CORAL, [picture, tmp_path])

    assert found.files == {CAMERA: [picture, tmp_path]}
    assert [case.name for case in found.cases] == ["objects", "posture"]
    assert (found.loop, found.truth) == (False, None)


def test_sound_is_for_the_ears_alone(sound: Path) -> None:
    found = scenario.own_files(CORAL, [sound])

    assert found.files == {MICROPHONE: [sound]}
    assert [case.name for case in found.cases] == ["words"]


def test_a_video_and_sound_are_for_all(clip: Path, sound: Path) -> None:
    found = scenario.own_files(CORAL, [sound, clip / "scene.mp4"])

    assert found.files == {MICROPHONE: [sound], CAMERA: [clip / "scene.mp4"]}
    assert list(found.cases) == list(CORAL)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("absent.mp4", None, "there is no such file; check the path"),
        ("notes.txt", b"hello", "damaged, or no recording; give a video"),
        ("broken.wav", b"hello", "it is not a WAV file; convert it"),
        ("broken.mp4", b"hello", "; give a video that ffplay plays"),
        ("broken.png", b"hello", "; give a whole picture"),
    ],
)
def test_a_file_that_cannot_be_played_is_refused_at_once(
    tmp_path: Path, name: str, content: bytes | None, fault: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(RecordingError) as raised:
        scenario.own_files(CORAL, [path])

    assert str(raised.value).startswith(f"recording {str(path)!r}: ")
    assert fault in str(raised.value)
