"""A pipeline on an accelerator that answers later."""

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.assembly import stages
from edgenode.sense.pipeline import Pipeline
from edgenode.testing import FakeAccelerator, FakeModel, outcomes
from tests.frames import Brightness, shades
from tests.sense.pipelines import Loudness, frame, hop, options


def accelerated(depth: int, count: int) -> tuple[list[float], FakeAccelerator]:
    """Return what is measured in *count* frames with an accelerator that deep."""
    answers = [[np.full((1,), value, np.float32)] for value in range(count)]
    spec = plugin.TensorSpec(name="in", shape=(2, 2, 3), dtype="uint8")
    accelerator = FakeAccelerator(FakeModel(answers, spec), depth)
    found = outcomes(Brightness(options()), shades(*[1] * count), accelerator)
    values = [f.value for each in found for f in each.result.findings]  # type: ignore[union-attr]
    return values, accelerator


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_results_keep_their_order_however_many_requests_are_under_way(depth: int) -> None:
    values, accelerator = accelerated(depth, 8)

    assert values == list(range(8))
    assert accelerator.most == depth


def test_a_result_comes_one_sample_later_where_two_requests_are_under_way() -> None:
    spec = plugin.TensorSpec(name="in", shape=(2, 2, 3), dtype="uint8")
    accelerator = FakeAccelerator(FakeModel([[np.ones(1)]], spec), 2, ms=3.5)
    plain = Brightness(options())
    tested = Pipeline(plain, accelerator, stages(plain))

    brought = [len(list(tested.outcomes(frame(1, at)))) for at in (1.0, 2.0, 3.0)]
    late = [each.result for each in tested.drain()]

    assert brought == [0, 0, 1]
    assert [(result.captured_at, result.ms) for result in late] == [(2.0, 3.5), (3.0, 3.5)]
    assert not tested.waiting


def test_a_gap_loses_nothing_that_is_under_way() -> None:
    spec = plugin.TensorSpec(name="in", shape=(4,), dtype="int16")
    accelerator = FakeAccelerator(FakeModel([[np.ones(4)]], spec), 2)
    loudness = Loudness(options())
    tested = Pipeline(loudness, accelerator, stages(loudness))

    before = list(tested.outcomes(hop(0, 1, 2, 3, 4)))
    after = list(tested.outcomes(hop(50_000, 1, 2)))

    assert (len(before), len(after), loudness.resets) == (0, 1, 1)
