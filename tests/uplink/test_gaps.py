import random

from edgenode.messages import Identity
from edgenode.uplink.gaps import Gap, Gaps

RUN, OTHER = "0" * 12, "1" * 12


def test_neighbours_become_one_range() -> None:
    gaps = Gaps()

    for seq in (3, 4, 5, 9, 10):
        gaps.add(Identity(RUN, seq), "overflow")

    assert gaps.take() == Gap(RUN, "overflow", ((3, 5), (9, 10)))
    assert gaps.take() is None
    assert not gaps


def test_runs_and_reasons_are_told_apart() -> None:
    gaps = Gaps()

    gaps.add(Identity(RUN, 1), "overflow")
    gaps.add(Identity(RUN, 2), "expired")
    gaps.add(Identity(OTHER, 3), "overflow")

    assert [gaps.take() for _ in range(3)] == [
        Gap(RUN, "overflow", ((1, 1),)),
        Gap(RUN, "expired", ((2, 2),)),
        Gap(OTHER, "overflow", ((3, 3),)),
    ]


def test_what_was_taken_and_did_not_leave_comes_back() -> None:
    gaps = Gaps()
    gaps.add(Identity(RUN, 1), "overflow")
    gap = gaps.take()
    assert gap is not None

    gaps.add(Identity(RUN, 3), "overflow")
    gaps.restore(gap)
    gaps.add(Identity(RUN, 2), "overflow")

    assert gaps.take() == Gap(RUN, "overflow", ((1, 3),))


def test_one_gap_holds_no_more_than_a_message_may() -> None:
    gaps = Gaps()
    for seq in range(1, 2000, 2):
        gaps.add(Identity(RUN, seq), "overflow")

    taken = []
    while (gap := gaps.take()) is not None:
        taken.append(gap)

    assert all(len(gap.ranges) <= Gaps.LARGEST for gap in taken)
    assert [first for gap in taken for first, _ in gap.ranges] == list(range(1, 2000, 2))


def test_any_order_of_drops_is_remembered_exactly_and_in_little() -> None:
    gaps = Gaps()
    seqs = list(range(1, 20_001))
    random.Random(1).shuffle(seqs)  # noqa: S311 - an order, not a secret

    for seq in seqs:
        gaps.add(Identity(RUN, seq), "overflow")

    assert gaps.take() == Gap(RUN, "overflow", ((1, 20_000),))
