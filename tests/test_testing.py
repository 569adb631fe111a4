from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pytest

from edgenode import plugin
from edgenode.errors import ContractError
from edgenode.testing import STARTED_AT, FakeModel, FakeSource, drive, frames, hops
from tests.frames import Spots

SPEC = plugin.TensorSpec(name="input", shape=(1, 2), dtype="uint8")


class Louder(plugin.Plugin[plugin.PluginOptions, plugin.Audio]):
    """Hears a word when the model says so."""

    takes = plugin.Audio
    task: ClassVar[str | None] = "louder"

    def cut(self) -> plugin.Cut:
        return plugin.Cut(window=640, hop=640)

    def prepare(self, sample: plugin.Audio) -> plugin.Tensor:
        assert self.model is not None
        assert self.model.input == SPEC
        return np.array([[len(sample.samples) // 320, sample.position // 640]], np.uint8)

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
    ) -> tuple[plugin.Finding, ...]:
        assert self.model is not None
        return (plugin.Keyword(self.model.labels[0], float(outputs[0][0])),)

    def clean(self) -> tuple[plugin.Use, ...]:
        return (
            plugin.Use("threshold", {"threshold": 0.5}),
            plugin.Use("presence", {"endings": False}),
        )


def test_a_plugin_is_driven_as_the_node_drives_it() -> None:
    answers = [[np.array([score], np.float32)] for score in (0.25, 0.75, 0.5)]
    model = FakeModel(answers, SPEC, labels=("yes",))
    louder = Louder(plugin.PluginOptions(source="mic"), model.model)

    results = drive(louder, hops(np.zeros(640 * 3, np.int16)), model)

    assert [tensor.tolist() for tensor in model.inputs] == [[[2, 0]], [[2, 1]], [[2, 2]]]
    assert [result.findings for result in results] == [
        (plugin.Keyword("yes", 0.75),),
        (plugin.Keyword("yes", 0.5),),
    ]


@pytest.mark.parametrize(
    ("score", "error", "says"),
    [
        (1.5, ContractError, "`float` <= 1.0"),
        (np.float32(0.75), TypeError, "numpy.float32"),
    ],
)
def test_what_could_not_leave_the_node_fails_the_test_of_its_plugin(
    score: float, error: type[Exception], says: str
) -> None:
    class Careless(Louder):
        def decode(
            self, outputs: Sequence[plugin.Tensor], sample: plugin.Audio
        ) -> tuple[plugin.Finding, ...]:
            return (plugin.Keyword("yes", score),)

    model = FakeModel([[np.zeros(1, np.float32)]], SPEC, labels=("yes",))
    careless = Careless(plugin.PluginOptions(source="mic"), model.model)

    with pytest.raises(error, match=says):
        drive(careless, hops(np.zeros(640, np.int16)), model)


def test_a_fake_model_refuses_what_a_real_one_would() -> None:
    model = FakeModel([[np.zeros(1, np.float32)]], SPEC)

    with pytest.raises(ValueError, match=r"prepare gave float32 \(1, 2\), the model takes uint8"):
        model.infer(np.zeros((1, 2), np.float32))


def test_the_last_answer_of_a_fake_model_is_repeated() -> None:
    model = FakeModel([[np.array([1])], [np.array([2])]], SPEC)

    answers = [model.infer(np.zeros((1, 2), np.uint8))[0].item() for _ in range(3)]

    assert answers == [1, 2, 2]


def test_a_fake_source_yields_each_time_it_is_opened_and_then_fails() -> None:
    source = FakeSource(frames([np.zeros((2, 2, 3), np.uint8)]), plugin.DeviceError("unplugged"))

    for _ in range(2):
        with source, pytest.raises(plugin.DeviceError, match="unplugged"):
            assert len(list(source.samples())) == 1

    assert (source.opened, source.closed) == (2, 2)


def test_frames_and_hops_have_the_times_of_a_recording() -> None:
    pictures = frames([np.zeros((2, 2, 3), np.uint8)] * 3, rate_hz=4.0)
    audio = hops(np.arange(1000, dtype=np.int16))

    assert [frame.at_s for frame in pictures] == [0.0, 0.25, 0.5]
    assert pictures[2].captured_at == STARTED_AT + 0.5
    assert [hop.position for hop in audio] == [0, 320, 640, 960]
    assert [len(hop.samples) for hop in audio] == [320, 320, 320, 40]
    assert audio[-1].at_s == 1000 / 16_000


def test_the_samples_of_the_fakes_are_read_only_as_those_of_sources() -> None:
    (frame,) = frames([np.zeros((2, 2, 3), np.uint8)])
    (hop,) = hops(np.zeros(320, np.int16))

    assert not frame.pixels.flags.writeable
    assert not hop.samples.flags.writeable


@pytest.mark.parametrize(
    ("report", "kept"),
    [("presence", [0, 1, 2, 4]), ("changes", [0, 2, 4]), ("all", [0, 1, 2, 3, 4])],
)
def test_the_option_report_says_which_results_there_are(
    report: Literal["presence", "changes", "all"], kept: list[int]
) -> None:
    spots = Spots(plugin.PluginOptions(source="front", report=report))
    pictures = [np.full((2, 2, 3), value, np.uint8) for value in (9, 9, 0, 0, 9)]

    results = drive(spots, frames(pictures, rate_hz=1.0))

    assert [result.captured_at - STARTED_AT for result in results] == kept
