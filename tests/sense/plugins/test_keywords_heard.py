"""Real models on real speech, through the node's own pipeline."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.accelerator.interpreter import Interpreter
from edgenode.catalogue import manifest
from edgenode.sense.inference import InThread
from edgenode.sense.plugins.keyword_spotting import KeywordSpotting
from edgenode.testing import outcomes
from tests.sense.plugins.real_models import model_of, read

pytestmark = pytest.mark.shared

FILES = {
    "kws-ref": "kws_ref_model.tflite",
    "okay-nabu": "mww_v2_okay_nabu.tflite",
    "alexa": "mww_v2_alexa.tflite",
    "hey-jarvis": "mww_v2_hey_jarvis.tflite",
    "vad": "mww_v2_vad.tflite",
}
BLOCK = 320
"""Samples a microphone hands over at once."""


class Recogniser:
    """A keyword model with its plugin and filters, as the node would run them."""

    def __init__(self, folder: Path, name: str, **options: object) -> None:
        card = manifest.find(name)
        self._interpreter = Interpreter((folder / FILES[name]).read_bytes(), name)
        self._model = model_of(card, self._interpreter)
        assert (card.input.shape, card.input.dtype) == (self._model.input.shape, "int8")
        self._options = msgspec.convert({"source": "mic"} | options, KeywordSpotting.Options)

    def hears(self, samples: NDArray[np.int16]) -> list[str]:
        """Return the keywords reported while a recording is played."""
        spotter = KeywordSpotting(self._options, self._model)
        self._interpreter.reset()
        blocks = [block(samples, at) for at in range(0, len(samples), BLOCK)]
        found = outcomes(spotter, blocks, InThread(self._interpreter))
        return [label(finding) for each in found for finding in each.result.findings]

    def scores(self, samples: NDArray[np.int16]) -> plugin.Keyword:
        """Return the best of all labels for a recording, smoothing aside."""
        spotter = KeywordSpotting(self._options, self._model)
        self._interpreter.reset()
        found: list[plugin.Keyword] = []
        for part in spotter.clip(samples):
            tensor = spotter.prepare(part)
            if tensor is not None:
                found += spotter.decode(self._interpreter.infer(tensor), part)
        return max(found, key=lambda keyword: keyword.score)


Recognisers: TypeAlias = Callable[..., Recogniser]


def block(samples: NDArray[np.int16], at: int) -> plugin.Audio:
    part = samples[at : at + BLOCK]
    return plugin.Audio(samples=part, position=at, captured_at=1.7e9 + (at + len(part)) / 16_000)


def label(finding: plugin.Finding) -> str:
    assert isinstance(finding, plugin.Keyword)
    return finding.label


def matched(said: list[str], heard: list[str]) -> int:
    """Return how many words of *said* were heard in order: the longest common subsequence."""
    row = [0] * (len(heard) + 1)
    for word in said:
        above = row[:]
        for at, other in enumerate(heard, 1):
            row[at] = above[at - 1] + 1 if word == other else max(above[at], row[at - 1])
    return row[-1]


@pytest.fixture
def recogniser(shared: Path) -> Recognisers:
    def make(name: str, **options: object) -> Recogniser:
        return Recogniser(shared / "models", name, **options)

    return make


@pytest.fixture
def speech(shared: Path) -> Path:
    return shared / "media" / "speech"


def labelled(speech: Path) -> list[tuple[str, str]]:
    """Return the 42 keyword clips and the 12 of other words, each with the label it should get."""
    rows = csv.DictReader((speech / "MANIFEST.csv").read_text("utf-8").splitlines())
    return [
        (row["file"], "unknown" if row["file"].startswith("unknown_") else row["label"])
        for row in rows
        if row["file"].startswith(("keywords_", "unknown_"))
    ]


def test_clips_are_labelled_as_well_as_by_a_plain_reference(
    recogniser: Recognisers, speech: Path
) -> None:
    tested, clips = recogniser("kws-ref"), labelled(speech)

    right = [file for file, word in clips if tested.scores(read(speech / file)).label == word]

    assert len(clips) == 54
    # A plain reference front-end gets 48; the test set as a whole 91.8 %.
    assert len(right) >= 48


def test_words_in_a_row_are_heard_in_their_order(recogniser: Recognisers, speech: Path) -> None:
    tested, missed, wrong = recogniser("kws-ref"), 0, 0

    for name in ("yes-no-go-stop__yes_no_go_stop", "right-left-up__right_left_up"):
        said = name.partition("__")[2].split("_")
        heard = tested.hears(read(speech / f"sequences_{name}.wav"))
        missed += len(said) - matched(said, heard)
        wrong += len(heard) - matched(said, heard)

    assert missed <= 1
    assert wrong <= 1


@pytest.mark.parametrize("refractory_ms", [500, 600, 700, 900])
def test_a_word_is_heard_once_whatever_the_refractory_period(
    recogniser: Recognisers, speech: Path, refractory_ms: int
) -> None:
    tested = recogniser("kws-ref", refractory_ms=refractory_ms)

    heard = tested.hears(read(speech / "sequences_right-left-up__right_left_up.wav"))

    assert heard == ["right", "left", "up"]


def test_few_words_are_heard_in_other_speech_and_none_in_noise(
    recogniser: Recognisers, speech: Path
) -> None:
    tested = recogniser("kws-ref")

    noise = [tested.hears(read(path)) for path in sorted(speech.glob("noise_*.wav"))]
    other = [tested.hears(read(path)) for path in sorted(speech.glob("speech_*.wav"))]

    assert not any(noise)
    assert sum(map(len, other)) <= 3


@pytest.mark.parametrize("name", ["okay-nabu", "alexa", "hey-jarvis"])
def test_a_phrase_is_heard_in_its_own_clips_and_nowhere_else(
    recogniser: Recognisers, speech: Path, name: str
) -> None:
    tested, phrase = recogniser(name), name.replace("-", "_")

    heard = {path.name: tested.hears(read(path)) for path in sorted(speech.glob("*.wav"))}

    own = {file for file in heard if file.startswith(f"wakewords_{phrase}_")}
    assert own
    assert {file for file, words in heard.items() if words} == own
    assert all(heard[file] == [phrase] for file in own)


@pytest.mark.parametrize("name", ["okay-nabu", "alexa", "hey-jarvis"])
def test_a_phrase_s_clips_score_high_and_other_words_low(
    recogniser: Recognisers, speech: Path, name: str
) -> None:
    tested, phrase = recogniser(name), name.replace("-", "_")

    own = [tested.scores(read(path)).score for path in speech.glob(f"wakewords_{phrase}_*.wav")]
    other = [tested.scores(read(path)).score for path in speech.glob("keywords_[dgs]*.wav")]

    assert min(own) > 0.9
    assert max(other) < 0.5


def test_speech_is_told_from_noise(recogniser: Recognisers, speech: Path) -> None:
    tested = recogniser("vad")

    assert tested.hears(read(speech / "speech_jfk__jfk.wav"))
    assert not tested.hears(read(speech / "noise_noise__noise_1000ms.wav"))


@pytest.mark.parametrize("name", FILES)
def test_digital_silence_says_nothing(recogniser: Recognisers, name: str) -> None:
    assert recogniser(name).hears(np.zeros(5 * 16_000, np.int16)) == []


def test_only_the_words_asked_for_are_reported(recogniser: Recognisers, speech: Path) -> None:
    tested = recogniser("kws-ref", labels=["left"], threshold={"left": 0.5})

    heard = tested.hears(read(speech / "sequences_right-left-up__right_left_up.wav"))

    assert heard == ["left"]
