"""The contract itself: what its base classes do for an author."""

from collections.abc import Iterator
from typing import Any

import pytest

from edgenode import plugin
from tests.frames import Pixels


class Sensor(plugin.Source[plugin.Options]):
    """Tells what is done to it."""

    yields = plugin.Frame

    def __init__(self, fault: plugin.DeviceError | None = None) -> None:
        super().__init__(plugin.Options())
        self.seen: list[str] = []
        self._fault = fault

    def open(self) -> None:
        self.seen.append("open")
        if self._fault:
            raise self._fault

    def samples(self) -> Iterator[plugin.Frame]:
        yield from ()

    def close(self) -> None:
        self.seen.append("close")


class ScaleTraits(plugin.Options, frozen=True, kw_only=True):
    factor: float
    unit: str = "kg"


class Scale(Pixels):
    Traits = ScaleTraits
    traits: ScaleTraits


def options(**chosen: Any) -> plugin.PluginOptions:  # noqa: ANN401
    return plugin.PluginOptions(source="front", **chosen)


def model(shape: tuple[int, ...] = (1, 1024), **traits: object) -> plugin.Model:
    spec = plugin.TensorSpec(name="in", shape=shape, dtype="int8")
    return plugin.Model(id="mine", input=spec, outputs=(), traits=traits)


def test_a_source_is_closed_where_its_with_ends_whatever_happens_in_it() -> None:
    sensor = Sensor()

    with pytest.raises(ZeroDivisionError), sensor:
        _ = 1 / 0

    assert sensor.seen == ["open", "close"]
    assert sensor.lost == 0


def test_a_source_that_does_not_open_is_not_closed() -> None:
    sensor = Sensor(plugin.DeviceError("no sensor; attach one"))

    with pytest.raises(plugin.DeviceError, match="attach one"), sensor:
        pass

    assert sensor.seen == ["open"]


@pytest.mark.parametrize("shape", [(1, 1024), (1, 3, 224, 224), (1, 224, 224, 3)])
def test_a_plugin_demands_its_rate_and_nothing_else_whatever_its_model_eats(
    shape: tuple[int, ...],
) -> None:
    demand = Pixels(options(rate_hz=4.0), model(shape)).demand()

    assert demand == plugin.Demand(rate_hz=4.0)


def test_a_plugin_with_traits_has_the_manifest_s_typed() -> None:
    scale = Scale(options(), model(factor=2))

    assert scale.traits == ScaleTraits(factor=2.0, unit="kg")


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        ({}, "missing required field `factor`"),
        ({"factor": "two"}, r"got `str` - at `\$\.factor`"),
        ({"factor": 2.0, "unti": "g"}, "unknown field `unti`"),
    ],
)
def test_traits_that_do_not_fit_are_the_model_s_fault(traits: dict[str, Any], says: str) -> None:
    with pytest.raises(plugin.ModelError, match=rf"model 'mine': \[traits\]: .*{says}"):
        Scale(options(), model(**traits))


def test_a_plugin_without_traits_reads_them_as_they_are() -> None:
    pixels = Pixels(options(), model(anything={"goes": 1}))

    assert pixels.model is not None
    assert pixels.model.traits == {"anything": {"goes": 1}}
