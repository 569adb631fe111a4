from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.plugins.front_ends import FRONT_ENDS
from edgenode.sense.plugins.keyword_spotting import KeywordSpotting
from edgenode.testing import hops

WORDS = ("go", "stop", "silence", "unknown")
TRAITS = {
    "front_end": "mfcc",
    "background": ["silence", "unknown"],
    "threshold": {"default": 0.7, "go": 0.8},
    "smoothing_ms": 300,
    "refractory_ms": 800,
}


def model(**changes: object) -> plugin.Model:
    """Return a model like kws-ref with four labels; scores are n / 256 + 0.5."""
    fields: dict[str, Any] = {
        "id": "four-words",
        "labels": WORDS,
        "input": plugin.TensorSpec(
            name="in", shape=(1, 49, 10, 1), dtype="int8", scale=0.58470, zero_point=83
        ),
        "outputs": (
            plugin.TensorSpec(
                name="out", shape=(1, 4), dtype="int8", scale=1 / 256, zero_point=-128
            ),
        ),
        "traits": TRAITS,
    }
    return plugin.Model(**(fields | changes))


def streaming(**changes: object) -> plugin.Model:
    """Return a model like those of microWakeWord."""
    return model(
        labels=("go",),
        input=plugin.TensorSpec(
            name="in", shape=(1, 3, 40), dtype="int8", scale=0.10196, zero_point=-128
        ),
        outputs=(plugin.TensorSpec(name="out", shape=(1, 1), dtype="uint8", scale=1 / 256),),
        traits={"front_end": "micro-frontend", "warm_up_ms": 1000} | changes,
    )


def spotter(of: plugin.Model | None = None, **options: object) -> KeywordSpotting:
    table = msgspec.convert({"source": "mic"} | options, KeywordSpotting.Options)
    return KeywordSpotting(table, of or model())


def window(
    samples: int | NDArray[np.int64] | None = None, length: int = 16_000, position: int = 0
) -> plugin.Audio:
    """Return a window of those samples; by default they change."""
    filled = np.empty(length, np.int16)
    filled[:] = np.arange(length) % 100 if samples is None else samples
    return plugin.Audio(samples=filled, position=position, captured_at=1.0)


def uses(of: KeywordSpotting) -> dict[str, dict[str, Any]]:
    return {use.use: dict(use.options) for use in of.clean()}


def test_features_become_the_tensor_the_model_eats() -> None:
    tested = spotter()

    tensor = tested.prepare(window(np.arange(16_000) % 1000))

    assert tensor is not None
    assert (tensor.shape, tensor.dtype) == ((1, 49, 10, 1), np.int8)


def test_every_label_gets_its_score_in_the_model_s_order() -> None:
    outputs = [np.array([[-128, 0, 64, 127]], np.int8)]

    found = spotter().decode(outputs, window())

    assert found == (
        plugin.Keyword("go", 0.0),
        plugin.Keyword("stop", 0.5),
        plugin.Keyword("silence", 0.75),
        plugin.Keyword("unknown", 255 / 256),
    )


def test_scores_of_a_float_model_are_kept_within_a_share() -> None:
    out = plugin.TensorSpec(name="out", shape=(1, 4), dtype="float32")

    found = spotter(model(outputs=(out,))).decode(
        [np.array([[1.0000001, -1e-9, np.nan, 0.5]], np.float32)], window()
    )

    assert [keyword.score for keyword in found] == [1.0, 0.0, 0.0, 0.5]


@pytest.mark.parametrize("value", [0, -1, 7])
def test_a_window_of_digital_silence_or_of_one_value_says_nothing_whatever_the_model_says(
    value: int,
) -> None:
    outputs = [np.array([[127, 0, 0, 0]], np.int8)]

    assert spotter().decode(outputs, window(value)) == ()


@pytest.mark.parametrize("score", [7.0, -3.5, 1.2])
def test_what_cannot_be_scores_is_a_fault_of_the_model(score: float) -> None:
    out = plugin.TensorSpec(name="out", shape=(1, 4), dtype="float32")
    tested = spotter(model(outputs=(out,)))

    with pytest.raises(plugin.ModelError, match="outside 0 to 1: these are no scores; export it"):
        tested.decode([np.array([[0.5, score, 0.1, 0.2]], np.float32)], window())


def test_filters_come_from_the_manifest() -> None:
    filters = uses(spotter())

    assert list(filters) == ["smoothing", "best", "labels", "threshold", "refractory", "presence"]
    assert filters["smoothing"]["windows"] == 3
    assert filters["labels"] == {"labels": ("go", "stop")}
    assert filters["threshold"] == {"threshold": {"default": 0.7, "go": 0.8}}
    assert filters["refractory"] == {"seconds": 0.8, "ceases": True}


def test_options_come_before_the_manifest() -> None:
    tested = spotter(
        labels=["stop"], threshold=0.9, smoothing_ms=0, refractory_ms=2000, hop_ms=200, rate_hz=10
    )

    filters = uses(tested)

    assert tested.cut() == plugin.Cut(window=16_000, hop=3_200)
    assert filters["smoothing"]["windows"] == 1
    assert filters["labels"] == {"labels": ("stop",)}
    assert filters["threshold"]["threshold"]["default"] == 0.9
    assert filters["refractory"]["seconds"] == 2.0


