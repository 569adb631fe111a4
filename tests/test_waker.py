import socket
import threading

import pytest

from edgenode.waker import READ, WRITE, Waker, wait_for_files


def is_readable(waker: Waker) -> bool:
    return waker in wait_for_files({waker: READ}, 0)


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
    with Waker() as waker:

        def produce() -> None:
            for number in range(many):
                work.append(number)
                waker.wake()

        producer = threading.Thread(target=produce)
        producer.start()
        while len(done) < many:
            # A lost wake would leave this waiting for ever with work to do.
            assert wait_for_files({waker: READ}, 10)
            waker.clear()
            while work:
                done.append(work.pop())
        producer.join()

    assert sorted(done) == list(range(many))


def test_a_file_is_ready_for_what_was_asked_and_nothing_else() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        before = [wait_for_files({ours: events}, 0) for events in (0, READ, READ | WRITE)]
        theirs.send(b"x")
        after = [wait_for_files({ours: events}, 0) for events in (0, READ, WRITE)]

    assert before == [{}, {}, {ours: WRITE}]
    assert after == [{}, {ours: READ}, {ours: WRITE}]


def test_a_connection_that_the_other_side_closed_is_ready_unless_nothing_is_asked() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        ready = [wait_for_files({ours: events}, 0) for events in (0, READ, WRITE)]

    assert ready == [{}, {ours: READ}, {ours: WRITE}]
