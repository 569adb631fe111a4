"""Plans made by hand: fakes for sources, tiny plugins, no model; and tables for a plan."""

import threading
from collections.abc import Iterator
from typing import Any

from edgenode import plugin
from edgenode.config.faults import Fault
from edgenode.plugin import Demand
from edgenode.sense.plan import Plan, PluginPlan, SourcePlan, Unusable
from edgenode.sense.sense import Sense
from edgenode.testing import FakeSource
from tests.frames import Count, shades
from tests.waiting import LIMIT

GOOD = """
    [sources.front]
    use = "camera"

    [plugins.people]
    use = "object-detection"
    source = "front"
    model = "coco-ssd-mobilenet-v1"
    filters = [{ use = "throttle", seconds = 2 }]
"""
"""One plugin on a camera, without a fault."""

GONE = plugin.DeviceError("camera 0 is gone")


class Gated(FakeSource):
    """Gives one frame each time the test opens the gate, and ends after the last."""

    def __init__(self, pictures: int = 1000) -> None:
        super().__init__(shades(*[0] * pictures))
        self.gate = threading.Semaphore(0)

    def samples(self) -> Iterator[plugin.Sample]:
        for sample in super().samples():
            # The test has ended, or fails for want of this frame.
            if not self.gate.acquire(timeout=2 * LIMIT):
                return
            yield sample


def still(pictures: int = 1, fault: Exception | None = None) -> FakeSource:
    return FakeSource(shades(*[0] * pictures), fault)


def source(one: plugin.Source[Any], name: str = "front", *, ends: bool = True) -> SourcePlan:
    """Return a plan whose source is *one*, told later what is demanded of it."""

    def made(_: plugin.Options, demand: Demand) -> plugin.Source[Any]:
        one.demand = demand
        return one

    maker: Any = made
    return SourcePlan(name=name, use="fake", cls=maker, yields=plugin.Frame, ends=ends)


def reader(name: str, cls: Any = Count, **options: Any) -> PluginPlan:  # noqa: ANN401
    made = plugin.PluginOptions(**{"source": "front"} | options)
    return PluginPlan(name=name, use="count", cls=cls, options=made)


def broken(name: str) -> Unusable:
    fault = Fault(("plugins", name, "use"), "no plugin 'b'")
    return Unusable(name=name, use="b", source="front", fate="load-error", faults=(fault,))


class Failing(Count):
    """Cannot be made; ``error`` says why."""

    error: Exception

    def __init__(self, *_: object) -> None:
        raise self.error


def failing(error: Exception) -> type[Count]:
    return type("Fails", (Failing,), {"error": error})


def plan_of(*tables: SourcePlan | PluginPlan | Unusable) -> Plan:
    sources = {each.name: each for each in tables if isinstance(each, SourcePlan)}
    plugins = {each.name: each for each in tables if not isinstance(each, SourcePlan)}
    return Plan(sources=sources, plugins=plugins, digest="abc")


def fates(one: Sense) -> dict[str, tuple[str, str]]:
    """Return each plugin's fate, and its error."""
    return {name: (plugin.fate, plugin.error) for name, plugin in one.snapshot().plugins.items()}


def unusable(made: Plan, name: str) -> Unusable:
    found = made.plugins[name]
    assert isinstance(found, Unusable)
    return found
