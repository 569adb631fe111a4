import time

import msgspec

from edgenode.backend.arrivals import Arrival
from edgenode.backend.board import MOST_NEWS, Board
from edgenode.backend.payloads import Payload
from edgenode.messages import (
    Birth,
    CategoryMessage,
    Dropped,
    Egress,
    Event,
    Hardware,
    Health,
    Ingress,
    MqttHealth,
    Object,
    OutboxHealth,
    PluginHealth,
    PluginMeta,
    PoseMessage,
    ResultMessage,
    State,
    Status,
    findings_of,
)

RUN = "0" * 12
EVENT = Event(v=1, ts=1, run=RUN, seq=1, type="keyword", label="yes", score=0.9)


def arrival(kind: str, message: Payload, plugin: str = "", node: str = "n1") -> Arrival:
    payload = msgspec.json.encode(message)
    topic = "/".join(filter(None, ("edgenode/v1", node, kind, plugin)))
    return Arrival(
        topic=topic, node=node, kind=kind, plugin=plugin, message=message, payload=payload
    )


def status(state: str = "online", reason: str = "boot") -> Status:
    return Status(state=state, reason=reason, run=RUN, conn=1, ts=1)


def result(**findings: object) -> ResultMessage:
    return ResultMessage(v=1, ts=1, run=RUN, seq=1, ms=9.0, model="ssd", counts={}, **findings)


def thing(label: str, score: float) -> Object:
    return Object(label=label, score=score, box=(0.0, 0.0, 1.0, 1.0))


def health(seen: int = 0, sent: int = 0, **plugins: PluginHealth) -> Health:
    return Health(
        v=1, ts=1, run=RUN, up_s=1.0, clock="synced", plugins=plugins, outbox=OutboxHealth(),
        mqtt=MqttHealth(), ingress=Ingress(bytes=seen), egress=Egress(bytes=sent),
    )  # fmt: skip


def test_a_node_is_as_its_last_status_says() -> None:
    board = Board()

    for one in (status(), status("offline", "lost")):
        board.add(arrival("status", one))

    assert (board.nodes["n1"].state, board.nodes["n1"].reason) == ("offline", "lost")
    assert [news.arrival.message for news in board.news] == [status(), status("offline", "lost")]


def test_messages_and_their_bytes_are_counted_by_node_and_plugin() -> None:
    board = Board()
    arrivals = [
        arrival("status", status()),
        arrival("event", EVENT, "words"),
        arrival("event", EVENT, "words", node="n2"),
    ]

    for one in arrivals:
        board.add(one)

    sizes = [len(one.payload) for one in arrivals]
    assert (board.messages, board.bytes) == (3, sum(sizes))
    assert (board.nodes["n1"].messages, board.nodes["n1"].bytes) == (2, sum(sizes[:2]))
    words = board.nodes["n1"].plugins["words"]
    assert (words.messages, words.bytes) == (1, sizes[1])


def test_findings_are_counted_by_label_and_the_surest_of_the_last_stands_out() -> None:
    began = time.monotonic()
    board = Board()
    pose = PoseMessage(score=0.7, keypoints=((0.5, 0.5, 0.7),) * 17)

    board.add(arrival("result", result(objects=(thing("tv", 0.5), thing("cat", 0.8))), "front"))
    board.add(arrival("result", result(objects=(thing("tv", 0.6),)), "front"))
    board.add(arrival("result", result(), "front"))
    board.add(arrival("result", result(poses=(pose,)), "posture"))
    board.add(arrival("event", EVENT, "words"))

    plugins = board.nodes["n1"].plugins
    assert plugins["front"].labels == {"tv": 2, "cat": 1}
    assert plugins["front"].findings == 3
    assert plugins["front"].last == ("tv", 0.6)
    assert plugins["posture"].last == ("person", 0.7)
    assert plugins["words"].last == ("yes", 0.9)
    assert began <= plugins["words"].last_at <= time.monotonic()


def test_every_kind_of_finding_is_one() -> None:
    message = result(
        categories=(CategoryMessage(label="cat", score=0.9),),
        areas={"sky": 0.4},
        values={"temperature_c": 21.5},
    )

    found = list(findings_of(message))

    assert found == [("cat", 0.9), ("sky", 0.4), ("temperature_c", 21.5)]


def test_birth_state_and_health_tell_the_rest() -> None:
    board = Board()
    birth = Birth(
        node="n1", run=RUN, ts=1, sw="0.1.0",
        hw=Hardware(model="a board", machine="aarch64", cores=4, memory_mb=1),
        plugins=(PluginMeta(id="front", use="object-detection"),),
    )  # fmt: skip

    board.add(arrival("meta", birth))
    board.add(arrival("state", State(v=1, ts=1, counts={"cat": 2}, fate="running"), "front"))
    board.add(arrival("health", health(9000, 3, front=PluginHealth(fps=4.5, p50_ms=90.0))))

    node = board.nodes["n1"]
    front = node.plugins["front"]
    assert (node.seen_bytes, node.sent_bytes) == (9000, 3)
    assert (front.use, front.fate, front.counts) == ("object-detection", "running", {"cat": 2})
    assert (front.fps, front.p50_ms) == (4.5, 90.0)


def test_a_fault_is_news_once_and_dropped_findings_are() -> None:
    board = Board()
    fault = State(v=1, ts=1, counts={}, fate="device-error", error="no camera attached")
    dropped = Dropped(v=1, ts=1, run=RUN, seq=3, reason="overflow", of=RUN, ranges=((1, 2),))

    for message in (fault, fault, State(v=1, ts=1, counts={}, fate="running")):
        board.add(arrival("state", message, "front"))
    board.add(arrival("event", dropped, "_outbox"))

    assert [news.arrival.message for news in board.news] == [fault, dropped]
    assert board.nodes["n1"].plugins.keys() == {"front"}


def test_nodes_plugins_and_news_are_bounded() -> None:
    board = Board(most_nodes=2, most_plugins=2)

    for number in range(60):
        board.add(arrival("event", EVENT, f"p{number}", node="n0"))
    for number in range(1, 4):
        board.add(arrival("status", status(), node=f"n{number}"))

    assert list(board.nodes) == ["n2", "n3"]
    assert len(board.news) == MOST_NEWS
