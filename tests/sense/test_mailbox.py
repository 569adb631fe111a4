import threading

from edgenode.sense.mailbox import Mailbox


def test_the_newest_item_wins_and_the_loss_is_counted() -> None:
    mailbox: Mailbox[int] = Mailbox(2)

    for item in (1, 2, 3):
        mailbox.put(item)

    assert [mailbox.take(0), mailbox.take(0), mailbox.take(0)] == [2, 3, None]
    assert mailbox.lost == 1


def test_a_reader_is_woken_by_an_item() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    reader = threading.Thread(target=lambda: taken.append(mailbox.take(10)))
    reader.start()

    mailbox.put(7)
    reader.join(10)

    assert taken == [7]


def test_a_writer_that_may_wait_is_told_when_there_is_room() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)

    assert not mailbox.wait_for_room(0)
    mailbox.take(0)

    assert mailbox.wait_for_room(0)


def test_closing_lets_the_reader_finish_and_takes_nothing_more() -> None:
    mailbox: Mailbox[int] = Mailbox(2)
    mailbox.put(1)

    mailbox.close()
    mailbox.put(2)

    assert not mailbox.exhausted
    assert mailbox.take(0) == 1
    assert mailbox.exhausted
    assert mailbox.take(10) is None
    assert mailbox.wait_for_room(10)
