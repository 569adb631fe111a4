"""A broker that answers what it denies by closing, as aedes and RabbitMQ do: nothing is held up."""

import itertools
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from edgenode import config
from edgenode.handover.protocol import EventRecord, PluginSnapshot, ResultRecord, SenseSnapshot

if TYPE_CHECKING:
    from tests.uplink.conftest import Site


def test_a_finding_that_ends_connections_is_refused_and_those_behind_it_arrive(
    site: "Site",
    finding: Callable[..., ResultRecord],
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen_by = site.consumer()
    site.gate(forbidden=b"/result/denied")
    site.uplink()
    sense = site.sense()
    sense.offer(1, finding(plugin="denied"))
    for seq in range(2, 42):
        sense.offer(seq, finding())

    assert sense.kept(41) == 41

    arrived = [json.loads(m.payload)["seq"] for m in seen_by.wait_for_topic("result/people", 40)]
    assert sorted(set(arrived)) == list(range(2, 42))
    report = json.loads(seen_by.wait_for_topic("event/_outbox")[0].payload)
    assert (report["reason"], report["ranges"]) == ("refused", [[1, 1]])
    assert "given up" in caplog.text


def test_an_event_among_findings_in_flight_ends_no_more_connections_than_it_must(
    site: "Site", finding: Callable[..., ResultRecord]
) -> None:
    gate = site.gate(forbidden=b"/event/denied")
    site.uplink()
    sense = site.sense()
    for seq in range(1, 31):
        denied = EventRecord(
            plugin="denied", captured_at=1.0, type="keyword", label="yes", score=0.9
        )
        sense.offer(seq, denied if seq == 15 else finding())

    assert sense.kept(30) == 30
    assert gate.closed <= 4


def test_a_state_that_ends_connections_is_not_published_any_more_and_findings_arrive(
    site: "Site", finding: Callable[..., ResultRecord]
) -> None:
    gate = site.gate(forbidden=b"/state/people")
    site.uplink(outbox=config.Outbox())
    sense = site.sense()
    sense.send(SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")}))
    for seq in range(1, 11):
        sense.offer(seq, finding())

    assert sense.kept(10) == 10
    assert gate.closed <= 5


def test_a_broker_that_is_killed_again_and_again_costs_no_finding(
    site: "Site", finding: Callable[..., ResultRecord], until: Callable[..., None]
) -> None:
    one = site.uplink()
    sense = site.sense()
    until(lambda: one.connected)

    for turn in range(5):
        for seq in range(turn * 40 + 1, turn * 40 + 41):
            sense.offer(seq, finding())
        site.broker.kill()
        site.broker.start()
        until(lambda: one.connected)

    assert sense.kept(200) == 200
    assert one._outbox.health().dropped == 0


def gives_up(caplog: pytest.LogCaptureFixture, topic: str) -> bool:
    """Return whether the log says that nothing more is sent on *topic*."""
    return f"closes on all of topic 'edgenode/v1/n1/{topic}'" in caplog.text


def test_a_plugin_whose_every_result_ends_connections_is_denied_and_the_others_arrive(
    site: "Site",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen_by = site.consumer()
    gate = site.gate(forbidden=b"/result/denied")
    site.uplink()
    sense = site.sense()
    for seq in range(1, 201):
        sense.offer(seq, finding(plugin="denied" if seq % 2 else "people"))

    until(lambda: gives_up(caplog, "result/denied"), 30.0)
    assert sense.kept(200) == 200
    arrived = [json.loads(m.payload)["seq"] for m in seen_by.wait_for_topic("result/people", 100)]
    assert sorted(set(arrived)) == list(range(2, 201, 2))
    assert gate.closed <= 8


def test_a_health_on_which_the_broker_closes_is_given_up_though_nothing_answers_it(
    site: "Site", event: EventRecord, until: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    seen_by = site.consumer("+/+/+/event/#")
    gate = site.gate(forbidden=b"/health")
    site.uplink(health=config.Health(period_s=1))
    sense = site.sense()

    until(lambda: gives_up(caplog, "health"))
    closed = gate.closed
    sense.offer(1, event)

    assert sense.kept(1) == 1
    seen_by.wait_for_topic("event/words")
    assert gate.closed == closed <= 6


def test_results_at_qos_0_on_which_the_broker_closes_are_told_apart_from_those_it_takes(
    site: "Site",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen_by = site.consumer()
    gate = site.gate(forbidden=b"/result/denied")
    site.uplink(mqtt={"result_qos": 0})
    sense = site.sense()
    seqs = itertools.count(1)

    def is_denied_at_last() -> bool:
        # At QoS 0 one is lost where the connection ends just then: so there is always another.
        sense.offer(next(seqs), finding(plugin="denied"))
        time.sleep(0.1)
        return gives_up(caplog, "result/denied")

    until(is_denied_at_last, 60.0)
    last = next(seqs)
    sense.offer(last, finding())

    assert sense.kept(last) == last
    seen_by.wait_for_topic("result/people")
    assert gate.closed <= 8
