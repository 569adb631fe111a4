import threading

from edgenode.mqtt.exchange import Received
from edgenode.mqtt.inbox import Inbox


def message(number: int) -> Received:
    return Received(topic="t", payload=b"%d" % number, qos=0, retained=False)


def test_messages_are_taken_in_order() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.received(message(number))

    taken = [inbox.take(0) for _ in range(4)]

    assert taken == [message(0), message(1), message(2), None]


def test_a_full_inbox_loses_the_oldest_and_counts_them() -> None:
    inbox = Inbox(capacity=2)

    for number in range(5):
        inbox.received(message(number))

    assert inbox.overwritten == 3
    assert inbox.take(0) == message(3)


def test_a_reader_waits_for_the_next_message() -> None:
    inbox = Inbox()
    writer = threading.Thread(target=inbox.received, args=(message(7),))

    writer.start()
    taken = inbox.take(10)
    writer.join()

    assert taken == message(7)
