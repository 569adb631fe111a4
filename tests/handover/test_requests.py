"""One process asks the other; the test is the other, and says when it is there."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from edgenode.handover.protocol import Answer, Command, Request
from edgenode.handover.requests import (
    CHECK,
    RELOAD,
    OtherProcess,
    Patience,
    Requests,
    answer,
    ask_to,
)

Act: TypeAlias = Callable[[], None]
IMPATIENT = Patience(return_s=0.0, answer_s=10.0, turn_s=0.001)


class Other:
    """Does one *act* for each command that it is sent; then it is silent.

    Attributes:
        sent: what it was sent.
        away: how many more looks will not find it connected.
    """

    def __init__(self, *acts: Act, patience: Patience = IMPATIENT) -> None:
        self.requests = Requests(lambda: None)
        self.sent: list[Request] = []
        self.away = 0
        self.acts = list(acts)
        self.process = OtherProcess(
            "sense", self.requests, self._is_connected, self._receive, patience
        )

    def says(self, *requests: Request, then_goes_for: int = 0) -> Act:
        """Return an act: send *requests*, and be away for so many looks."""

        def act() -> None:
            self.away = then_goes_for
            for request in requests:
                self.requests.put(request)

        return act

    def _is_connected(self) -> bool:
        self.away -= 1
        return self.away < 0

    def _receive(self, request: Request) -> None:
        self.sent.append(request)
        if self.acts:
            self.acts.pop(0)()


RELOADING, CHECKING = ask_to(RELOAD, "d1"), ask_to(CHECK)


def done(command: Command) -> Answer:
    return answer(command, [])


@pytest.mark.parametrize("faults", [[], ["a: unknown key", "b: missing"]])
def test_what_the_answer_says_is_returned(faults: list[str]) -> None:
    other = Other()
    other.acts = [other.says(answer(RELOADING, faults))]

    assert other.process.ask(RELOADING) == faults
    assert other.sent == [RELOADING]


def test_one_that_is_away_is_not_asked() -> None:
    other = Other()
    other.away = 10

    assert other.process.ask(RELOADING) is None
    assert other.sent == []


def test_one_that_comes_back_in_time_is_asked() -> None:
    other = Other(patience=Patience(return_s=10.0, turn_s=0.001))
    other.acts = [other.says(done(RELOADING))]
    other.away = 3

    assert other.process.ask(RELOADING) == []


def test_one_that_has_gone_without_an_answer_and_came_back_is_asked_again() -> None:
    other = Other(patience=Patience(return_s=10.0, turn_s=0.001))
    other.acts = [other.says(then_goes_for=2), other.says(answer(RELOADING, ["no"]))]

    assert other.process.ask(RELOADING) == ["no"]
    assert other.sent == [RELOADING, RELOADING]


def test_one_that_has_gone_and_stays_away_is_away() -> None:
    other = Other()
    other.acts = [other.says(then_goes_for=1000)]

    assert other.process.ask(RELOADING) is None
    assert other.sent == [RELOADING]


def test_an_answer_counts_although_the_other_went_right_after_it() -> None:
    other = Other()
    other.acts = [other.says(done(RELOADING), then_goes_for=1000)]

    assert other.process.ask(RELOADING) == []


def test_one_that_is_silent_is_a_fault_that_names_it() -> None:
    other = Other(patience=Patience(answer_s=0.01, turn_s=0.001))

    assert other.process.ask(RELOADING) == ["sense does not answer for 0.01 s: see its log"]


def test_what_else_arrives_meanwhile_is_handled_before_the_answer_comes() -> None:
    other = Other()
    other.acts = [other.says(CHECKING)]
    handled: list[Request] = []

    def handle(request: Request) -> None:
        handled.append(request)
        other.requests.put(done(RELOADING))

    assert other.process.ask(RELOADING, handle) == []
    assert handled == [CHECKING]
    assert other.requests.take() is None


def test_without_a_handler_it_waits_in_the_queue_in_its_order() -> None:
    other = Other()
    late = done(ask_to(RELOAD))
    other.acts = [other.says(CHECKING, late, done(RELOADING))]

    assert other.process.ask(RELOADING) == []
    assert [other.requests.take() for _ in range(3)] == [CHECKING, late, None]
