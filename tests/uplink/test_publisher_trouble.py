"""The publisher when the broker is away, refuses, takes little or answers nothing."""

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from edgenode import config
from edgenode.handover.protocol import (
    EventRecord,
    Inventory,
    PluginSnapshot,
    ResultRecord,
    SenseSnapshot,
)
from edgenode.messages import ModelMeta
from edgenode.mqtt.exchange import Message
from edgenode.mqtt.link import Link
from edgenode.uplink.encoding import Encoder
from edgenode.uplink.outbox import Entry
from edgenode.uplink.timing import Timing

if TYPE_CHECKING:
    from edgenode.mqtt.exchange import Received
    from tests.uplink.conftest import Site

SHA = "0" * 64
RUN = "0123456789ab"


def payloads(seen: "list[Received]") -> list[bytes]:
    return [message.payload for message in seen]


def test_a_broker_that_was_away_gets_everything_in_order(
    site: "Site",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
) -> None:
    one = site.uplink()
    sense = site.sense()
    until(lambda: one.connected)
    site.broker.kill()
    for number in range(1, 301):
        sense.offer(number, finding(plugin=f"p{number % 3}"))
    until(lambda: "300 waiting" in one.status())

    site.broker.start()
    seen_by = site.consumer()

    assert sense.kept(300) == 300
    birth = json.loads(seen_by.wait_for_topic("status")[0].payload)
    assert (birth["state"], birth["reason"], birth["conn"]) == ("online", "reconnect", 2)


def test_resends_are_byte_for_byte_the_same(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
) -> None:
    site = site_on()
    one = site.uplink()
    sense = site.sense()
    seen: dict[tuple[str, int], set[bytes]] = {}
    offered = 0

    for _ in range(3):
        seen_by = site.consumer("+/+/+/result/#")
        for _ in range(300):
            offered += 1
            sense.offer(offered, finding())
        seen_by.wait_for_topic("result/people", 20)
        site.broker.kill()
        for message in seen_by.messages:
            found = json.loads(message.payload)
            seen.setdefault((found["run"], found["seq"]), set()).add(message.payload)
        site.broker.start()
        until(lambda: one.connected)

    assert all(len(payloads) == 1 for payloads in seen.values())
    assert sense.kept(offered) == offered


def test_a_gap_is_explained_by_the_outbox_itself(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
    validate: Callable[[str, bytes], dict[str, Any]],
    event: EventRecord,
) -> None:
    site = site_on()
    seen_by = site.consumer()
    gate = site.gate()
    gate.shut()
    one = site.uplink(outbox=config.Outbox(messages=50))
    sense = site.sense()
    sense.offer(1, event)
    for number in range(2, 201):
        sense.offer(number, finding())
    until(lambda: one._outbox.health().dropped == 150)

    gate.open()
    report = validate("event/_outbox", seen_by.wait_for_topic("event/_outbox")[0].payload)

    assert report["reason"] == "overflow"
    assert (report["run"], report["of"]) == (one.run, RUN)
    assert report["ranges"] == [[2, 151]]
    assert sense.kept(200) == 200


def test_a_broker_that_denies_results_gets_the_rest_and_is_not_asked_for_ever(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    event: EventRecord,
) -> None:
    rules = ["topic read #", *(f"topic write edgenode/v1/n1/{t}/#" for t in ("event", "status"))]
    (tmp_path / "acl").write_text("\n".join(rules) + "\n")
    site = site_on(f"allow_anonymous true\nacl_file {tmp_path / 'acl'}")
    seen_by = site.consumer()
    one = site.uplink()
    sense = site.sense()

    sense.offer(1, finding())
    sense.offer(2, event)

    assert sense.kept(2) == 2
    report = json.loads(seen_by.wait_for_topic("_outbox")[0].payload)
    assert (report["reason"], report["ranges"]) == ("refused", [[1, 1]])
    denials = [entry for entry in caplog.records if "denies us" in entry.getMessage()]
    assert len(denials) == 1
    (reason,) = one.unwell()
    assert reason.startswith("the broker refuses messages (")
    assert " refused by the broker" in one.status()


