"""Words that nobody spoke: engines, rooms, noise, and what is kept of them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from recipes.speech import cast, delivery, say, sound
from recipes.speech.engines import Line, perform
from recipes.speech.library import spoken
from recipes.speech.noise import Noises
from recipes.speech.rooms import room
from recipes.speech.words import KEYWORDS, LIKE, OTHER

RATE = 16_000
TONE = np.sin(np.arange(RATE // 2) * 2 * np.pi * 440 / RATE).astype(np.float32)


def dice(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")


@pytest.mark.parametrize(
    "voice",
    [
        pytest.param("en-us", marks=needs("espeak-ng")),
        pytest.param("en-gb+f3", marks=needs("espeak-ng")),
        pytest.param("flite/slt", marks=needs("flite")),
        pytest.param("festival/ked", marks=needs("text2wave")),
    ],
)
def test_a_word_is_said_faster_by_any_engine(voice: str) -> None:
    slowly, fast = (say("stop", voice, speed) for speed in (0.8, 1.4))

    assert slowly.dtype == np.float32
    assert RATE / 5 < len(fast) < len(slowly) < 2 * RATE
    assert 0.1 < np.abs(slowly).max() <= 1.0


@pytest.mark.parametrize(
    ("voice", "fault"),
    [
        pytest.param("xx-yy", "voice does not exist", marks=needs("espeak-ng")),
        pytest.param("festival/nobody", "voice_nobody_diphone", marks=needs("text2wave")),
    ],
)
def test_a_voice_that_is_not_there_is_named(voice: str, fault: str) -> None:
    with pytest.raises(RuntimeError, match=fault):
        say("stop", voice)


def test_an_engine_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no speech engine 'parrot'; there are espeak-ng, flite"):
        say("stop", "parrot/polly")


@needs("espeak-ng")
def test_lines_are_spoken_once_and_kept(tmp_path: Path) -> None:
    lines = [Line("yes"), Line("no", "en-gb")]
    told: list[tuple[int, int]] = []

    first = spoken(lines, tmp_path, 1, lambda done, of: told.append((done, of)))
    again = spoken(lines, tmp_path, 1, lambda done, of: told.append((done, of)))

    assert told == [(1, 2), (2, 2)]
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert np.allclose(first[1], perform(lines[1]), atol=1 / 32_768)


def test_a_recording_survives_being_written_and_read(tmp_path: Path) -> None:
    sound.write(tmp_path / "tone.wav", TONE)

    assert np.allclose(sound.read(tmp_path / "tone.wav"), TONE, atol=1 / 32_768)


def test_silence_around_a_word_is_cut_off() -> None:
    padded = np.concatenate((np.zeros(4_000, np.float32), TONE, np.zeros(4_000, np.float32)))

    assert abs(len(sound.trimmed(padded)) - len(TONE)) < RATE / 40


def test_a_voice_of_the_test_is_in_no_training() -> None:
    assert not set(cast.HELD.voices) & set(cast.TRAINING.voices)
    assert not set(cast.HELD_OUT_PEOPLE.voices) & set(cast.TRAINING_PEOPLE.voices)
    assert not any(voice.startswith(cast.HELD_ACCENT) for voice in cast.TRAINING.voices)


def test_no_keyword_is_among_the_other_words() -> None:
    assert not set(KEYWORDS) & {*LIKE, *OTHER}
    assert not set(LIKE) & set(OTHER)
    assert not {"know", "write", "rite"} & {*LIKE, *OTHER}


def test_a_room_begins_with_the_direct_sound_and_fades() -> None:
    response = room(dice())

    assert response[0] == 1.0
    assert np.abs(response[:100]).sum() > np.abs(response[-100:]).sum()


@pytest.mark.parametrize("change", [delivery.wavering, delivery.uneven, delivery.articulated])
def test_a_word_said_otherwise_is_another_sound_of_about_its_length(
    change: "delivery.Change",
) -> None:
    once, again, other = change(TONE, dice(1)), change(TONE, dice(1)), change(TONE, dice(2))

    assert np.array_equal(once, again)
    assert len(once) != len(other) or not np.allclose(once, other, atol=0.01)
    assert 0.6 < len(once) / len(TONE) < 1.6


def test_a_place_adds_its_echo_after_the_word() -> None:
    places = delivery.Places(seed=0, count=8)

    heard = [places.heard(TONE, dice(seed)) for seed in range(8)]

    assert {len(sound) for sound in heard} == {len(TONE) + RATE // 2}
    assert any(np.abs(sound[len(TONE) + 800 :]).max() > 0.001 for sound in heard)


def test_noise_is_as_loud_as_promised_and_always_the_same() -> None:
    first, second = (Noises([TONE], seed=3) for _ in range(2))

    pieces = [first.draw(RATE, dice(seed)) for seed in range(20)]

    assert all(abs(piece.std() - 1.0) < 0.01 for piece in pieces)
    assert np.array_equal(pieces[0], second.draw(RATE, dice(0)))
