import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import pytest

from edgenode.backend.arrivals import Arrival, filters
from edgenode.backend.subscriber import Subscriber, Timing
from edgenode.config import Mqtt
from edgenode.demo.broker import Broker
from edgenode.errors import BrokerError
from edgenode.messages import Birth, Dropped, Event, Health, ResultMessage, State, Status

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto

RUN = "0123456789ab"
LIMIT_S = 10.0
SOON = Timing(refused_s=0.5)

STATUS = {"v": 1, "state": "online", "reason": "boot", "run": RUN, "conn": 1, "ts": 1}
WILL = STATUS | {"state": "offline", "reason": "lost"}
EVENT = {
    "v": 1, "ts": 1, "run": RUN, "seq": 1, "type": "keyword", "label": "yes", "score": 0.9,
}  # fmt: skip
SAMPLES = {
    "n1/status": (STATUS, Status),
    "n1/meta": (
        {
            "v": 1, "node": "n1", "run": RUN, "ts": 1, "sw": "0.1.0",
            "hw": {"model": "a board", "machine": "aarch64", "cores": 4, "memory_mb": 2048},
        },
        Birth,
    ),
    "n1/result/people": (
        {"v": 1, "ts": 1, "run": RUN, "seq": 1, "ms": 9.5, "model": "ssd", "counts": {}},
        ResultMessage,
    ),
    "n1/event/words": (EVENT, Event),
    "n1/event/_outbox": (
        {
            "v": 1, "ts": 1, "run": RUN, "seq": 3, "type": "dropped", "reason": "overflow",
            "of": RUN, "ranges": [[1, 2]],
        },
        Dropped,
    ),
    "n1/state/people": ({"v": 1, "ts": 1, "counts": {}, "fate": "running"}, State),
    "n1/health": (
        {
            "v": 1, "ts": 1, "run": RUN, "up_s": 1.0, "clock": "synced", "outbox": {}, "mqtt": {},
            "plugins": {"people": {"fps": 5.0}}, "egress": {"bytes": 10},
        },
        Health,
    ),
}  # fmt: skip

Publish = Callable[..., None]


def take(subscriber: Subscriber) -> Arrival:
    arrival = subscriber.take(LIMIT_S)
    assert arrival is not None
    return arrival


def test_each_topic_of_the_contract_arrives_as_its_type(
    broker: "Mosquitto", publish: Publish
) -> None:
    arrived = {}
    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        for topic, (payload, _) in SAMPLES.items():
            publish(broker.url, f"edgenode/v1/{topic}", json.dumps(payload).encode())
            arrived[topic] = take(subscriber)

    for topic, (payload, kind) in SAMPLES.items():
        arrival = arrived[topic]
        assert isinstance(arrival.message, kind)
        assert "/".join(filter(None, (arrival.node, arrival.kind, arrival.plugin))) == topic
        assert json.loads(arrival.payload) == payload
        assert not arrival.retained


def test_what_a_broker_has_kept_arrives_first_and_says_so(
    broker: "Mosquitto", publish: Publish
) -> None:
    publish(broker.url, "edgenode/v1/n1/status", json.dumps(STATUS).encode(), retain=True)

    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        arrival = take(subscriber)

    assert arrival.retained
    assert arrival.message == msgspec.convert(STATUS, Status)


def test_fields_of_a_newer_node_are_ignored_however_deep(
    broker: "Mosquitto", publish: Publish
) -> None:
    meta, health = SAMPLES["n1/meta"][0], SAMPLES["n1/health"][0]
    model = {"id": "ssd", "sha256": "0" * 64, "new": 1}
    plugin = {"id": "people", "use": "object-detection", "new": {"deep": 1}}
    birth = meta | {"models": [model], "plugins": [plugin], "new": []}
    figures = health | {
        "plugins": {"people": {"fps": 5.0, "new": 1}},
        "accelerators": [{"id": "0", "state": "ok", "new": 1}],
    }

    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        publish(broker.url, "edgenode/v1/n1/meta", json.dumps(birth).encode())
        publish(broker.url, "edgenode/v1/n1/health", json.dumps(figures).encode())
        first, second = take(subscriber).message, take(subscriber).message

    assert isinstance(first, Birth)
    assert first.models[0].id == "ssd"
    assert first.plugins[0].id == "people"
    assert isinstance(second, Health)
    assert second.plugins["people"].fps == 5.0
    assert subscriber.undecodable == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"\xff\xfe", b"[]", b'{"v":1}', b'{"v":0,"ts":1}', b'{"new":' * 5000,
        b"[" * 5000, b"\x91" * 5000, b'{"v":1e999}', b"\xdd\xff\xff\xff\xff",
        json.dumps(EVENT).encode()[:-1] + b',"new":"\xff"}',
        json.dumps(EVENT).encode()[:-1] + b',"new":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_cannot_be_decoded_is_counted_and_the_next_arrives(
    broker: "Mosquitto", publish: Publish, payload: bytes
) -> None:
    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        publish(broker.url, "edgenode/v1/n1/event/words", payload)
        publish(broker.url, "edgenode/v1/n1/event/words", json.dumps(EVENT).encode())
        arrival = take(subscriber)

    assert isinstance(arrival.message, Event)
    assert subscriber.undecodable == 1