def test_a_table_of_thresholds_leaves_the_manifest_s_for_the_other_words() -> None:
    filters = uses(spotter(threshold={"stop": 0.95}))

    assert filters["threshold"] == {"threshold": {"default": 0.7, "go": 0.8, "stop": 0.95}}


def test_a_rate_makes_the_hop_longer() -> None:
    assert spotter(rate_hz=2).cut() == plugin.Cut(window=16_000, hop=8_000)
    assert spotter(rate_hz=100).cut() == plugin.Cut(window=16_000, hop=1_600)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"labels": ["stopp"]}, "model 'four-words' has no label 'stopp'; did you mean 'stop'?"),
        ({"threshold": {"halt": 0.5}}, "model 'four-words' has no label 'halt'; it has go, stop"),
        ({"labels": ["unknown"]}, "label 'unknown' is background to model 'four-words'"),
    ],
)
def test_a_label_that_is_no_keyword_is_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(plugin.PluginError) as caught:
        spotter(**options)

    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"traits": {}}, "[traits]: Object missing required field `front_end`"),
        ({"traits": {"front_end": "mfc"}}, "Invalid enum value 'mfc' - at `$.front_end`"),
        ({"traits": {"front_end": "mfcc", "threshold": 2}}, "at `$.threshold`"),
        ({"labels": ("go",)}, "gives scores (1, 4), but has 1 labels"),
        ({"traits": {"front_end": "log-mel"}}, "takes (1, 49, 10, 1), but front-end 'log-mel'"),
    ],
)
def test_a_model_that_is_not_for_keywords_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(plugin.ModelError) as caught:
        spotter(model(**changes))

    assert "model 'four-words'" in str(caught.value)
    assert fault in str(caught.value)


def test_without_a_model_the_error_names_one() -> None:
    with pytest.raises(plugin.ModelError, match="set model = "):
        KeywordSpotting(KeywordSpotting.Options(source="mic"))


def test_a_short_recording_is_scored_in_the_middle_of_its_window() -> None:
    (clip,) = spotter().clip(np.ones(10_000, np.int16))

    assert len(clip.samples) == 16_000
    assert not clip.samples[:3_000].any()
    assert clip.samples[3_000:13_000].all()


def test_a_long_recording_is_scored_by_its_middle() -> None:
    (clip,) = spotter().clip(np.arange(20_001, dtype=np.int16))

    assert (clip.samples[0], len(clip.samples)) == (2_000, 16_000)


class TestStreaming:
    @pytest.fixture(autouse=True)
    def _front_end(self) -> None:
        pytest.importorskip("pymicro_features", reason="needs edgenode[audio]")

    def test_nothing_is_scored_before_a_second_was_heard_nor_after_a_reset(self) -> None:
        phrase = streaming()
        tested = spotter(phrase)
        certain = [np.array([[255]], np.uint8)]

        def heard_at() -> list[int]:
            found = []
            for number in range(40):
                hop = window(1, 480, number * 480)
                if tested.prepare(hop) is not None and tested.decode(certain, hop):
                    found.append(number)
            return found

        assert heard_at() == list(range(33, 40))
        assert len(heard_at()) == 40
        tested.reset()
        assert heard_at() == list(range(33, 40))

    def test_a_hop_of_digital_silence_is_scored_for_the_phrase_may_just_have_ended(self) -> None:
        tested = spotter(streaming(warm_up_ms=0))
        hop = window(0, 480)

        tested.prepare(hop)

        assert tested.decode([np.array([[128]], np.uint8)], hop) == (plugin.Keyword("go", 0.5),)

    @pytest.mark.parametrize("options", [{"hop_ms": 100}, {"rate_hz": 5}])
    def test_a_stream_cannot_be_thinned_out(self, options: dict[str, Any]) -> None:
        with pytest.raises(plugin.PluginError, match="must hear every hop; remove hop_ms"):
            spotter(streaming(), **options)

    def test_a_clip_has_silence_before_it_to_warm_up_and_behind_it_to_be_heard_out(self) -> None:
        tested = spotter(streaming())

        hops = list(tested.clip(np.ones(4_800, np.int16)))

        assert [len(hop.samples) for hop in hops] == [480] * ((4_800 + 2 * 16_000) // 480)
        heard = np.concatenate([hop.samples for hop in hops])
        assert np.flatnonzero(heard).tolist() == list(range(16_000, 20_800))


@pytest.mark.parametrize("name", ["log-mel", "mfcc", "micro-frontend"])
def test_a_front_end_hears_samples_it_cannot_write_into(name: str) -> None:
    if name == "micro-frontend":
        pytest.importorskip("pymicro_features", reason="needs edgenode[audio]")
    front_end = FRONT_ENDS[name](streaming().input)
    heard = np.random.default_rng(1).integers(-999, 999, front_end.cut.window * 9, np.int16)

    for hop in hops(heard.copy(), front_end.cut.window):
        front_end.features(hop)

        assert np.array_equal(hop.samples, heard[hop.position :][: len(hop.samples)])


def test_there_are_three_front_ends() -> None:
    assert sorted(FRONT_ENDS) == ["log-mel", "mfcc", "micro-frontend"]
