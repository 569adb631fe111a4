"""What one source is asked for when several plugins demand of it."""

import pytest

from edgenode.plugin import Demand
from edgenode.sense.threads import combine

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
