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


def filled(store: Findings[Item], *items: Item) -> list[int]:
    """Add *items*; return the places of what was dropped for them."""
    return [dropped.order for item in items for dropped in store.add(item)]


def taken(store: Findings[Item], most: int = 100) -> list[int]:
    return [item.order for item in store.take(most)]


def test_results_and_events_are_taken_in_the_order_they_came() -> None:
    store: Findings[Item] = Findings(10, 100)

    filled(store, *results(1), *events(2), *results(3), *events(4))

    assert (taken(store, 3), taken(store)) == ([1, 2, 3], [4])


def test_the_oldest_result_is_dropped_before_any_event() -> None:
    store: Findings[Item] = Findings(3, 100)

    dropped = filled(store, *events(1), *results(2, 3), *events(4, 5), *results(6))

    assert dropped == [2, 3, 6]
    assert taken(store) == [1, 4, 5]


def test_the_oldest_event_is_dropped_where_no_result_is_left() -> None:
    store: Findings[Item] = Findings(2, 100)

    assert filled(store, *events(1, 2, 3)) == [1]


def test_bytes_are_bounded_too() -> None:
    store: Findings[Item] = Findings(10, 9000)

    dropped = filled(store, *(Item(order, size=3000) for order in range(1, 6)))

    assert dropped == [1, 2]
    assert store.bytes == 9000


def test_one_larger_than_the_whole_store_is_dropped_and_nothing_else() -> None:
    store: Findings[Item] = Findings(10, 100)
    filled(store, *results(1))

    dropped = filled(store, Item(2, event=True, size=101))

    assert dropped == [2]
    assert taken(store) == [1]


def test_what_is_in_flight_is_not_dropped() -> None:
    store: Findings[Item] = Findings(2, 100)
    filled(store, *results(1, 2))
    taken(store)

    dropped = filled(store, *events(3))

    assert dropped == [3]
    assert len(store) == 2


def test_what_the_next_hop_holds_as_well_is_forgotten_first_and_is_no_loss() -> None:
    store: Findings[Item] = Findings(3, 100, handed_over=True)
    filled(store, *events(1), *results(2), *events(3))
    taken(store)

    dropped = filled(store, *results(4), *results(5))

    assert dropped == []
    store.put_back_all()
    assert taken(store) == [3, 4, 5], "results in flight are forgotten before events"


def test_what_was_in_flight_waits_again_in_order() -> None:
    store: Findings[Item] = Findings(10, 100)
    filled(store, *results(1), *events(2), *results(3, 4))
    taken(store, 3)

    store.put_back_all()

    assert taken(store) == [1, 2, 3, 4]


def test_what_is_put_back_piece_by_piece_is_in_order_too() -> None:
    store: Findings[Item] = Findings(10, 100)
    filled(store, *results(1, 2, 3, 4))
    first, second, third = store.take(3)

    store.put_back([second])
    store.put_back([first, third])

    assert taken(store) == [1, 2, 3, 4]


def test_all_up_to_a_place_is_forgotten_in_flight_or_not() -> None:
    store: Findings[Item] = Findings(10, 100)
    filled(store, *results(1), *events(2), *results(3), *events(4))
    taken(store, 2)

    store.forget_until(3)

    assert len(store) == 1
    assert taken(store) == [4]
    assert store.bytes == 1


def test_the_oldest_are_dropped_as_long_as_they_are_due() -> None:
    store: Findings[Item] = Findings(10, 100)
    filled(store, *results(1, 2), *events(3, 9))

    dropped = store.drop_heads(lambda item: item.order in (1, 3))

    assert [item.order for item in dropped] == [1, 3]
    assert store.waiting == 2


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_doubled_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    store: Findings[Item] = Findings(20, 200)
    here: set[int] = set()
    flying: dict[int, Item] = {}

    for order in range(1, 400):
        item = Item(order, event=chance.random() < 0.3, size=chance.randint(1, 15))
        here.add(order)
        here -= {dropped.order for dropped in store.add(item)}
        if chance.random() < 0.4:
            flying |= {one.order: one for one in store.take(chance.randint(1, 5))}
        for one in [one for one in flying.values() if chance.random() < 0.3]:
            del flying[one.order]
            if chance.random() < 0.5:
                store.put_back([one])
            else:
                store.forget(one)
                here.remove(one.order)

    store.put_back_all()
    left = store.take(1000)
    assert {item.order for item in left} == here
    assert [item.order for item in left] == sorted(here)
    assert store.bytes == sum(item.size for item in left)
