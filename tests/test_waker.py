import selectors
import threading

import pytest

from edgenode.waker import Waker


def is_readable(waker: Waker) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(waker, selectors.EVENT_READ)
        return bool(selector.select(0))


def test_it_is_readable_from_wake_to_clear() -> None:
    with Waker() as waker:
        seen = [is_readable(waker)]
        waker.wake()
        waker.wake()
        seen.append(is_readable(waker))
        waker.clear()
        seen.append(is_readable(waker))
        waker.wake()
        seen.append(is_readable(waker))

    assert seen == [False, True, False, True]


def test_nobody_is_woken_before_and_after() -> None:
    waker = Waker()

    waker.wake()
    with waker:
        waker.wake()
    waker.wake()

    with pytest.raises(ValueError, match="opened by `with`"):
        waker.fileno()


def test_no_wake_is_lost_between_two_threads() -> None:
    many, done = 20_000, []
    work: list[int] = []
    with Waker() as waker, selectors.DefaultSelector() as selector:
        selector.register(waker, selectors.EVENT_READ)

        def produce() -> None:
            for number in range(many):
                work.append(number)
                waker.wake()

        producer = threading.Thread(target=produce)
        producer.start()
        while len(done) < many:
            # A lost wake would leave this waiting for ever with work to do.
            assert selector.select(10)
            waker.clear()
            while work:
                done.append(work.pop())
        producer.join()

    assert sorted(done) == list(range(many))
