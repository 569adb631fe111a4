"""From input to MQTT: `edgenode run`, a real broker, and a consumer that believes the contract."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgenode.catalogue import manifest
from edgenode.cli import main

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto
    from tests.node.conftest import Site

Watch = Callable[..., "Consumer"]
Validated = Callable[[Any], dict[str, Any]]

BOARD = """
    [health]
    period_s = 1
    [sources.board]
    use = "chequer"
    rate_hz = 100
    frames = 150
    [plugins.light]
    use = "brightness"
    source = "board"
    [plugins.lamp]
    use = "brightness"
    source = "board"
    threshold = 1.0
    filters = [{use = "throttle", seconds = 0.5}]
    """

REAL = """
    [health]
    period_s = 1
    [models]
    store = "{store}"
    [sources.pictures]
    use = "replay"
    path = ["{media}/images/kite_and_cold.jpg", "{media}/images/test_couple.jpg"]
    pace = "fast"
    [sources.video]
    use = "replay"
    path = "{video}"
    pace = "fast"
    [sources.speech]
    use = "replay"
    path = "{media}/speech/sequences_right-left-up__right_left_up.wav"
    pace = "fast"
    [plugins.things]
    use = "object-detection"
    source = "pictures"
    model = "coco-ssd-mobilenet-v1"
    [plugins.people]
    use = "object-detection"
    source = "video"
    model = "coco-ssd-mobilenet-v1"
    labels = ["person"]
    rate_hz = 1
    report = "all"
    [plugins.posture]
    use = "pose-estimation"
    source = "pictures"
    model = "movenet-lightning"
    [plugins.words]
    use = "keyword-spotting"
    source = "speech"
    model = "kws-ref"
    """

MODELS = ("coco-ssd-mobilenet-v1", "movenet-lightning", "kws-ref")
QOS_AND_EXPIRY = {
    "status": (1, None),
    "meta": (1, None),
    "state": (1, 300),
    "result": (1, 3600),
    "event": (1, 7 * 86400),
    "health": (0, 3),
}
RETAINED = {"status", "meta", "state"}


def kind(topic: str) -> str:
    return topic.split("/")[3]


def ended(received: list[Any]) -> bool:
    return any(b"shutdown" in message.payload for message in received[-1:])


def assert_as_in_the_contract(received: list[Any], validated: Validated) -> None:
    """Fail unless each message has its topic's payload, QoS and expiry, and no seq is missing."""
    seqs = []
    for message in received:
        payload = validated(message)
        qos, expires_s = QOS_AND_EXPIRY[kind(message.topic)]
        assert message.qos == qos, message.topic
        assert expires_s is None or 0 < message.expires_s <= expires_s, message.topic
        seqs += [payload["seq"]] if "seq" in payload else []
    assert seqs == list(range(1, len(seqs) + 1))


def cut(source: Path, target: Path, seconds: float) -> None:
    """Copy the beginning of a video."""
    import av

    with av.open(str(source)) as full, av.open(str(target), "w") as beginning:
        stream = full.streams.video[0]
        copied = beginning.add_stream_from_template(stream)
        for packet in full.demux(stream):
            if packet.dts is not None and packet.dts * stream.time_base <= seconds:
                packet.stream = copied
                beginning.mux(packet)


@pytest.fixture
def real(shared: Path, tmp_path: Path) -> str:
    """Return tables for the three plugins on real recordings, with the models in a store."""
    store = tmp_path / "store"
    pull = ["models", "pull", *MODELS, "--mirror", str(shared / "models"), "--store"]
    assert main([*pull, str(store)]) == 0
    video = tmp_path / "people.mp4"
    cut(shared / "media/video/one-by-one-person-detection.mp4", video, seconds=8)
    return REAL.format(store=store, media=shared / "media", video=video)


