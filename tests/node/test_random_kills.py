"""What arrives while every process of a node, and the broker, is killed again and again.

Validated by what a plain subscriber receives, with nothing of ours: who makes findings numbers them
from 1 within its run, and what is fed are numbers in order. So whatever got lost is seen twice.
"""

import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.node.processes import Running, alive

if TYPE_CHECKING:
    from tests.brokers import Gate, Mosquitto
    from tests.node.conftest import Feed, Journal, Site

Until = Callable[..., None]

SEED = 7
PACE_S = 0.01
LIMIT = 60.0
AFTER = (0, 5, 20, 80, 160)
"""So many findings arrive between two kills; without a broker so many are given."""

KILLS = {"sense": 8, "uplink": 10, "both": 6, "broker": 6}
PARENTS = 6
"""So often the parent is killed, and the pauses before its children start again begin anew."""


class Finding(NamedTuple):
    """What one message says."""

    run: str
    seq: int
    number: int
    said: dict[str, Any]


class Kill(NamedTuple):
    """Who was killed, and how many findings were given and how many had arrived by then."""

    who: str
    given: int
    arrived: int


class Subscriber:
    """Receives at QoS 0: it writes nothing, so it reads all that a killed broker had sent it."""

    def __init__(self, port: int, receive: Callable[[str, dict[str, Any]], None]) -> None:
        self._receive = receive
        self._subscribed, self._ended = threading.Event(), threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        self._client.on_message = self._read
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._ended.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(f"edgenode/v1/n1/{kind}/#", 0) for kind in ("result", "event")])
        self._client.loop_start()
        assert self._subscribed.wait(LIMIT)

    def end(self) -> None:
        """Wait for the end of what a killed broker had sent."""
        assert self._ended.wait(LIMIT)
        self._client.loop_stop()

    def _read(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._receive(message.topic, json.loads(message.payload))


class Watched:
    """A broker that lets a node in only while someone is subscribed.

    What it acknowledges has then been sent to the subscriber, and a killed broker loses none of it.

    Attributes:
        findings: all that have arrived, duplicates too.
        reports: of the outbox.
        away: it was killed.
    """

    def __init__(self, mosquitto: "Mosquitto", gate: "Gate") -> None:
        self.findings: list[Finding] = []
        self.reports: list[dict[str, Any]] = []
        self.away = False
        self.url = gate.url
        self._mosquitto = mosquitto
        self._gate = gate
        self._subscriber = Subscriber(mosquitto.port, self._receive)

    def kill(self) -> None:
        self._gate.shut()
        self._mosquitto.kill()
        self._subscriber.end()
        self.away = True

    def start(self) -> None:
        """Start it where it is away."""
        if self.away:
            self._mosquitto.start()
            self._subscriber = Subscriber(self._mosquitto.port, self._receive)
            self._gate.open()
            self.away = False

    def _receive(self, topic: str, said: dict[str, Any]) -> None:
        if topic.endswith("/event/_outbox"):
            self.reports.append(said)
            return
        # It depends on when a message leaves, not on what was found.
        said.pop("late", None)
        number = int(said["values"]["number"])
        self.findings.append(Finding(said["run"], said["seq"], number, said))


@pytest.fixture
def broker(mosquitto: Callable[..., "Mosquitto"], gate: Callable[..., "Gate"]) -> Iterator[Watched]:
    one = mosquitto("allow_anonymous true\nmax_queued_messages 0")
    watched = Watched(one, gate(one.port))
    yield watched
    watched.kill()


class Feeder:
    """Gives the next number each hundredth of a second."""

    def __init__(self, feed: "Feed") -> None:
        self.given = 0
        self._feed = feed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(PACE_S):
            self._feed.give(self.given)
            self.given += 1


class Victims:
    """The processes of ``edgenode run``, which somebody starts again when it was killed."""

    def __init__(self, node: "Site", broker: Watched, feeder: Feeder, until: Until) -> None:
        self._node = node
        self._broker = broker
        self._feeder = feeder
        self._until = until
        self._run: Running = node.start("run")
        self.kills: list[Kill] = []

    def live(self, more: int) -> None:
        """Wait until *more* findings have arrived, or without a broker: were given."""
        enough = self._progress() + more
        self._until(lambda: self._progress() >= enough, LIMIT)

    def kill(self, who: str) -> None:
        """Kill; a broker stays away until another one is killed."""
        self.kills.append(Kill(who, self._feeder.given, len(self._broker.findings)))
        match who:
            case "broker":
                self._broker.start()
                self._broker.kill()
                return
            case "parent":
                children = self._run.children().values()
                self._run.kill()
                self._until(lambda: not any(map(alive, children)), LIMIT)
                self._run = self._node.start("run")
            case _:
                roles = ("sense", "uplink") if who == "both" else (who,)
                self._until(lambda: self._kill(roles), LIMIT)
        self._broker.start()

    def _progress(self) -> int:
        return self._feeder.given if self._broker.away else len(self._broker.findings)

    def _kill(self, roles: tuple[str, ...]) -> bool:
        """Kill the children in these roles, return False where one of them is away."""
        children = self._run.children()
        if not all(role in children for role in roles):
            return False
        for role in roles:
            os.kill(children[role], signal.SIGKILL)
        return True


def in_random_order(random_: random.Random) -> list[str]:
    """Return who is killed, one after the other."""
    others = [who for who, times in KILLS.items() for _ in range(times)]
    random_.shuffle(others)
    share = len(others) // PARENTS
    parts = [others[start : start + share] for start in range(0, len(others), share)]
    return [who for part in parts for who in (*part, "parent")]


def runs(findings: list[Finding]) -> list[list[Finding]]:
    """Return what has arrived of each run of sense, each finding once, in order."""
    arrived: dict[str, dict[int, Finding]] = {}
    for finding in findings:
        arrived.setdefault(finding.run, {}).setdefault(finding.seq, finding)
    parts = [[run[seq] for seq in sorted(run)] for run in arrived.values()]
    return sorted(parts, key=lambda part: part[0].number)


def lost(findings: list[Finding], kills: list[Kill]) -> Counter[str]:
    """Return how many findings went between runs, by who was killed around that time."""
    count: Counter[str] = Counter({"sense and uplink": 0, "sense alone": 0})
    last = -1
    for run in runs(findings):
        came = findings.index(run[0])
        died = [kill.who for kill in kills if kill.given > last and kill.arrived <= came]
        with_uplink = any(who in ("uplink", "both", "parent") for who in died)
        count["sense and uplink" if with_uplink else "sense alone"] += run[0].number - last - 1
        last = run[-1].number
    return count


def table(given: int, findings: list[Finding], kills: list[Kill]) -> str:
    arrived = runs(findings)
    once = sum(map(len, arrived))
    rows = {
        **{f"killed: {who}": times for who, times in Counter(one.who for one in kills).items()},
        "findings given": given,
        "arrived": once,
        "duplicates": len(findings) - once,
        "runs of sense": len(arrived),
        "lost within a run": sum(run[-1].seq - len(run) for run in arrived),
        **{f"lost with {who}": count for who, count in lost(findings, kills).items()},
    }
    return "\n".join(f"{title:28}{count:6}" for title, count in rows.items())


@pytest.mark.timeout(300)
def test_thirty_kills_of_a_node_and_six_of_its_broker_leave_no_hole_in_what_was_found(
    node: "Site", broker: Watched, until: Until
) -> None:
    random_ = random.Random(SEED)  # noqa: S311 - no secret
    feeder = Feeder(node.feed)
    victims = Victims(node, broker, feeder, until)

    for who in in_random_order(random_):
        victims.live(random_.choice(AFTER))
        victims.kill(who)
    victims.live(20)
    feeder.stop()
    until(lambda: broker.findings[-1].number == feeder.given - 1, LIMIT)

    print(table(feeder.given, broker.findings, victims.kills))  # noqa: T201 for the reader
    first = {(one.run, one.seq): one for one in reversed(broker.findings)}
    assert all(first[one.run, one.seq] == one for one in broker.findings), "one meaning each"
    last = -1
    for run in runs(broker.findings):
        begin = run[0].number
        assert begin > last, "no later sense reads what an earlier one has published"
        assert [one.seq for one in run] == list(range(1, len(run) + 1))
        assert [one.number for one in run] == list(range(begin, begin + len(run)))
        last = run[-1].number
    assert not broker.reports


def test_what_the_uplink_holds_of_a_killed_sense_arrives(
    node: "Site", broker: Watched, journal: "Journal", until: Until
) -> None:
    node.start("uplink", env=journal.env)
    sense = node.start("sense")
    journal.receive_until("STATUS=connected, MQTT 5; sense here")
    broker.kill()
    node.feed.give(*range(100))
    while "; 100 waiting" not in (heard := journal.receive() or ""):
        assert heard, "the uplink never had them all"

    sense.kill()
    journal.receive_until("STATUS=broker")
    broker.start()

    until(lambda: len(broker.findings) == 100, LIMIT)
    (run,) = runs(broker.findings)
    assert [(one.seq, one.number) for one in run] == [(seq, seq - 1) for seq in range(1, 101)]
