"""What one source is asked for when several plugins demand of it."""

import pytest

from edgenode.plugin import Demand, Model, PluginOptions, TensorSpec
from edgenode.sense.plan import PluginPlan
from edgenode.sense.service import _demand, combine

WIDE, SQUARE = (300, 200), (192, 192)


@pytest.mark.parametrize(
    ("demands", "one"),
    [
        ([], Demand()),
        ([Demand(size=WIDE, rate_hz=5)], Demand(size=WIDE, rate_hz=5)),
        ([Demand(size=WIDE), Demand(size=WIDE)], Demand(size=WIDE)),
        (
            [Demand(size=WIDE, rate_hz=5), Demand(size=WIDE, rate_hz=9)],
            Demand(size=WIDE, rate_hz=9),
        ),
        ([Demand(size=WIDE, rate_hz=5), Demand(size=WIDE)], Demand(size=WIDE)),
        ([Demand(size=WIDE, rate_hz=5), Demand(rate_hz=9)], Demand(size=WIDE, rate_hz=9)),
        ([Demand(size=WIDE, rate_hz=5), Demand()], Demand(size=WIDE)),
        ([Demand(rate_hz=5), Demand(rate_hz=9)], Demand(rate_hz=9)),
        (
            [Demand(size=WIDE), Demand(size=SQUARE)],
            Demand(size=(600, 400), fit="letterbox"),
        ),
        (
            [Demand(size=SQUARE), Demand(size=SQUARE, fit="letterbox")],
            Demand(size=(384, 384), fit="letterbox"),
        ),
    ],
)
def test_a_source_is_asked_for_what_serves_all(demands: list[Demand], one: Demand) -> None:
    assert combine(demands) == one


@pytest.mark.parametrize(
    ("fit", "one"),
    [
        ("stretch", Demand(size=SQUARE)),
        ("letterbox", Demand(size=SQUARE, fit="letterbox")),
        ("crop", Demand(size=(384, 384), fit="letterbox")),
    ],
)
def test_a_model_s_fit_says_what_its_plugin_demands(fit: str, one: Demand) -> None:
    image = TensorSpec(name="image", shape=(1, 192, 192, 3), dtype="uint8")
    model = Model(id="mine", input=image, outputs=(), traits={"fit": fit})
    plan = PluginPlan(name="things", options=PluginOptions(source="front"))

    assert _demand(plan, model) == one