def test_every_topic_of_the_contract_is_seen_and_each_message_is_as_it_says(
    node: "Site", broker: "Mosquitto", consumer: Watch, validated: Validated
) -> None:
    node.configure(BOARD)
    seen_by = consumer(broker.url, "edgenode/#")

    run = node.start("run")
    seen = seen_by.wait_until(ended, 20)

    assert run.wait() == 0
    assert_as_in_the_contract(seen, validated)
    assert {kind(message.topic) for message in seen} == {*QOS_AND_EXPIRY} - {"event"}
    results = [validated(m) for m in seen if m.topic.endswith("/result/light")]
    # A sensor does not wait: what a busy machine had to overwrite is counted.
    health = [validated(message) for message in seen if kind(message.topic) == "health"]
    assert len(results) + health[-1]["plugins"]["light"]["lost"] == 150
    assert results[0]["counts"] == {"bright": 1}
    assert set(results[0]["values"]) == {"brightness"}
    throttled = [validated(m)["ts"] for m in seen if m.topic.endswith("/result/lamp")]
    # However long a busy machine takes for the frames: half a second lies between two.
    assert len(throttled) >= 2
    assert all(after - before >= 499 for before, after in pairwise(throttled))


def test_what_is_retained_waits_for_newcomers_and_the_rest_is_gone(
    node: "Site", broker: "Mosquitto", consumer: Watch, validated: Validated
) -> None:
    node.configure(BOARD)
    run = node.start("run")
    assert run.wait() == 0

    late = consumer(broker.url, "edgenode/#").wait_until(lambda received: len(received) == 4)

    by_topic = {m.topic.removeprefix("edgenode/v1/n1/"): validated(m) for m in late}
    assert all(message.retained for message in late)
    assert set(by_topic) == {"status", "meta", "state/light", "state/lamp"}
    assert (by_topic["status"]["state"], by_topic["status"]["reason"]) == ("offline", "shutdown")
    assert by_topic["meta"]["run"] == by_topic["status"]["run"]
    assert [plugin["id"] for plugin in by_topic["meta"]["plugins"]] == ["light", "lamp"]
    assert by_topic["state/light"]["fate"] == "finished"


def test_a_recording_that_cannot_be_read_is_a_published_state_and_a_status_of_its_own(
    node: "Site", broker: "Mosquitto", consumer: Watch, validated: Validated
) -> None:
    node.configure("""
        [sources.board]
        use = "replay"
        path = "broken.jpg"
        [plugins.light]
        use = "brightness"
        source = "board"
        """)
    seen_by = consumer(broker.url, "edgenode/#")

    run = node.start("run")
    seen = seen_by.wait_until(lambda received: any(b"device-error" in m.payload for m in received))

    state = validated(seen[-1])
    file = str(node.folder / "broken.jpg")
    assert kind(seen[-1].topic) == "state"
    assert state["error"] == f"recording {file!r}: there is no such file; check the path"
    assert run.wait() == 3


@pytest.mark.shared
def test_three_plugins_on_real_recordings_publish_what_there_is(
    node: "Site", broker: "Mosquitto", consumer: Watch, validated: Validated, real: str
) -> None:
    node.configure(real)
    seen_by = consumer(broker.url, "edgenode/#")

    run = node.start("run")
    seen = seen_by.wait_until(ended, 60)

    assert run.wait() == 0
    assert_as_in_the_contract(seen, validated)
    assert {kind(message.topic) for message in seen} >= {*QOS_AND_EXPIRY} - {"health"}
    by_topic: dict[str, list[dict[str, Any]]] = {}
    for message in seen:
        by_topic.setdefault(message.topic.removeprefix("edgenode/v1/n1/"), []).append(
            validated(message)
        )
    things = max(by_topic["result/things"], key=lambda one: one["counts"].get("kite", 0))
    assert things["counts"]["person"] >= 2
    assert things["counts"]["kite"] >= 2
    assert any(one["counts"].get("person") for one in by_topic["result/people"])
    assert len(by_topic["result/posture"][-1]["poses"][0]["keypoints"]) == 17
    assert {one["label"] for one in by_topic["event/words"]} <= {"right", "left", "up"}
    assert len(by_topic["event/words"]) >= 2
    used = {model["id"]: model["sha256"] for model in by_topic["meta"][-1]["models"]}
    files = {name: manifest.find(name).pins["cpu"].sha256 for name in used}
    assert set(used) == set(MODELS)
    assert used == files
