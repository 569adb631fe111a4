import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense import registry


def pace(rate_hz: float) -> plugin.Trigger:
    factory, options = registry.trigger("pace")
    made: plugin.Trigger = factory(options(rate_hz=rate_hz))  # type: ignore[call-arg]
    return made


def frame(at: float) -> plugin.Frame:
    return plugin.Frame(pixels=np.zeros((1, 1, 3), np.uint8), captured_at=at)


def test_of_samples_exactly_a_period_apart_none_is_dropped_for_its_rounding() -> None:
    due = pace(5.0)

    assert all(due(frame(1_790_000_000.0 + n * 0.2)) for n in range(1000))


def test_a_clock_that_is_set_back_does_not_hold_the_plugin_up() -> None:
    due = pace(1.0)

    passed = [due(frame(at)) for at in (1_000_000.0, 5.0, 5.5, 6.0)]

    assert passed == [True, True, False, True]


def test_one_that_names_no_rate_is_wrong() -> None:
    _, options = registry.trigger("pace")

    with pytest.raises(TypeError, match="rate_hz"):
        options()
