"""A consumer that must not lose anything: killed, away, or slower than its broker."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from edgenode.backend import Session, Subscriber
from edgenode.config import Mqtt
from edgenode.errors import BrokerError
from edgenode.messages import Event
from edgenode.messages.compact import ClassIds, pack
from tests.pages import blocks

if TYPE_CHECKING:
    from tests.brokers import Mosquitto

RUN = "0123456789ab"
TOPIC = "edgenode/v1/n1/event/words"
META = {
    "v": 1, "node": "n1", "run": RUN, "ts": 1, "sw": "0.1.0", "codec": "msgpack",
    "hw": {"model": "a board", "machine": "aarch64", "cores": 4, "memory_mb": 2048},
    "models": [{"id": "kws", "sha256": "0" * 64, "labels": ["no", "yes"]}],
    "plugins": [{"id": "words", "use": "keyword-spotting", "model": "kws"}],
}  # fmt: skip
SESSION = Session("store-1")
UNLIMITED = "allow_anonymous true\nmax_queued_messages 0"

STORE = """
import sqlite3, sys
from edgenode.backend import Session, Subscriber
from edgenode.config import Mqtt

stored = sqlite3.connect(sys.argv[2])
stored.execute("create table if not exists events (run, seq, unique (run, seq))")
with Subscriber(Mqtt(url=sys.argv[1]), session=Session("store-1")) as subscriber:
    print("here", flush=True)
    for arrival in subscriber:
        message = arrival.message
        stored.execute("insert or ignore into events values (?, ?)", (message.run, message.seq))
        stored.commit()
        subscriber.acknowledge()
        if message.seq == int(sys.argv[3]):
            break
