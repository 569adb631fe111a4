import random

from edgenode.messages import Identity
from edgenode.uplink.gaps import Gap, Gaps

UPLINKS_RUN = "a" * 12
RUN, OTHER = "0" * 12, "1" * 12


def taken(gaps: Gaps) -> Gap | None:
    """Return what the next report is of."""
    found = gaps.take()
    return found and found[1].gap


def test_neighbours_become_one_range() -> None:
    gaps = Gaps(UPLINKS_RUN)

    for seq in (3, 4, 5, 9, 10):
        gaps.add(RUN, "overflow", seq, seq)

    assert taken(gaps) == Gap(RUN, "overflow", ((3, 5), (9, 10)))
    assert taken(gaps) is None


def test_ranges_that_touch_or_overlap_become_one() -> None:
    gaps = Gaps(UPLINKS_RUN)

    for first, last in ((10, 20), (1, 3), (30, 40), (18, 30), (4, 4)):
        gaps.add(RUN, "overflow", first, last)

    assert taken(gaps) == Gap(RUN, "overflow", ((1, 4), (10, 40)))


def test_runs_and_reasons_are_told_apart() -> None:
    gaps = Gaps(UPLINKS_RUN)

    gaps.add(RUN, "overflow", 1, 1)
    gaps.add(RUN, "expired", 2, 2)
    gaps.add(OTHER, "overflow", 3, 3)

    assert [taken(gaps) for _ in range(3)] == [
        Gap(RUN, "overflow", ((1, 1),)),
        Gap(RUN, "expired", ((2, 2),)),
        Gap(OTHER, "overflow", ((3, 3),)),
    ]


def test_the_lowest_is_known_until_its_report_has_arrived() -> None:
    gaps = Gaps(UPLINKS_RUN)
    gaps.add(RUN, "overflow", 7, 9)
    gaps.add(RUN, "refused", 5, 5)
    gaps.add(OTHER, "refused", 1, 1)
    seen = [gaps.lowest(RUN)]

    both = [taken(gaps), taken(gaps)]
    seen.append(gaps.lowest(RUN))
    for gap in both:
        assert gap is not None
        gaps.confirm(gap)
    seen.append(gaps.lowest(RUN))

    assert seen == [5, 5, None]


def test_one_gap_holds_no_more_than_a_message_may() -> None:
    gaps = Gaps(UPLINKS_RUN)
    for seq in range(1, 2000, 2):
        gaps.add(RUN, "overflow", seq, seq)

    found = []
    while (gap := taken(gaps)) is not None:
        found.append(gap)

    assert all(len(gap.ranges) <= Gaps.MOST_REPORTED for gap in found)
    assert [first for gap in found for first, _ in gap.ranges] == list(range(1, 2000, 2))


def test_any_order_of_drops_is_remembered_exactly_and_in_little() -> None:
    gaps = Gaps(UPLINKS_RUN)
    seqs = list(range(1, 20_001))
    random.Random(1).shuffle(seqs)  # noqa: S311 - an order, not a secret

    for seq in seqs:
        gaps.add(RUN, "overflow", seq, seq)

    assert taken(gaps) == Gap(RUN, "overflow", ((1, 20_000),))


def test_reports_are_numbered_in_the_uplinks_run_and_what_was_dropped_is_counted() -> None:
    gaps = Gaps(UPLINKS_RUN)
    gaps.add(RUN, "overflow", 1, 5)
    gaps.add(RUN, "refused", 7, 7)

    identities = [found[0] for found in (gaps.take(), gaps.take()) if found]

    assert identities == [Identity(UPLINKS_RUN, 1), Identity(UPLINKS_RUN, 2)]
    assert gaps.dropped == 6
