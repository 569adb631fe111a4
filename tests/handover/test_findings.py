import random

import msgspec
import pytest

from edgenode.handover.findings import Findings


class Item(msgspec.Struct, frozen=True):
    order: int
    event: bool = False
    size: int = 1


def results(*orders: int) -> list[Item]:
    return [Item(order) for order in orders]


def events(*orders: int) -> list[Item]:
    return [Item(order, event=True) for order in orders]


def filled(store: Findings[Item], *items: Item) -> None:
    for item in items:
        store.add(item)


def orders(items: list[Item]) -> list[int]:
    return [item.order for item in items]


def taken(store: Findings[Item], most: int = 100) -> list[int]:
    return orders(store.take(most))


def test_results_and_events_are_taken_in_the_order_they_came() -> None:
    store: Findings[Item] = Findings()

    filled(store, *results(1), *events(2), *results(3), *events(4))

    assert (taken(store, 3), taken(store)) == ([1, 2, 3], [4])


def test_the_oldest_results_are_dropped_before_any_event() -> None:
    store: Findings[Item] = Findings()
    filled(store, *events(1), *results(2, 3), *events(4, 5), *results(6))

    dropped = store.trim(4, 100)

    assert orders(dropped) == [2, 3]
    assert taken(store) == [1, 4, 5, 6]


def test_the_oldest_events_are_dropped_where_no_result_is_left() -> None:
    store: Findings[Item] = Findings()
    filled(store, *events(1, 2), *results(3), *events(4))

    assert orders(store.trim(2, 100)) == [3, 1]


def test_bytes_are_bounded_too() -> None:
    store: Findings[Item] = Findings()
    filled(store, *(Item(order, size=3000) for order in range(1, 6)))

    dropped = store.trim(10, 9000)

    assert orders(dropped) == [1, 2]
    assert store.bytes == 9000


def test_a_store_without_any_room_is_emptied() -> None:
    store: Findings[Item] = Findings()
    filled(store, *results(1), *events(2))

    assert orders(store.trim(-3, 100)) == [1, 2]
    assert (len(store), store.bytes) == (0, 0)


def test_what_is_put_back_waits_again_in_order() -> None:
    store: Findings[Item] = Findings()
    filled(store, *results(1), *events(2), *results(3, 4))

    store.put_back(store.take(3))

    assert taken(store) == [1, 2, 3, 4]


def test_what_is_put_back_piece_by_piece_is_in_order_too() -> None:
    store: Findings[Item] = Findings()
    filled(store, *results(1, 2, 3, 4))
    first, second, third = store.take(3)

    store.put_back([second])
    store.put_back([third, first])

    assert taken(store) == [1, 2, 3, 4]


def test_the_oldest_of_each_kind_is_seen_without_being_taken() -> None:
    store: Findings[Item] = Findings()
    filled(store, *events(1, 2), *results(3, 4))

    assert sorted(orders(store.heads)) == [1, 3]
    assert len(store) == 4


def test_the_oldest_are_dropped_as_long_as_they_are_due() -> None:
    store: Findings[Item] = Findings()
    filled(store, *results(1, 2), *events(3, 9))

    dropped = store.drop_while(lambda item: item.order in (1, 3))

    assert orders(dropped) == [1, 3]
    assert (len(store), store.bytes) == (2, 2)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_doubled_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    store: Findings[Item] = Findings()
    here: set[int] = set()
    out: list[Item] = []

    for order in range(1, 400):
        item = Item(order, event=chance.random() < 0.3, size=chance.randint(1, 15))
        here.add(order)
        store.add(item)
        here -= set(orders(store.trim(20, 200)))
        if chance.random() < 0.4:
            out += store.take(chance.randint(1, 5))
        again = [one for one in out if chance.random() < 0.2]
        gone = [one for one in out if one not in again and chance.random() < 0.2]
        store.put_back(again)
        here -= set(orders(gone))
        out = [one for one in out if one not in again and one not in gone]

    store.put_back(out)
    left = store.take(1000)
    assert set(orders(left)) == here
    assert orders(left) == sorted(here)
    assert store.bytes == 0