"""

Publish = Callable[..., None]


def event(seq: int) -> bytes:
    found = Event(v=1, ts=1, run=RUN, seq=seq, type="keyword", label="yes", score=0.9)
    return msgspec.json.encode(found)


def taken(subscriber: Subscriber, enough: int) -> list[int]:
    seqs: list[int] = []
    while len(seqs) < enough:
        arrival = subscriber.take(10.0)
        assert arrival is not None
        assert isinstance(arrival.message, Event)
        seqs.append(arrival.message.seq)
    return seqs


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_is_published_while_a_consumer_is_away_waits_for_it(
    mosquitto: Callable[..., "Mosquitto"], publish: Publish, protocol: str
) -> None:
    mqtt = Mqtt(url=mosquitto(UNLIMITED).url, protocol=protocol)
    with Subscriber(mqtt, session=SESSION) as subscriber:
        first = subscriber.resumed
    for seq in range(1, 201):
        publish(mqtt.url, TOPIC, event(seq))

    with Subscriber(mqtt, session=SESSION) as subscriber:
        seqs = []
        for _ in range(200):
            seqs += taken(subscriber, 1)
            subscriber.acknowledge()
        second = subscriber.resumed

    assert seqs == list(range(1, 201))
    assert (first, second) == (False, True)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_was_taken_and_not_acknowledged_comes_again_and_the_rest_does_not(
    broker: "Mosquitto", publish: Publish, protocol: str
) -> None:
    mqtt = Mqtt(url=broker.url, protocol=protocol)
    with Subscriber(mqtt, session=SESSION) as subscriber:
        for seq in range(1, 11):
            publish(broker.url, TOPIC, event(seq))
        taken(subscriber, 6)
        subscriber.acknowledge()
        taken(subscriber, 4)

    with Subscriber(mqtt, session=SESSION) as subscriber:
        again = taken(subscriber, 4)
        subscriber.acknowledge()
    with Subscriber(mqtt, session=SESSION) as subscriber:
        publish(broker.url, TOPIC, event(11))
        last = taken(subscriber, 1)

    assert again == [7, 8, 9, 10]
    assert last == [11]


@contextlib.contextmanager
def running(*command: str, cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a program of Python, and kill it."""
    with subprocess.Popen(
        [sys.executable, "-c", *command], stdout=subprocess.PIPE, text=True, cwd=cwd
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def rows(file: Path, query: str) -> list[int]:
    with contextlib.closing(sqlite3.connect(file, timeout=30.0)) as base:
        return [number for (number,) in base.execute(query)]


def test_a_consumer_that_is_killed_again_and_again_has_each_exactly_once(
    mosquitto: Callable[..., "Mosquitto"], publish: Publish, tmp_path: Path
) -> None:
    broker, file = mosquitto(UNLIMITED), tmp_path / "events.db"
    last = 600
    program = (STORE, broker.url, str(file), str(last))

    for begin in range(1, last, 200):
        with running(*program) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
            for seq in range(begin, begin + 150):
                publish(broker.url, TOPIC, event(seq))
        for seq in range(begin + 150, begin + 200):
            publish(broker.url, TOPIC, event(seq))
    with running(*program) as process:
        assert process.wait(60) == 0

    assert rows(file, "select seq from events order by seq") == list(range(1, last + 1))


def test_the_program_of_the_documentation_stores_what_arrives(
    broker: "Mosquitto", publish: Publish, tmp_path: Path, until: Callable[..., None]
) -> None:
    program = blocks("docs/mqtt.md", "python")[0]
    access = 'url="mqtt://broker.example", username="store", password_file="/etc/store/password"'
    assert access in program
    file = tmp_path / "findings.db"

    def is_stored() -> bool:
        # Before it has subscribed nothing waits for it.
        publish(broker.url, TOPIC, event(1))
        there = rows(file, "select 1 from sqlite_master where name = 'seen'")
        return bool(there) and rows(file, "select seq from seen") == [1]

    with running(program.replace(access, f'url="{broker.url}"'), cwd=tmp_path):
        until(is_stored, 30.0)


def test_what_cannot_be_stored_does_not_block_what_can(
    broker: "Mosquitto", publish: Publish
) -> None:
    with Subscriber(Mqtt(url=broker.url), session=SESSION) as subscriber:
        for _ in range(100):
            publish(broker.url, TOPIC, b"not in the contract")
        publish(broker.url, TOPIC, event(1))

        seqs = taken(subscriber, 1)

    assert seqs == [1]
    assert subscriber.undecodable == 100


def test_an_answer_to_what_came_on_an_earlier_connection_acknowledges_nothing(
    broker: "Mosquitto", publish: Publish, until: Callable[..., None]
) -> None:
    mqtt = Mqtt(url=broker.url)
    with Subscriber(mqtt, session=SESSION) as subscriber:
        publish(broker.url, TOPIC, event(1))
        before = taken(subscriber, 1)
        # Whoever comes with the same id takes the session, and ends our connection.
        with Subscriber(mqtt, session=SESSION):
            until(lambda: bool(subscriber.trouble))
        until(lambda: not subscriber.trouble)
        subscriber.acknowledge()
        publish(broker.url, TOPIC, event(2))
        after = taken(subscriber, 2)

    assert (before, after) == ([1], [1, 2])


def test_a_session_that_the_broker_has_lost_is_told(
    broker: "Mosquitto", until: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    with Subscriber(Mqtt(url=broker.url), session=SESSION) as subscriber:
        # Without persistence it forgets all as it ends.
        broker.kill()
        broker.start()
        until(lambda: subscriber.sessions_lost == 1)

    assert "the broker has lost our session" in caplog.text


def test_labels_of_packed_messages_that_have_waited_are_read_with_the_meta_that_was_stored(
    broker: "Mosquitto", publish: Publish
) -> None:
    mqtt, ids = Mqtt(url=broker.url), ClassIds("kws", ("no", "yes"))
    meta = json.dumps(META).encode()
    packed = pack(msgspec.json.decode(event(1), type=Event), ids)
    with Subscriber(mqtt, session=SESSION):
        pass
    publish(broker.url, TOPIC, packed)

    with Subscriber(mqtt, session=SESSION, metas={"n1": meta}) as subscriber:
        arrival = subscriber.take(10.0)

    assert arrival is not None
    assert isinstance(arrival.message, Event)
    assert arrival.message.label == "yes"


@pytest.mark.parametrize("session", [Session(""), Session("Store 1"), Session("a", keep_s=0)])
def test_a_session_that_cannot_be_one_is_refused(session: Session) -> None:
    with pytest.raises(BrokerError, match=r"rename it|give it 1 s at least"):
        Subscriber(Mqtt(), session=session)


def test_a_broker_that_keeps_nothing_is_told(
    mosquitto: Callable[..., "Mosquitto"], until: Callable[..., None]
) -> None:
    broker = mosquitto("allow_anonymous true\nmax_qos 0")

    with Subscriber(Mqtt(url=broker.url), session=SESSION) as subscriber:
        until(lambda: "keeps nothing for a session" in subscriber.trouble)
