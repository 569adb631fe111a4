"""What waits to be sent is bounded, counted and fit to pass; the test is the uplink."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgenode.errors import ContractError
from edgenode.handover.backlog import Backlog
from edgenode.handover.protocol import (
    MAX_PACKET,
    EventRecord,
    Inventory,
    Kept,
    PluginSnapshot,
    Record,
    ResultRecord,
    SenseSnapshot,
)
from edgenode.values import Box, Detection, Measurement, Result
from tests.handover.sending import Uplink, event, listening, result, running


def test_drain_waits_until_everything_is_sent_or_kept(tmp_path: Path) -> None:
    with running(tmp_path) as backlog:
        backlog.add(event("yes"), 0.0)
        before = backlog.drain(0.01)
        with listening(tmp_path) as server, Uplink(server) as uplink:
            sent = backlog.drain(10)
            kept = backlog.drain(0.01, kept=True)
            uplink.offers(1)
            uplink.send(Kept(1))

            assert (before, sent, kept) == (False, True, False)
            assert backlog.drain(10, kept=True)


def test_while_the_uplink_is_away_results_go_before_events_and_are_counted(tmp_path: Path) -> None:
    with running(tmp_path, capacity=3) as backlog:
        for record in (event("yes"), result(1.0), result(2.0), event("no"), event("up")):
            backlog.add(record, 0.0)

        with listening(tmp_path) as server, Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == [event("yes"), event("no"), event("up")]
    assert [offer.seq for offer in offers] == [1, 4, 5], "a number left out was dropped"
    assert backlog.dropped == 2


def test_a_result_never_drives_out_an_event(tmp_path: Path) -> None:
    with running(tmp_path, capacity=3) as backlog:
        for record in (event("yes"), event("no"), event("up"), result(1.0)):
            backlog.add(record, 0.0)

        with listening(tmp_path) as server, Uplink(server) as uplink:
            offers = uplink.offers(3)

    assert [offer.record for offer in offers] == [event("yes"), event("no"), event("up")]


def test_what_waits_to_be_sent_is_bounded_as_long_as_the_uplink_is_away(tmp_path: Path) -> None:
    backlog = Backlog(3)

    for at in range(100):
        backlog.add(result(float(at)), 0.0)

    assert (len(backlog), backlog.dropped) == (3, 97)


def test_what_the_uplink_already_has_is_forgotten_first_and_is_not_dropped(tmp_path: Path) -> None:
    with listening(tmp_path) as server, running(tmp_path, capacity=2) as backlog:
        with Uplink(server) as uplink:
            backlog.add(event("yes"), 0.0)
            backlog.add(event("no"), 0.0)
            uplink.offers(2)
            assert backlog.drain(10)

            backlog.add(result(1.0), 0.0)
            uplink.offers(1)
        with Uplink(server) as uplink:
            again = uplink.offers(2)

    assert [offer.record for offer in again] == [event("no"), result(1.0)]
    assert backlog.dropped == 0


def test_a_backlog_goes_out_in_one_go_though_the_uplink_waits_for_its_answers_to_be_read(
    tmp_path: Path,
) -> None:
    many = 20_000
    with running(tmp_path, many) as backlog:
        for at in range(many):
            backlog.add(result(float(at)), 0.0)

        with listening(tmp_path) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            with Uplink(server) as uplink:
                for seq in range(1, many + 1):
                    assert uplink.offers(1)[0].seq == seq
                    uplink.send(Kept(seq))
                kept = backlog.drain(10, kept=True)

    assert kept


SCORE: Any = np.float32(0.5)


CROWD = (Detection("person", 0.5, Box(0.1, 0.2, 0.3, 0.4)),) * 257


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (EventRecord(plugin="w", captured_at=1.0, type="keyword", label="x", score=SCORE), "numpy"),
        (
            EventRecord(plugin="w", captured_at=1.0, type="keyword", label="x", score=1.0000001),
            "<=",
        ),
        (ResultRecord("p", Result(captured_at=1.0, findings=CROWD)), "length <= 256"),
        (ResultRecord("p", Result(captured_at=1.0, ms=float("nan"))), "ms"),
        (
            ResultRecord(
                "p", Result(captured_at=1.0, findings=(Measurement("x" * MAX_PACKET, 1.0),))
            ),
            f"at most {MAX_PACKET} may be sent",
        ),
    ],
)
def test_what_can_never_pass_is_the_fault_of_who_offers_it_and_the_sender_goes_on(
    tmp_path: Path, wrong: Record, fault: str
) -> None:
    with listening(tmp_path) as server, running(tmp_path) as backlog:
        with pytest.raises(ContractError, match=fault):
            backlog.add(wrong, 0.0)
        backlog.add(event("yes"), 0.0)
        with Uplink(server) as uplink:
            offers = uplink.offers(1)

    assert [(offer.seq, offer.record) for offer in offers] == [(1, event("yes"))]


def test_an_inventory_or_a_snapshot_that_can_never_pass_is_refused_where_they_are_made(
    tmp_path: Path,
) -> None:
    backlog = Backlog()

    with pytest.raises(ContractError, match="cfg_hash"):
        backlog.announce(Inventory(cfg_hash="x" * 600))
    with pytest.raises(ContractError, match="error"):
        backlog.report(SenseSnapshot(plugins={"p": PluginSnapshot(fate="failed", error="x" * 600)}))
