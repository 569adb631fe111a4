"""Kinds of samples: what they say of themselves, and that nobody writes into one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from edgenode import plugin
from edgenode.samples import is_kind
from edgenode.testing import drive, frames, hops

PIXELS = np.zeros((4, 6, 3), np.uint8)


@dataclass(frozen=True)
class Temperature:
    """A kind of its own: all that it takes."""

    title: ClassVar[str] = "temperatures"
    capacity: ClassVar[int] = 10
    nbytes: ClassVar[int] = 8

    celsius: float
    captured_at: float = 0.0


class Fever(plugin.Plugin[plugin.PluginOptions, Temperature]):
    """Says how far a temperature is above 37 degrees."""

    takes = Temperature

    def prepare(self, sample: Temperature) -> plugin.Tensor:
        return np.array([sample.celsius])

    def decode(
        self, outputs: Sequence[plugin.Tensor], sample: Temperature
    ) -> tuple[plugin.Finding, ...]:
        return (plugin.Measurement("fever_c", float(outputs[0][0]) - 37.0),)


@pytest.mark.parametrize(
    ("kind", "title", "capacity"),
    [
        (plugin.Frame, "frames", 1),
        (plugin.Audio, "audio", 200),
        (plugin.Result, "results", 200),
        (Temperature, "temperatures", 10),
    ],
)
def test_a_kind_says_what_it_is_called_and_how_many_wait(
    kind: type[plugin.Sample], title: str, capacity: int
) -> None:
    assert is_kind(kind)
    assert (kind.title, kind.capacity) == (title, capacity)


def test_a_plugin_takes_a_kind_that_edgenode_has_never_seen() -> None:
    fever = Fever(plugin.PluginOptions(source="front"))

    (result,) = drive(fever, [Temperature(celsius=39.5)])

    assert result.findings == (plugin.Measurement("fever_c", 2.5),)


@pytest.mark.parametrize("found", [None, int, "frames", PIXELS, plugin.Measurement])
def test_what_does_not_describe_itself_is_no_kind(found: object) -> None:
    assert not is_kind(found)


def test_a_sample_knows_the_size_of_its_raw_data() -> None:
    frame = plugin.Frame(pixels=PIXELS, captured_at=0.0)
    audio = plugin.Audio(samples=np.zeros(320, np.int16), position=0, captured_at=0.0)

    assert (frame.nbytes, audio.nbytes) == (72, 640)
    assert plugin.Result(captured_at=0.0).nbytes == 0


def test_nobody_who_is_given_a_sample_can_write_into_it() -> None:
    (frame,) = frames([PIXELS.copy()])
    (hop,) = hops(np.zeros(320, np.int16))

    with pytest.raises(ValueError, match="read-only"):
        frame.pixels += 1
    with pytest.raises(ValueError, match="read-only"):
        np.negative(hop.samples, out=hop.samples)


def test_who_made_the_array_keeps_it_and_nothing_is_copied() -> None:
    pixels = PIXELS.copy()

    frame = plugin.Frame(pixels=pixels, captured_at=0.0)

    assert np.shares_memory(frame.pixels, pixels)
    assert pixels.flags.writeable
