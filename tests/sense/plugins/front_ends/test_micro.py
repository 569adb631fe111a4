import builtins
import re

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.plugins.front_ends.micro import MicroFrontend

pymicro_features = pytest.importorskip("pymicro_features", reason="needs edgenode[audio]")

HOP = 480


def hops(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> list[plugin.Audio]:
    return [
        plugin.Audio(samples=samples[at : at + HOP], position=at, captured_at=at / 16_000)
        for at in range(0, len(samples) - HOP + 1, HOP)
    ]


def chirp(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    at = np.arange(int(seconds * 16_000)) / 16_000
    return (8000 * np.sin(2 * np.pi * (300 + 800 * at) * at)).astype(np.int16)


def test_hops_give_the_frames_of_the_whole_stream_from_the_second_on() -> None:
    samples = chirp(1.5)
    whole = pymicro_features.MicroFrontend()
    frames = [
        whole.process_samples(samples[at : at + 160].tobytes()).features
        for at in range(0, len(samples), 160)
    ]

    front_end = MicroFrontend(steps=3)
    first, *rest = [front_end.features(hop) for hop in hops(samples)]

    assert first is None
    assert np.array_equal(np.concatenate([f for f in rest if f is not None]), frames[3:])


def test_the_hop_is_as_long_as_the_model_s_stride() -> None:
    front_end = MicroFrontend(steps=2)

    assert front_end.cut == plugin.Cut(window=320, hop=320)
    assert front_end.shape == (2, 40)


def test_after_a_reset_the_stream_begins_anew() -> None:
    front_end = MicroFrontend(steps=3)
    samples = chirp(0.3)
    before = [front_end.features(hop) for hop in hops(samples)]

    front_end.reset()
    after = [front_end.features(hop) for hop in hops(samples)]

    assert before[0] is after[0] is None
    assert np.array_equal(np.array(before[1:]), np.array(after[1:]))


def test_digital_silence_and_full_scale_give_numbers() -> None:
    front_end = MicroFrontend(steps=3)
    loud = np.full(HOP * 20, 32767, np.int16) * np.resize([1, -1], HOP * 20).astype(np.int16)

    for hop in hops(np.concatenate([np.zeros(HOP * 20, np.int16), loud])):
        features = front_end.features(hop)
        assert features is None or np.isfinite(features).all()


def test_without_its_package_the_error_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name == "pymicro_features":
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(plugin.PluginError, match=re.escape("pip install edgenode[audio]")):
        MicroFrontend(steps=3)
