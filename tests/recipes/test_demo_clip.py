"""The demo's clip: video, speech and truth belong together, and are what the play says."""

import wave
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from edgenode import plugin
from edgenode.demo.truth import Truth, read
from edgenode.sense.sources import _video
from recipes.demo import crowd, score, walkthrough
from recipes.demo.clip import SPEECH, TRUTH, VIDEO, Clip
from recipes.demo.filming import Film
from recipes.demo.play import FPS
from recipes.demo.tracks import Track
from recipes.speech.words import KEYWORDS

SCENE = Path(__file__).parents[2] / "edgenode" / "demo" / "scene"
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def shipped() -> Truth:
    return read(SCENE / "truth.json")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    beginning(3.0).render(folder, seed=0)
    return folder


def beginning(lasts_s: float) -> Clip:
    """Return the first seconds of the clip, with two words."""
    whole = walkthrough.clip()
    script = replace(whole.script, words=("yes", "hello"))
    return Clip(replace(whole.play, lasts_s=lasts_s), script)


def speech_s(folder: Path) -> float:
    with wave.open(str(folder / "speech.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return file.getnframes() / file.getframerate()


def test_the_shipped_clip_is_small_and_as_long_to_the_ear_as_to_the_eye(shipped: Truth) -> None:
    frames = list(_video.read(SCENE / "scene.mp4", plugin.Demand()))

    assert sum(file.stat().st_size for file in SCENE.iterdir()) < MOST_BYTES
    assert len(frames) == len(shipped.frames) == shipped.lasts_s * FPS
    assert frames[0].data.shape == (shipped.height, shipped.width, 3)
    assert speech_s(SCENE) == pytest.approx(shipped.lasts_s)


def test_the_shipped_clip_says_ten_to_fourteen_of_the_ten_words_one_after_another(
    shipped: Truth,
) -> None:
    words = shipped.words

    assert 10 <= len(words) <= 14
    assert {word.label for word in words} == set(KEYWORDS)
    assert all(one.end_s < other.start_s for one, other in pairwise(words))
    assert words[-1].end_s < shipped.lasts_s


def test_the_shipped_clip_begins_and_ends_without_anybody_and_has_two_people_for_a_while(
    shipped: Truth,
) -> None:
    crowds = [len(moment.people) for moment in shipped.frames]

    assert not any(crowds[:15])
    assert not any(crowds[-8:])
    assert 10 < crowds.count(2) < 50
    assert crowds.count(1) > 150


def test_the_shipped_truth_is_what_the_play_shows(shipped: Truth) -> None:
    film = Film(walkthrough.clip().play, seed=0)

    moments = [moment for _, moment in islice(film.frames(), 30)]

    assert moments == list(shipped.frames[:30])


def test_the_same_seed_renders_the_same_files(rendered: Path, tmp_path: Path) -> None:
    beginning(3.0).render(tmp_path, seed=0)

    for name in (VIDEO, SPEECH, TRUTH):
        assert (tmp_path / name).read_bytes() == (rendered / name).read_bytes()


def test_a_rendered_clip_is_read_by_the_node_and_looks_like_what_was_drawn(rendered: Path) -> None:
    frames = list(_video.read(rendered / "scene.mp4", plugin.Demand()))

    drawn = [pixels for pixels, _ in islice(Film(walkthrough.clip().play, seed=0).frames(), 30)]
    error = np.abs(np.stack([f.data for f in frames]).astype(float) - np.stack(drawn)).mean()

    assert len(frames) == len(read(rendered / "truth.json").frames) == 30
    assert speech_s(rendered) == pytest.approx(3.0)
    assert error < 6


def test_a_word_is_where_the_truth_says_it_is(rendered: Path) -> None:
    truth = read(rendered / "truth.json")
    with wave.open(str(rendered / "speech.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)

    (word,) = truth.words
    inside = sound[round(word.start_s * 16_000) : round(word.end_s * 16_000)]
    before = sound[: round(word.start_s * 16_000)]

    assert word.label == "yes"
    assert inside.std() > 10 * before.std()


def test_the_harder_clip_has_more_people_at_once_than_the_demos() -> None:
    film = Film(replace(crowd.clip().play, lasts_s=26.0), seed=0)

    crowds = [
        sum(actor.there(second) for actor in crowd.clip().play.actors) for second in range(26)
    ]

    assert len(film) == 260
    assert max(crowds) >= 3


def test_the_beginning_of_a_clip_is_a_clip() -> None:
    short = walkthrough.clip().shortened()

    assert short.play.lasts_s < walkthrough.clip().play.lasts_s
    assert 0 < len(short.script.words) < len(walkthrough.clip().script.words)


def test_a_track_rests_before_and_after_and_glides_between() -> None:
    track = Track(((1.0, 0.0), (3.0, 4.0)))

    assert [track.at(time) for time in (0.0, 1.0, 2.0, 3.0, 9.0)] == pytest.approx([0, 0, 2, 4, 4])
    assert track.speed(0.0) == track.speed(5.0) == 0
    assert track.speed(2.0) == pytest.approx(2.67, abs=0.01)


def test_what_does_not_apply_to_a_model_is_not_in_its_table_of_scores() -> None:
    ears = {"precision": 1.0, "recall": 0.5, "keypoint_error": None}

    assert score.block({"the demo's": ears, "the harder one": ears | {"precision": None}}) == (
        "| scene | precision | recall |\n"
        "| --- | --: | --: |\n"
        "| the demo's | 1.000 | 0.500 |\n"
        "| the harder one | - | 0.500 |"
    )