def test_a_message_larger_than_the_broker_takes_does_not_block_the_others(
    site_on: "Callable[..., Site]",
    finding: Callable[..., ResultRecord],
    event: EventRecord,
) -> None:
    site = site_on("allow_anonymous true\nmax_packet_size 2000")
    seen_by = site.consumer("+/+/+/event/#")
    site.uplink()
    sense = site.sense()
    one = finding().result
    crowd = msgspec.structs.replace(one, findings=one.findings * 100)

    sense.offer(1, ResultRecord("people", crowd))
    sense.offer(2, event)

    assert sense.kept(2) == 2
    seen_by.wait_for_topic("event/words")


def test_a_broker_that_acknowledges_nothing_is_left(
    site: "Site",
    finding: Callable[..., ResultRecord],
    until: Callable[..., None],
    impatient: Timing,
) -> None:
    one = site.uplink(timing=impatient)
    sense = site.sense()
    until(lambda: one.connected)

    with site.broker.frozen():
        sense.offer(1, finding())
        until(lambda: "acknowledges nothing" in one.status() or "does not answer" in one.status())

    assert sense.kept(1) == 1


def test_a_birth_that_nobody_has_acknowledged_is_published_again(
    site: "Site",
    until: Callable[..., None],
    impatient: Timing,
) -> None:
    seen_by = site.consumer()
    one = site.uplink(timing=impatient)
    seen_by.wait_for_topic("meta")

    with site.broker.frozen():
        site.sense()
        until(lambda: "acknowledges nothing" in one.status())

    seen = seen_by.wait_until(
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
    sense = site.sense(inventory=Inventory(models=(ModelMeta(id="m", sha256=SHA, labels=labels),)))

    sense.offer(1, finding())

    assert sense.kept(1) == 1
    assert "'edgenode/v1/n1/meta' needs" in caplog.text


def test_a_stop_before_the_broker_has_answered_waits_until_the_plugins_fates_are_published(
    site: "Site", until: Callable[..., None]
) -> None:
    seen_by = site.consumer()
    with site.broker.frozen():
        one = site.uplink(mqtt={"reply_s": 10.0})
        until(lambda: one._client.progress.count > 0)
        snapshot = SenseSnapshot(plugins={"light": PluginSnapshot(fate="device-error")})
        site.sense(also=["light"]).send(snapshot)
        until(lambda: "sense here" in one.status())
        stopping = threading.Thread(target=one.stop)
        stopping.start()
        until(one._client._stopping.is_set)
    stopping.join()

    statuses = seen_by.wait_for_topic("status", 2)
    assert [json.loads(message.payload)["state"] for message in statuses] == ["online", "offline"]
    (state,) = seen_by.wait_for_topic("state/light")
    assert json.loads(state.payload)["fate"] == "device-error"
    assert seen_by.topics()[-1].endswith("/status")


def test_a_fault_between_two_findings_of_a_batch_loses_neither(
    site: "Site",
    finding: Callable[..., ResultRecord],
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[..., None],
) -> None:
    publish, results = Link.publish, itertools.count(1)

    def stumble(link: Link, message: Message) -> int:
        if "/result/" in message.topic and next(results) == 2:
            raise ZeroDivisionError
        return publish(link, message)

    monkeypatch.setattr(Link, "publish", stumble)
    gate = site.gate()
    gate.shut()
    one = site.uplink()
    sense = site.sense()
    for number in range(1, 6):
        sense.offer(number, finding())
    until(lambda: "5 waiting" in one.status())

    gate.open()

    assert sense.kept(5) == 5
    assert one._client.faults == 1


def test_a_finding_that_cannot_be_encoded_is_reported_and_holds_up_no_other(
    site: "Site", finding: Callable[..., ResultRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = Encoder.message

    def fail(encoder: Encoder, entry: Entry, expires_s: float) -> Message:
        if entry.identity.seq == 2 and isinstance(entry.message, ResultRecord):
            raise ZeroDivisionError
        return encode(encoder, entry, expires_s)

    monkeypatch.setattr(Encoder, "message", fail)
    seen_by = site.consumer()
    one = site.uplink()
    sense = site.sense()
    for number in range(1, 4):
        sense.offer(number, finding())

    assert sense.kept(3) == 3
    found = seen_by.wait_for_topic("result/people", 2)
    (report,) = seen_by.wait_for_topic("event/_outbox")
    assert [json.loads(message.payload)["seq"] for message in found] == [1, 3]
    assert json.loads(report.payload)["ranges"] == [[2, 2]]
    assert one._client.faults == 0
