"""The recipe of starter-keyword: what is made for it, and a short run from end to end."""

import shutil
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue import manifest
from edgenode.demo.truth import HeardWord, Moment, Truth
from recipes.keyword import card, real
from recipes.keyword.ear import Ear, Heard
from recipes.keyword.examples import ALIKE, ROUND, Setting, examples
from recipes.keyword.people import recordings
from recipes.keyword.script import LABELS, SILENCE, Part, words
from recipes.keyword.sequences import Sequences, score, total
from recipes.keyword.windows import WINDOW, Stage
from recipes.speech import sound
from recipes.speech.cast import Cast
from recipes.speech.delivery import Places
from recipes.speech.noise import Noises

RATE = 16_000
MODELS = Path(__file__).parents[2] / "models"

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
needs_engines = pytest.mark.skipif(
    not all(map(shutil.which, ("espeak-ng", "flite", "text2wave"))),
    reason="needs espeak-ng, flite and festival",
)


def tones() -> tuple[tuple[sound.Sound, ...], ...]:
    """Return one word by label, each a tone of its own; no silence."""
    times = np.arange(RATE // 2) / RATE
    said = [(np.sin(6.28 * 200 * (n + 1) * times).astype(np.float32),) for n in range(len(LABELS))]
    said[SILENCE] = ()
    return tuple(said)


@cache
def stage() -> Stage:
    return Stage(tones(), Noises(tones()[0], 0), Places(0, count=4), acted=0.5)


@pytest.mark.parametrize("label", range(len(LABELS)))
def test_a_window_is_a_second_within_full_scale_and_always_the_same(label: int) -> None:
    made = [stage().window(label, np.random.default_rng(seed)) for seed in (1, 1, 2)]

    assert [window.shape for window in made] == [(WINDOW,)] * 3
    assert max(np.abs(window).max() for window in made) <= 1.0
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


@needs_espeak
def test_examples_are_the_same_whoever_makes_them(tmp_path: Path) -> None:
    part = Part(Cast(("en-us", "en-gb")), keyword=1, like=1, other=1, every=100)
    words((part,), 5, tmp_path)
    setting = Setting((part,), 5, tmp_path, 0.5, ALIKE)

    alone, together = (examples(setting, 2 * ROUND, jobs, lambda *_: None) for jobs in (1, 2))

    assert alone.features.shape == (2 * ROUND, 49, 10, 1)
    assert np.array_equal(alone.features, together.features)
    assert set(together.labels) == set(range(len(LABELS)))


def test_a_report_counts_for_one_word_said_just_before() -> None:
    spoken = (HeardWord("go", 1.0, 1.5), HeardWord("no", 3.0, 3.4), HeardWord("go", 6.0, 6.5))
    truth = Truth(0.1, 1, 1, (Moment(),), spoken)
    heard = [Heard("go", 1.6), Heard("go", 2.4), Heard("no", 4.5), Heard("up", 6.6)]

    found = score(truth, heard)

    assert (found.hits, found.wrong, found.missed) == (1, 3, 2)
    both = total([found, found])
    assert (both.compared, both.precision, both.recall) == (6, 1 / 4, 1 / 3)


def test_a_sequence_has_its_keywords_where_its_truth_says() -> None:
    mixed, truth = Sequences(tones()).sequence(10, seed=4)

    levels = [
        mixed[int(word.start_s * RATE) : int(word.end_s * RATE)].std() for word in truth.words
    ]

    assert 4 <= len(truth.words) <= 10
    assert all(later.start_s >= word.end_s + 0.5 for word, later in pairwise(truth.words))
    assert min(levels) > 2 * mixed[: int(0.4 * RATE)].std()
    assert truth.lasts_s == pytest.approx(len(mixed) / RATE)
    assert truth.lasts_s >= truth.words[-1].end_s + 1.5


def test_recordings_are_labelled_by_their_names(tmp_path: Path) -> None:
    for name, seconds in (
        ("keywords_yes__1", 1),
        ("unknown_cat__2", 1),
        ("noise_fan", 3),
        ("x", 1),
    ):
        sound.write(tmp_path / f"{name}.wav", np.ones(seconds * RATE, np.float32) / 2)

    found = recordings(tmp_path)

    assert [recording.label for recording in found] == ["yes", *["silence"] * 3, "unknown"]
    with pytest.raises(FileNotFoundError, match="no labelled recordings in"):
        recordings(tmp_path / "nowhere")


SHIPPED = MODELS / "starter-keyword"


def test_recordings_are_scored_as_a_node_hears_them(tmp_path: Path) -> None:
    hiss = np.random.default_rng(1).normal(0.0, 0.05, 2 * RATE).astype(np.float32)
    for name in ("noise_fan", "keywords_yes__1", "sequences_x__yes_no", "speech_a"):
        sound.write(tmp_path / f"{name}.wav", hiss)
    ear = Ear((SHIPPED / "starter-keyword.tflite").read_bytes(), SHIPPED)

    found = real.heard(ear, tmp_path)

    assert found["clips"] == {
        "yes": {"count": 1, "right": 0},
        "noise": {"count": 2, "right": 2},
        "all words": {"count": 1, "right": 0},
    }
    assert found["reported"] == {'"yes no"': "", "2 s of people talking of other things": ""}
    assert card.real({"a": found, "b": found}).splitlines() == [
        "| a second of | clips | a | b |",
        "| --- | --: | --: | --: |",
        "| yes | 1 | 0 (0.0 %) | 0 (0.0 %) |",
        "| noise | 2 | 2 (100.0 %) | 2 (100.0 %) |",
        "| all words | 1 | 0 (0.0 %) | 0 (0.0 %) |",
        "",
        "| said | a reports | b reports |",
        "| --- | --: | --: |",
        '| "yes no" | nothing | nothing |',
        "| 2 s of people talking of other things | nothing | nothing |",
    ]


def test_digital_silence_is_silence() -> None:
    ear = Ear((SHIPPED / "starter-keyword.tflite").read_bytes(), SHIPPED)

    assert ear.best(np.zeros(RATE, np.int16)) == "silence"


@needs_engines
def test_a_short_run_makes_a_model_that_a_node_can_run(tmp_path: Path) -> None:
    out = tmp_path / "starter-keyword"
    command = [sys.executable, "-m", "recipes.keyword", "--short", "--jobs", "1", "--out", str(out)]

    done = subprocess.run(command, cwd=MODELS, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    model = (out / "starter-keyword.tflite").read_bytes()
    pin = manifest.read(out).files.cpu
    assert pin is not None
    with (out / "starter-keyword.tflite").open("rb") as file:
        assert pin.fault(file) is None
    inputs = Interpreter(model, "short").inputs
    assert [(spec.shape, spec.dtype) for spec in inputs] == [((1, 49, 10, 1), "int8")]
    assert isinstance(Ear(model, out).hears(np.zeros(2 * RATE, np.int16)), list)
    assert "learning: steps" in done.stdout


def test_a_short_run_is_never_shipped() -> None:
    command = [sys.executable, "-m", "recipes.keyword", "--short"]

    done = subprocess.run(command, cwd=MODELS, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "say with --out where it goes" in done.stderr
