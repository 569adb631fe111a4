"""The codec ``msgpack`` from sense to a consumer, over a real broker."""

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
import pytest

from edgenode import config
from edgenode.backend import Arrival, Subscriber
from edgenode.handover.protocol import EventRecord, Inventory, ResultRecord
from edgenode.messages import Birth, Dropped, Event, ModelMeta, PluginMeta, ResultMessage

if TYPE_CHECKING:
    from tests.uplink.conftest import Site

PACKED = {"codec": "msgpack"}
LIMIT_S = 10.0
RUN = "0123456789ab"


@pytest.fixture
def subscriber(site: "Site") -> Iterator[Subscriber]:
    with Subscriber(config.Mqtt(url=site.broker.url)) as one:
        yield one


def event(label: str = "kite") -> EventRecord:
    at = time.time()
    return EventRecord(plugin="people", captured_at=at, type="enter", label=label, score=0.9)


def wait_for(subscriber: Subscriber, kind: type[msgspec.Struct]) -> Arrival:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        arrival = subscriber.take(deadline - time.monotonic())
        if arrival is not None and isinstance(arrival.message, kind):
            return arrival
    pytest.fail(f"no {kind.__name__} in {LIMIT_S} s")


def with_labels(*labels: str) -> Inventory:
    model = ModelMeta(id="ssd", sha256="0" * 64, labels=labels)
    plugin = PluginMeta(id="people", use="object-detection", model="ssd")
    return Inventory(models=(model,), plugins=(plugin,))


def test_results_and_events_are_packed_and_all_else_is_json(
    site: "Site", finding: Callable[..., ResultRecord]
) -> None:
    seen_by = site.consumer()
    site.uplink(mqtt=PACKED)
    sense = site.sense()

    sense.offer(1, finding())
    sense.offer(2, event())
    seen_by.wait_for_topic("event/people")

    types = {m.topic.split("/")[3]: m.content_type for m in seen_by.messages}
    assert {types.pop("result"), types.pop("event")} == {"application/msgpack"}
    assert set(types.values()) == {"application/json"}
    metas = [json.loads(m.payload) for m in seen_by.wait_for_topic("meta")]
    assert {meta["codec"] for meta in metas} == {"msgpack"}


def test_a_subscriber_reads_them_as_if_they_were_json(
    site: "Site", subscriber: Subscriber, finding: Callable[..., ResultRecord]
) -> None:
    site.uplink(mqtt=PACKED)
    sense = site.sense()
    # Until the meta with its labels is out, labels are sent as text.
    while not getattr(wait_for(subscriber, Birth).message, "models", ()):
        pass

    sense.offer(1, finding(at=1000.0))
    sense.offer(2, event())
    result, enter = wait_for(subscriber, ResultMessage), wait_for(subscriber, Event)

    decoded = json.loads(msgspec.json.encode(result.message))
    assert decoded == {
        "v": 1, "ts": 1_000_000, "run": RUN, "seq": 1, "ms": 0.0, "model": "ssd", "late": True,
        "counts": {"person": 1},
        "objects": [{"label": "person", "score": 0.9, "box": [0.1, 0.2, 0.3, 0.4]}],
    }  # fmt: skip
    assert isinstance(enter.message, Event)
    assert enter.message.label == "kite"
    assert msgspec.msgpack.decode(enter.payload)[5] == 1


def test_what_waited_while_the_labels_changed_has_the_ids_of_the_new_meta(
    site: "Site", until: Callable[..., None]
) -> None:
    gate = site.gate()
    one = site.uplink(mqtt=PACKED)
    sense = site.sense()
    until(lambda: one.connected)
    gate.shut()
    site.broker.kill()
    sense.offer(1, event("kite"))
    sense.send(with_labels("dog", "cat", "kite"))
    until(lambda: "1 waiting" in one.status())

    site.broker.start()
    with Subscriber(config.Mqtt(url=site.broker.url)) as subscriber:
        gate.open()
        arrival = wait_for(subscriber, Event)

    assert isinstance(arrival.message, Event)
    assert arrival.message.label == "kite"
    assert msgspec.msgpack.decode(arrival.payload)[5] == 2


def test_a_gap_is_explained_in_the_same_codec(
    site: "Site", subscriber: Subscriber, until: Callable[..., None]
) -> None:
    gate = site.gate()
    gate.shut()
    one = site.uplink(mqtt=PACKED, outbox=config.Outbox(messages=10))
    sense = site.sense()
    for number in range(1, 21):
        sense.offer(number, event())
    until(lambda: one._outbox.health().dropped == 10)

    gate.open()
    arrival = wait_for(subscriber, Dropped)

    assert isinstance(arrival.message, Dropped)
    assert arrival.message.ranges == ((1, 10),)
    assert arrival.payload.startswith(b"\x98")


def test_where_the_broker_does_not_take_the_meta_labels_stay_text(
    site_on: "Callable[..., Site]",
) -> None:
    site = site_on("allow_anonymous true\nmax_packet_size 1000")
    seen_by = site.consumer("+/+/+/event/#")
    site.uplink(mqtt=PACKED)
    many = with_labels("kite", *(f"label number {number}" for number in range(200)))
    sense = site.sense(inventory=many)

    sense.offer(1, event("kite"))

    assert msgspec.msgpack.decode(seen_by.wait_for_topic("people")[0].payload)[5] == "kite"
