import time

import pytest

from edgenode.clock import offset, step_s


@pytest.mark.parametrize(("set_by", "seen"), [(3600.0, 3600), (-3600.0, -3600), (0.5, 0)])
def test_a_clock_that_was_set_is_told_from_one_that_was_trimmed(
    monkeypatch: pytest.MonkeyPatch, set_by: float, seen: int
) -> None:
    then, unset = offset(), time.time
    monkeypatch.setattr(time, "time", lambda: unset() + set_by)

    assert round(step_s(then)) == seen
