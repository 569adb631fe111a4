"""A broker that keeps no retained messages, takes QoS 0 only, or has nobody who listens."""

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from edgenode import config
from edgenode.handover.protocol import PluginSnapshot, ResultRecord, SenseSnapshot
from tests.waiting import until

if TYPE_CHECKING:
    from tests.uplink.conftest import Site

SNAPSHOT = SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")})


@pytest.mark.parametrize("protocol", ["auto", "3.1.1"])
@pytest.mark.parametrize(
    "lacking", ["retain_available false", "max_qos 0", "retain_available false\nmax_qos 0"]
)
def test_a_node_publishes_what_the_broker_takes_and_says_what_it_does_without(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    caplog: pytest.LogCaptureFixture,
    protocol: str,
    lacking: str,
) -> None:
    told = "takes QoS 0 only" if "max_qos" in lacking else "keeps no retained messages"
    site = site_on(f"allow_anonymous true\n{lacking}")
    seen_by = site.consumer()
    one = site.uplink(mqtt={"protocol": protocol})
    # On 3.1.1 each thing that it lacks is found out by two closes.
    until(lambda: one.connected, 30.0)
    sense = site.sense()
    sense.send(SNAPSHOT)
    for seq in range(1, 41):
        sense.offer(seq, finding())

    assert sense.kept(40) == 40
    seen = seen_by.wait_for_topic("result/people", 40)
    seen_by.wait_for_topic("state/people")
    stopped = one.stop()

    assert [json.loads(message.payload)["seq"] for message in seen] == list(range(1, 41))
    last = seen_by.wait_for_topic("status", 2)[-1]
    assert (stopped, json.loads(last.payload)["reason"]) == (True, "shutdown")
    warnings = [entry for entry in caplog.records if entry.levelno == logging.WARNING]
    # Once by the node, and once by the consumer.
    assert len([entry for entry in warnings if told in entry.getMessage()]) == 2


def test_a_plugin_that_goes_sends_no_empty_state_where_nothing_is_kept(
    site_on: "Callable[..., Site]", finding: Callable[..., ResultRecord]
) -> None:
    site = site_on("allow_anonymous true\nretain_available false")
    seen_by = site.consumer()
    site.uplink()
    sense = site.sense(also=["cats"])
    sense.send(SenseSnapshot(plugins={"cats": PluginSnapshot(fate="running")}))
    seen_by.wait_for_topic("state/cats")
    sense.close()

    another = site.sense()
    another.offer(1, finding())

    seen_by.wait_for_topic("result/people")
    assert [message.payload for message in seen_by.messages if not message.payload] == []


def test_findings_to_which_nobody_subscribes_are_counted(
    site: "Site", finding: Callable[..., ResultRecord]
) -> None:
    seen_by = site.consumer("+/+/+/health")
    site.uplink(health=config.Health(period_s=1))
    sense = site.sense()
    for seq in range(1, 4):
        sense.offer(seq, finding())
    sense.kept(3)

    seen = seen_by.wait_until(lambda found: b'"unheard":3' in found[-1].payload if found else False)

    assert json.loads(seen[-1].payload)["mqtt"]["denied"] == 0


def test_mqtt_3_1_1_does_not_tell_and_health_does_not_claim_it(
    site: "Site", finding: Callable[..., ResultRecord]
) -> None:
    seen_by = site.consumer("+/+/+/health")
    site.uplink(mqtt={"protocol": "3.1.1"})

    (health,) = seen_by.wait_for_topic("health")

    assert "unheard" not in json.loads(health.payload)["mqtt"]
