"""The publisher between a real outbox and a real broker."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from edgenode import config
from edgenode.handover import EventRecord, Inventory, PluginVitals, ResultRecord, Vitals
from edgenode.messages import ModelMeta
from edgenode.uplink import broker as broker_module

if TYPE_CHECKING:
    from edgenode.mqtt.exchange import Received
    from tests.uplink.conftest import Site

SHA = "0" * 64
EVENT = EventRecord(plugin="words", captured_at=time.time(), type="keyword", label="yes", score=0.9)
VITALS = Vitals(
    plugins={
        "people": PluginVitals(fate="running"),
        "cats": PluginVitals(fate="model-error", error="model 'x' is missing; pull it"),
    },
    dropped=2,
)


def kind(message: "Received") -> str:
    """Return the topic as the schema spells it."""
    parts = message.topic.removeprefix("edgenode/v1/n1/").split("/")
    return "/".join(parts) if parts[-1] == "_outbox" else parts[0]


def payloads(seen: "list[Received]") -> list[bytes]:
    return [message.payload for message in seen]


def test_every_topic_has_the_contracts_payload_quality_and_retention(
    site: "Site",
    finding: Callable[..., ResultRecord],
    judge: Callable[[str, bytes], dict[str, Any]],
) -> None:
    seen_by = site.witness()
    site.uplink()
    mouth = site.sense()
    mouth.say(VITALS)
    mouth.offer(1, finding())
    mouth.offer(2, EVENT)

    seen_by.see_topic("event/words")
    seen_by.see_topic("state/cats")
    seen = seen_by.see_topic("")

    for message in seen:
        judge(kind(message), message.payload)
    assert {(kind(message), message.qos) for message in seen} == {
        ("status", 1), ("meta", 1), ("result", 1), ("event", 1), ("state", 1), ("health", 0),
    }  # fmt: skip
    latecomer = site.witness()
    latecomer.see_topic("state/cats")
    assert {kind(message) for message in latecomer.see(lambda found: len(found) >= 4)} == {
        "status", "meta", "state",
    }  # fmt: skip


def test_on_mqtt_5_messages_expire_as_the_contract_says(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.witness()
    site.uplink()
    mouth = site.sense()
    mouth.offer(1, finding())
    mouth.offer(2, EVENT)
    seen_by.see_topic("event/words")
    seen = seen_by.see_topic("")
    seen_by.see_topic("state/people")

    hours = {kind(message): message.expires_s for message in seen_by.see_topic("")}

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
    seen_by = site.witness("+/+/+/meta")
    one = site.uplink()
    site.sense()

    seen = seen_by.see(lambda found: any(b"object-detection" in m.payload for m in found))
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
    judge: Callable[[str, bytes], dict[str, Any]],
) -> None:
    seen_by = site.witness("+/+/+/health")
    site.uplink(health=config.Health(period_s=1))
    mouth = site.sense()
    mouth.say(VITALS)
    mouth.say_raw(b"\xc1")

    health = judge("health", seen_by.see_topic("health", 2)[1].payload)

    assert health["plugins"].keys() == {"people", "cats"}
    assert health["outbox"]["dropped"] == 2
    assert health["egress"]["rejected"] == 1
    assert health["egress"]["bytes"] > 100
    assert health["mqtt"] == {"protocol": "5", "reconnects": 0, "denied": 0}
    assert health["clock"] in ("synced", "unsynced")


def test_a_clean_stop_says_offline_and_what_still_waited(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.witness()
    one = site.uplink()
    mouth = site.sense()
    for number in range(1, 101):
        mouth.offer(number, finding())
    mouth.accepted(100)

    assert one.stop()

    online, offline = (json.loads(m.payload) for m in seen_by.see_topic("status", 2))
    assert (online["state"], online["reason"]) == ("online", "boot")
    assert (offline["state"], offline["reason"]) == ("offline", "shutdown")
    assert (online["run"], online["conn"]) == (offline["run"], offline["conn"]) == (one.run, 1)
    assert len(seen_by.see_topic("result/people", 100)) == 100
    assert seen_by.topics()[-1].endswith("/status")


def test_the_last_word_before_a_clean_end_is_how_much_was_seen(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.witness()
    one = site.uplink()
    mouth = site.sense()
    mouth.say(Vitals(plugins={}, seen_bytes=1234))
    mouth.offer(1, finding())
    seen_by.see_topic("result/people")

    assert one.stop()

    seen_by.see_topic("status", 2)
    last = json.loads(seen_by.see_topic("health", 2)[1].payload)
    assert last["ingress"] == {"bytes": 1234}
    assert [topic.split("/")[-1] for topic in seen_by.topics()[-2:]] == ["health", "status"]


def test_a_broker_that_was_away_gets_everything_in_order(
    site: "Site",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
) -> None:
    one = site.uplink()
    mouth = site.sense()
    until(lambda: one.connected)
    site.broker.kill()
    for number in range(1, 301):
        mouth.offer(number, finding(plugin=f"p{number % 3}"))
    mouth.accepted(300)

    site.broker.start()
    seen_by = site.witness()

    assert sorted(mouth.settled(300)) == list(range(1, 301))
    birth = json.loads(seen_by.see_topic("status")[0].payload)
    assert (birth["state"], birth["reason"], birth["conn"]) == ("online", "reconnect", 2)


def test_resends_are_byte_for_byte_the_same(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
) -> None:
    site = site_on()
    one = site.uplink()
    mouth = site.sense()
    seen: dict[tuple[str, int], set[bytes]] = {}
    offered = 0

    for _ in range(3):
        seen_by = site.witness("+/+/+/result/#")
        for _ in range(300):
            offered += 1
            mouth.offer(offered, finding())
        seen_by.see_topic("result/people", 20)
        site.broker.kill()
        for message in seen_by.messages:
            found = json.loads(message.payload)
            seen.setdefault((found["run"], found["seq"]), set()).add(message.payload)
        site.broker.start()
        until(lambda: one.connected)

    assert all(len(payloads) == 1 for payloads in seen.values())
    assert sorted(mouth.settled(offered)) == list(range(1, offered + 1))


def test_what_leaves_long_after_its_capture_says_so(
    site: "Site",
    finding: Callable[..., ResultRecord],
    judge: Callable[[str, bytes], dict[str, Any]],
) -> None:
    seen_by = site.witness("+/+/+/result/#")
    site.uplink()
    mouth = site.sense()

    mouth.offer(1, finding(at=time.time() - 61))
    mouth.offer(2, finding())
    late, timely = (judge("result", m.payload) for m in seen_by.see_topic("people", 2))

    assert late["late"] is True
    assert "late" not in timely


def test_a_clock_set_while_findings_wait_corrects_them_and_makes_none_late(
    site: "Site",
    finding: Callable[..., ResultRecord],
    judge: Callable[[str, bytes], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unset = time.time
    site.broker.kill()
    site.uplink()
    mouth = site.sense()
    mouth.offer(1, finding(at=1000.0))
    mouth.accepted()
    mouth.offer(2, finding())
    mouth.accepted()

    monkeypatch.setattr(time, "time", lambda: unset() + 86400.0)
    site.broker.start()
    seen_by = site.witness("+/+/+/result/#")
    old, new = (judge("result", m.payload) for m in seen_by.see_topic("people", 2))

    assert abs(old["ts"] - 87_400_000) < 1000
    assert old["late"] is True
    assert abs(new["ts"] - time.time() * 1000) < 20_000
    assert "late" not in new


def test_a_gap_is_explained_by_the_outbox_itself(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
    judge: Callable[[str, bytes], dict[str, Any]],
) -> None:
    site = site_on()
    site.broker.kill()
    one = site.uplink(outbox=config.Outbox(messages=50))
    mouth = site.sense()
    mouth.offer(1, EVENT)
    for number in range(2, 201):
        mouth.offer(number, finding())
    mouth.settled(150)

    site.broker.start()
    seen_by = site.witness()
    until(lambda: one.connected)
    report = judge("event/_outbox", seen_by.see_topic("event/_outbox")[0].payload)

    assert report["reason"] == "overflow"
    assert report["of"] == one.run
    assert report["ranges"] == [[2, 151]]


def test_state_goes_at_most_once_a_second_and_the_latest_always(
    site: "Site",
) -> None:
    seen_by = site.witness("+/+/+/state/#")
    site.uplink()
    mouth = site.sense()

    began = time.monotonic()
    for fate in ("starting", "running", "device-error", "running", "finished"):
        mouth.say(Vitals(plugins={"people": PluginVitals(fate=fate)}))
    seen = seen_by.see(lambda found: any(b"finished" in message.payload for message in found))

    assert len(seen) <= 1 + (time.monotonic() - began)


def test_a_broker_that_denies_results_gets_the_rest_and_is_not_asked_for_ever(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rules = ["topic read #", *(f"topic write edgenode/v1/n1/{t}/#" for t in ("event", "status"))]
    (tmp_path / "acl").write_text("\n".join(rules) + "\n")
    site = site_on(f"allow_anonymous true\nacl_file {tmp_path / 'acl'}")
    seen_by = site.witness()
    site.uplink()
    mouth = site.sense()

    mouth.offer(1, finding())
    mouth.offer(2, EVENT)

    assert sorted(mouth.settled(2)) == [1, 2]
    report = json.loads(seen_by.see_topic("_outbox")[0].payload)
    assert (report["reason"], report["ranges"]) == ("refused", [[1, 1]])
    denials = [entry for entry in caplog.records if "denies us" in entry.getMessage()]
    assert len(denials) == 1


def test_a_message_larger_than_the_broker_takes_does_not_block_the_others(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
) -> None:
    site = site_on("allow_anonymous true\nmax_packet_size 2000")
    seen_by = site.witness("+/+/+/event/#")
    site.uplink()
    mouth = site.sense()
    one = finding().result
    crowd = msgspec.structs.replace(one, findings=one.findings * 100)

    mouth.offer(1, ResultRecord("people", crowd))
    mouth.offer(2, EVENT)

    assert mouth.settled(2) == [1, 2]
    seen_by.see_topic("event/words")


def test_results_at_qos_0_are_settled_as_they_leave(
    site: "Site",
    finding: Callable[..., ResultRecord],
) -> None:
    seen_by = site.witness("+/+/+/result/#")
    site.uplink(mqtt={"result_qos": 0})
    mouth = site.sense()

    for number in range(1, 201):
        mouth.offer(number, finding())

    assert mouth.settled(200) == list(range(1, 201))
    assert {message.qos for message in seen_by.see_topic("people", 200)} == {0}


def test_a_broker_that_acknowledges_nothing_is_left(
    site: "Site",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker_module, "STALL_S", 0.5)
    one = site.uplink()
    mouth = site.sense()
    until(lambda: one.connected)

    with site.broker.frozen():
        mouth.offer(1, finding())
        until(lambda: "acknowledges nothing" in one.status() or "does not answer" in one.status())

    assert mouth.settled() == [1]


def test_a_birth_that_nobody_has_acknowledged_is_said_again(
    site: "Site",
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker_module, "STALL_S", 0.5)
    seen_by = site.witness()
    one = site.uplink()
    seen_by.see_topic("meta")

    with site.broker.frozen():
        site.sense()
        until(lambda: "acknowledges nothing" in one.status())

    seen = seen_by.see(
        lambda found: found[-1].topic.endswith("meta") and b'"conn":2' in b"".join(payloads(found))
    )
    assert b"object-detection" in seen[-1].payload


def test_a_birth_too_long_for_the_broker_does_not_hold_up_findings(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = site_on("allow_anonymous true\nmax_packet_size 2000")
    labels = tuple(f"label number {number}" for number in range(200))
    site.uplink()
    mouth = site.sense(inventory=Inventory(models=(ModelMeta(id="m", sha256=SHA, labels=labels),)))

    mouth.offer(1, finding())

    assert mouth.settled() == [1]
    assert "'edgenode/v1/n1/meta' needs" in caplog.text
