"""The publisher between a real outbox and a real broker."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from edgenode import clock, config
from edgenode.handover.protocol import EventRecord, PluginSnapshot, ResultRecord, SenseSnapshot
from edgenode.uplink.timing import Timing

if TYPE_CHECKING:
    from edgenode.mqtt.exchange import Received
    from tests.uplink.conftest import Site

SNAPSHOT = SenseSnapshot(
    plugins={
        "people": PluginSnapshot(fate="running"),
        "cats": PluginSnapshot(fate="model-error", error="model 'x' is missing; pull it"),
    },
)


def kind(message: "Received") -> str:
    """Return the topic as the schema spells it."""
    parts = message.topic.removeprefix("edgenode/v1/n1/").split("/")
    return "/".join(parts) if parts[-1] == "_outbox" else parts[0]


def test_every_topic_has_the_contracts_payload_quality_and_retention(
    site: "Site",
    finding: Callable[..., ResultRecord],
    validate: Callable[[str, bytes], dict[str, Any]],
    event: EventRecord,
) -> None:
    seen_by = site.consumer()
    site.uplink()
    sense = site.sense(also=["cats"])
    sense.send(SNAPSHOT)
    sense.offer(1, finding())
    sense.offer(2, event)

    seen_by.wait_for_topic("event/words")
    seen_by.wait_for_topic("state/cats")
    seen = seen_by.wait_for_topic("")

    for message in seen:
        validate(kind(message), message.payload)
    assert {(kind(message), message.qos) for message in seen} == {
        ("status", 1), ("meta", 1), ("result", 1), ("event", 1), ("state", 1), ("health", 0),
    }  # fmt: skip
    latecomer = site.consumer()
    latecomer.wait_for_topic("state/cats")
    assert {kind(message) for message in latecomer.wait_until(lambda found: len(found) >= 4)} == {
        "status", "meta", "state",
    }  # fmt: skip


def test_on_mqtt_5_messages_expire_as_the_contract_says(
    site: "Site",
    finding: Callable[..., ResultRecord],
    event: EventRecord,
) -> None:
    seen_by = site.consumer()
    site.uplink()
    sense = site.sense()
    sense.offer(1, finding())
    sense.offer(2, event)
    seen_by.wait_for_topic("event/words")
    seen = seen_by.wait_for_topic("")
    seen_by.wait_for_topic("state/people")

    hours = {kind(message): message.expires_s for message in seen_by.wait_for_topic("")}

    assert hours["status"] is None
    assert hours["meta"] is None
    assert hours["result"] in range(3590, 3601)
    assert hours["event"] in range(7 * 86400 - 10, 7 * 86400 + 1)
    assert hours["state"] in range(290, 301)
    assert hours["health"] in range(170, 181)
    assert {message.content_type for message in seen} == {"application/json"}


def test_the_birth_names_what_sense_runs(
    site: "Site",
) -> None:
    seen_by = site.consumer("+/+/+/meta")
    one = site.uplink()
    site.sense()

    seen = seen_by.wait_until(lambda found: any(b"object-detection" in m.payload for m in found))
    birth = json.loads(seen[-1].payload)

    assert birth["run"] == one.run
    assert birth["node"] == "n1"
    assert birth["hw"]["model"] == "a board"
    assert birth["models"][0]["labels"] == ["person", "kite"]
    assert birth["plugins"] == [
        {"id": "people", "use": "object-detection", "model": "ssd", "source": "front"}
    ]


def test_health_counts_what_was_dropped_rejected_and_sent(
    site: "Site",
    finding: Callable[..., ResultRecord],
    validate: Callable[[str, bytes], dict[str, Any]],
) -> None:
    seen_by = site.consumer("+/+/+/health")
    site.uplink(health=config.Health(period_s=1))
    sense = site.sense()
    sense.send(SNAPSHOT)
    sense.send_raw(b"\xc1")
    sense.offer(3, finding())

    # The first one is said when the broker is there, whatever sense has said by then.
    seen = seen_by.wait_until(lambda found: len(found) > 1 and b'"dropped":2' in found[-1].payload)
    health = validate("health", seen[-1].payload)

    assert health["plugins"].keys() == {"people", "cats"}
    assert health["outbox"]["dropped"] == 2
    assert health["egress"]["rejected"] == 1
    assert health["egress"]["bytes"] > 100
    # The finding, and the report on the two before it: this consumer subscribes to health alone.
    expected = {"protocol": "5", "reconnects": 0, "denied": 0, "unheard": 2}
    assert health["mqtt"] == expected
    assert health["clock"] in ("synced", "unsynced")


def test_a_clean_stop_publishes_what_waited_and_offline(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.consumer()
    one = site.uplink()
    sense = site.sense()
    for number in range(1, 101):
        sense.offer(number, finding())

    assert one.stop()

    online, offline = (json.loads(m.payload) for m in seen_by.wait_for_topic("status", 2))
    assert (online["state"], online["reason"]) == ("online", "boot")
    assert (offline["state"], offline["reason"]) == ("offline", "shutdown")
    assert (online["run"], online["conn"]) == (offline["run"], offline["conn"]) == (one.run, 1)
    assert len(seen_by.wait_for_topic("result/people", 100)) == 100
    assert seen_by.topics()[-1].endswith("/status")


def test_before_a_clean_end_health_is_published_once_more(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.consumer()
    one = site.uplink()
    sense = site.sense()
    sense.send(SenseSnapshot(plugins={}, seen_bytes=1234))
    sense.offer(1, finding())
    seen_by.wait_for_topic("result/people")

    assert one.stop()

    seen_by.wait_for_topic("status", 2)
    last = json.loads(seen_by.wait_for_topic("health", 2)[1].payload)
    assert last["ingress"] == {"bytes": 1234}
    assert [topic.split("/")[-1] for topic in seen_by.topics()[-2:]] == ["health", "status"]


def test_what_leaves_long_after_its_capture_says_so(
    site: "Site",
    finding: Callable[..., ResultRecord],
    validate: Callable[[str, bytes], dict[str, Any]],
) -> None:
    seen_by = site.consumer("+/+/+/result/#")
    site.uplink()
    sense = site.sense()

    sense.offer(1, finding(at=time.time() - 61))
    sense.offer(2, finding())
    late, timely = (validate("result", m.payload) for m in seen_by.wait_for_topic("people", 2))

    assert late["late"] is True
    assert "late" not in timely


def test_a_clock_set_while_findings_wait_corrects_them_and_makes_none_late(
    site: "Site",
    finding: Callable[..., ResultRecord],
    validate: Callable[[str, bytes], dict[str, Any]],
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unset = time.time
    seen_by = site.consumer("+/+/+/result/#")
    gate = site.gate()
    gate.shut()
    one = site.uplink()
    sense = site.sense()
    sense.offer(1, finding(at=1000.0))
    sense.offer(2, finding())
    until(lambda: "2 waiting" in one.status())

    monkeypatch.setattr(time, "time", lambda: unset() + 86400.0)
    gate.open()
    old, new = (validate("result", m.payload) for m in seen_by.wait_for_topic("people", 2))

    assert abs(old["ts"] - 87_400_000) < 1000
    assert old["late"] is True
    assert abs(new["ts"] - time.time() * 1000) < 20_000
    assert "late" not in new


def test_a_clock_set_while_the_uplink_was_away_corrects_what_sense_has_kept(
    site: "Site",
    finding: Callable[..., ResultRecord],
    validate: Callable[[str, bytes], dict[str, Any]],
) -> None:
    seen_by = site.consumer("+/+/+/result/#")
    twenty_years = 20 * 365 * 86400.0
    site.uplink()

    # Captured by a clock that was 20 years behind the one of now.
    captured = time.time() - twenty_years
    site.sense().offer(1, finding(at=captured), at_offset=clock.offset() - twenty_years)

    (seen,) = (validate("result", m.payload) for m in seen_by.wait_for_topic("people"))
    assert abs(seen["ts"] - time.time() * 1000) < 20_000


def test_state_goes_at_most_once_a_second_and_the_latest_always(
    site: "Site",
) -> None:
    seen_by = site.consumer("+/+/+/state/#")
    site.uplink()
    sense = site.sense()

    began = time.monotonic()
    for fate in ("starting", "running", "device-error", "running", "finished"):
        sense.send(SenseSnapshot(plugins={"people": PluginSnapshot(fate=fate)}))
    seen = seen_by.wait_until(
        lambda found: any(b"finished" in message.payload for message in found)
    )

    assert len(seen) <= 1 + (time.monotonic() - began)


def test_results_at_qos_0_are_kept_as_they_leave(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.consumer("+/+/+/result/#")
    site.uplink(mqtt={"result_qos": 0})
    sense = site.sense()

    for number in range(1, 201):
        sense.offer(number, finding())

    assert sense.kept(200) == 200
    assert {message.qos for message in seen_by.wait_for_topic("people", 200)} == {0}


def test_a_clean_stop_publishes_the_last_states_first(
    site: "Site",
) -> None:
    seen_by = site.consumer()
    one = site.uplink(timing=Timing(state_pause_s=600.0))
    others = [f"p{number}" for number in range(40)]
    sense = site.sense(also=others)
    sense.send(SenseSnapshot(plugins={"people": PluginSnapshot(fate="running")}))
    seen_by.wait_for_topic("state/people")

    # More than the broker takes at once, and the first of them changes within the pause.
    plugins = ("people", *others)
    sense.send(SenseSnapshot(plugins=dict.fromkeys(plugins, PluginSnapshot(fate="finished"))))
    assert one.stop()

    seen_by.wait_for_topic("status", 2)
    states = [m for m in seen_by.wait_for_topic("") if kind(m) == "state"]
    assert len(states) == 1 + 41
    assert {json.loads(message.payload)["fate"] for message in states[1:]} == {"finished"}
    assert seen_by.topics()[-1].endswith("/status")