def test_what_a_node_deletes_at_the_broker_is_no_message_and_no_fault(
    broker: "Mosquitto", publish: Publish
) -> None:
    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        publish(broker.url, "edgenode/v1/n1/state/old", b"", retain=True)
        publish(broker.url, "edgenode/v1/n1/status", json.dumps(STATUS).encode())
        arrival = take(subscriber)

    assert arrival.kind == "status"
    assert subscriber.undecodable == 0


def test_a_will_of_an_earlier_connection_is_ignored(broker: "Mosquitto", publish: Publish) -> None:
    reconnected = STATUS | {"reason": "reconnect", "conn": 2}

    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        for status in (STATUS, reconnected, WILL, WILL | {"conn": 2}):
            publish(broker.url, "edgenode/v1/n1/status", json.dumps(status).encode())
        arrived = [take(subscriber).message for _ in range(3)]

    assert arrived == [
        msgspec.convert(status, Status) for status in (STATUS, reconnected, WILL | {"conn": 2})
    ]
    assert subscriber.outdated == 1


def test_topics_that_are_not_the_contracts_are_dropped_and_counted(
    broker: "Mosquitto", publish: Publish
) -> None:
    strange = ("No.Node/status", "n1/state/_outbox", "n1/event/No.Plugin")

    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        for topic in (*strange, "n1/status"):
            publish(broker.url, f"edgenode/v1/{topic}", json.dumps(STATUS).encode())
        arrival = take(subscriber)

    assert arrival.topic == "edgenode/v1/n1/status"
    assert subscriber.unexpected == len(strange)


def test_what_a_broker_leaks_is_dropped(
    publish: Publish, consumer: Callable[..., "Consumer"]
) -> None:
    with Broker() as leaky:
        consumer(leaky.url, "other/#", protocol="3.1.1")
        publish(leaky.url, "other/n1/status", json.dumps(STATUS).encode(), retain=True)
        publish(leaky.url, "edgenode/v1/n1/status", json.dumps(STATUS).encode(), retain=True)

        with Subscriber(Mqtt(url=leaky.url, protocol="3.1.1")) as subscriber:
            arrival = take(subscriber)

        assert arrival.topic == "edgenode/v1/n1/status"
        assert subscriber.unexpected == 1


def test_one_node_can_be_asked_for(broker: "Mosquitto", publish: Publish) -> None:
    with Subscriber(Mqtt(url=broker.url, prefix="acme/v1"), "n2") as subscriber:
        for topic in ("edgenode/v1/n2/status", "acme/v1/n1/status", "acme/v1/n2/status"):
            publish(broker.url, topic, json.dumps(STATUS).encode())
        arrival = take(subscriber)

    assert arrival.topic == "acme/v1/n2/status"
    assert subscriber.unexpected == 0


def test_it_can_be_iterated_over(broker: "Mosquitto", publish: Publish) -> None:
    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        publish(broker.url, "edgenode/v1/n1/status", json.dumps(STATUS).encode())

        arrival = next(iter(subscriber))

    assert arrival.node == "n1"


def test_a_broker_that_is_not_there_is_an_error() -> None:
    subscriber = Subscriber(Mqtt(url="mqtt://127.0.0.1:1"), timing=SOON)

    with pytest.raises(BrokerError, match=r"'mqtt://127.0.0.1:1' cannot be reached"):
        subscriber.__enter__()


def test_a_broker_that_refuses_us_is_an_error(mosquitto: Callable[..., "Mosquitto"]) -> None:
    closed = mosquitto("allow_anonymous false")

    with pytest.raises(BrokerError, match="refused us"):
        Subscriber(Mqtt(url=closed.url), timing=SOON).__enter__()


def test_trouble_is_told_while_it_lasts(
    broker: "Mosquitto", until: Callable[..., None], publish: Publish
) -> None:
    with Subscriber(Mqtt(url=broker.url)) as subscriber:
        before = subscriber.trouble
        broker.kill()
        until(lambda: subscriber.trouble)
        broker.start()
        until(lambda: not subscriber.trouble)
        publish(broker.url, "edgenode/v1/n1/status", json.dumps(STATUS).encode(), retain=True)
        arrival = take(subscriber)

    assert before == ""
    assert arrival.node == "n1"


def test_no_topic_matches_two_filters() -> None:
    asked = [each.split("/") for each in filters("p")]

    for topic in SAMPLES:
        parts = ["p", *topic.split("/")]
        matching = [
            each
            for each in asked
            if len(each) == len(parts)
            and all(a in ("+", b) for a, b in zip(each, parts, strict=True))
        ]
        assert len(matching) == 1


@pytest.mark.parametrize("prefix", ["edgenode/v1/", "edgenode/v1/#", ""])
def test_a_prefix_that_no_node_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(BrokerError, match=r"^mqtt.prefix = '.*': must be text of a to z"):
        Subscriber(Mqtt(url="mqtt://localhost", prefix=prefix))
