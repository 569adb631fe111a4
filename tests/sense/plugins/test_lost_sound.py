"""Words in sound of which a driver loses pieces, from PortAudio to what is reported."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

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
from tests.sense.sources.driver import LossyDriver

SCENE = Path(__file__).parents[3] / "edgenode" / "demo" / "scene"
RATE = plugin.SAMPLE_RATE
LATEST_S = 1.2
"""A word is heard if it is reported at most so long after its end."""

PHRASES = {
    "okay-nabu": "mww_v2_okay_nabu.tflite",
    "alexa": "mww_v2_alexa.tflite",
    "hey-jarvis": "mww_v2_hey_jarvis.tflite",
}
Span = tuple[str, float, float]


@cache
def interpreter(file: Path, name: str) -> Interpreter:
    return Interpreter(file.read_bytes(), name)


def heard(hops: list[plugin.Audio], file: Path, name: str, said: list[Span]) -> tuple[int, int]:
    """Return how many of the words *said* are reported, and how many others are."""
    made = interpreter(file, name)
    made.reset()
    spotter = KeywordSpotting(
        KeywordSpotting.Options(source="mic"), model_of(manifest.find(name), made)
    )
    found = [
        (finding.label, outcome.result.captured_at)
        for outcome in outcomes(spotter, hops, InThread(made))
        for finding in outcome.result.findings
        if isinstance(finding, plugin.Keyword)
    ]
    right = sum(
        any(label == word and start <= at <= end + LATEST_S for word, at in found)
        for label, start, end in said
    )
    return right, len(found) - right


def in_a_row(word: str, clips: list[NDArray[np.int16]]) -> tuple[NDArray[np.int16], list[Span]]:
    """Return the clips with pauses in faint noise, and when each is said."""
    dice = np.random.default_rng(1)
    parts, said, at = [np.zeros(3 * RATE)], [], 3 * RATE
    for clip in clips:
        said.append((word, at / RATE, (at + len(clip)) / RATE))
        parts += [clip.astype(np.float64), np.zeros(int(RATE * dice.uniform(1.2, 2.2)))]
        at += len(clip) + len(parts[-1])
    sound = np.concatenate(parts)
    return np.rint(sound + dice.normal(0, 30, len(sound))).clip(-32768, 32767).astype(
        np.int16
    ), said


@pytest.mark.parametrize("every_s", [5.0, 1.0])
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_lost_block_of_20_ms_makes_nobody_deaf(
    monkeypatch: pytest.MonkeyPatch, every_s: float, rate: int
) -> None:
    card = manifest.find("starter-keyword")
    file = card.folder / "starter-keyword.tflite"
    truth = json.loads((SCENE / "truth.json").read_text("utf-8"))
    said = [(word["label"], word["start_s"], word["end_s"]) for word in truth["words"]]
    speech = np.repeat(read(SCENE / "speech.wav"), rate // RATE)

    whole, nothing_lost = LossyDriver(speech, rate, 0, 0).hops(monkeypatch)
    torn, lost = LossyDriver(speech, rate, every_s, 20).hops(monkeypatch)
    before, after = (heard(hops, file, card.id, said) for hops in (whole, torn))

    assert before[0] >= 0.9 * len(said)
    assert after[0] >= before[0] - 1
    assert after[1] <= before[1] + 1
    assert nothing_lost == 0
    assert lost == pytest.approx(len(speech) / rate / every_s, abs=1.5)


@pytest.mark.shared
@pytest.mark.parametrize("every_s", [5.0, 1.0])
@pytest.mark.parametrize("name", PHRASES)
def test_a_lost_block_of_20_ms_takes_no_more_than_one_phrase(
    monkeypatch: pytest.MonkeyPatch, shared: Path, name: str, every_s: float
) -> None:
    pytest.importorskip("pymicro_features", reason="needs edgenode[audio]")
    word = name.replace("-", "_")
    clips = [read(path) for path in sorted((shared / "media/speech").glob(f"wakewords_{word}_*"))]
    sound, said = in_a_row(word, clips * (12 // len(clips)))
    file = shared / "models" / PHRASES[name]

    whole, _ = LossyDriver(sound, RATE, 0, 0).hops(monkeypatch)
    torn, lost = LossyDriver(sound, RATE, every_s, 20).hops(monkeypatch)
    before, after = (heard(hops, file, name, said) for hops in (whole, torn))

    assert before == (len(said), 0)
    assert after[0] >= len(said) - 1
    assert after[1] == 0
    assert lost == pytest.approx(len(sound) / RATE / every_s, abs=1.5)


def test_what_is_lost_for_longer_begins_a_new_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    hops, _ = LossyDriver(np.ones(4 * RATE, np.int16), RATE, 2, 250).hops(monkeypatch)

    (after,) = (
        later.position
        for hop, later in pairwise(hops)
        if later.position != hop.position + len(hop.samples)
    )
    assert after == 2.25 * RATE
