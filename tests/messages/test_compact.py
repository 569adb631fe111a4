from pathlib import Path

import msgspec
import pytest

from edgenode import messages
from edgenode.messages import (
    Dropped,
    Event,
    Identity,
    ModelMeta,
    PluginMeta,
    ResultMessage,
)
from edgenode.messages.compact import NO_IDS, ClassIds, class_ids, is_packed, pack, unpack
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Finding,
    Keypoint,
    Measurement,
    Pose,
    Result,
)

RUN = "0123456789ab"
IDENTITY = Identity(RUN, 54_321)
AT = 1_790_000_000.123
LABELS = tuple(f"label {number}" for number in range(90))
IDS = ClassIds("ssdlite-mobiledet-coco", LABELS)

DETECTIONS = tuple(
    Detection(f"label {17 * n}", 0.98765 - n / 10, Box(0.12345, 0.23456, 0.65432, 0.54321))
    for n in range(5)
)
POSE = Pose(0.71234, tuple(Keypoint(0.51234, 0.62345, 0.73456) for _ in KEYPOINTS))
EVENT = Event(
    v=1, ts=messages.millis(AT), run=RUN, seq=54_321, type="keyword", label="yes", score=0.912
)
DROPPED = Dropped(
    v=1, ts=1, run=RUN, seq=9, reason="overflow", of="ba9876543210", ranges=((1, 4), (7, 7))
)


def result(*findings: Finding, model: str = IDS.model, **more: bool) -> ResultMessage:
    found = Result(captured_at=AT, findings=findings, ms=12.34, model=model)
    return msgspec.structs.replace(messages.result(found, IDENTITY), **more)


EVERYTHING = result(
    *DETECTIONS,
    Detection("stranger", 0.5, Box(0.0, 0.0, 1.0, 1.0), id=0),
    POSE,
    Category("label 3", 0.8),
    Area("label 4", 0.3333),
    Area("water", 1.0),
    Measurement("temperature_c", -21.5),
    late=True,
)


def test_five_detections_a_pose_and_a_keyword_are_small() -> None:
    ids = ClassIds("okay-nabu", ("silence", "yes"))

    assert len(pack(result(*DETECTIONS), IDS)) <= 130
    assert len(pack(result(POSE), IDS)) <= 200
    assert len(pack(EVENT, ids)) <= 70
    assert len(pack(result(DETECTIONS[0]), IDS)) <= 100


def test_the_page_about_mqtt_names_the_sizes() -> None:
    ids = ClassIds("okay-nabu", ("silence", "yes"))
    page = (Path(__file__).parent.parent.parent / "docs/mqtt.md").read_text()

    for what, message, known in (
        ("five detections", result(*DETECTIONS), IDS),
        ("a pose", result(POSE), IDS),
        ("a keyword", EVENT, ids),
    ):
        sizes = f"{len(msgspec.json.encode(message))} B | {len(pack(message, known))} B"
        assert f"| {what} | {sizes} |" in page


def test_five_detections_are_less_than_a_third_of_their_json() -> None:
    message = result(*DETECTIONS)

    assert 3 * len(pack(message, IDS)) < len(msgspec.json.encode(message))


@pytest.mark.parametrize(
    "message",
    [
        EVERYTHING,
        result(),
        result(*DETECTIONS, degraded=True),
        result(*DETECTIONS, POSE, model="the-cpu-twin"),
        result(Measurement("temperature_c", 20.0), model=""),
        EVENT,
        msgspec.structs.replace(EVENT, label="label 7", id=0),
        msgspec.structs.replace(EVENT, type="leave", zone="door", dur_ms=0, late=True),
        msgspec.structs.replace(EVENT, dur_ms=0, score=0.0),
        DROPPED,
    ],
)
@pytest.mark.parametrize("ids", [IDS, NO_IDS])
def test_what_is_unpacked_is_what_was_packed(
    message: ResultMessage | Event | Dropped, ids: ClassIds
) -> None:
    payload = pack(message, ids)

    assert is_packed(payload)
    assert unpack(type(message), payload, ids) == message


def test_a_label_is_its_class_id_and_what_has_none_stays_text() -> None:
    ids = ClassIds("ssd", ("???", "person", "???"))
    seen = (Detection(label, 0.5, Box(0, 0, 1, 1)) for label in ("person", "???", "kite"))

    array = msgspec.msgpack.decode(pack(result(*seen, model="ssd"), ids))

    assert [thing[0] for thing in array[8]] == [1, 0, "kite"]


def test_labels_of_another_model_than_metas_stay_text_and_the_model_is_named() -> None:
    array = msgspec.msgpack.decode(pack(result(DETECTIONS[1], model="twin"), IDS))

    assert array[5] == "twin"
    assert array[8][0][0] == "label 17"


def test_class_ids_are_those_of_the_model_that_meta_names_for_the_plugin() -> None:
    models = [ModelMeta(id=name, sha256="0" * 64, labels=(f"a {name}",)) for name in ("x", "y")]
    plugins = [PluginMeta(id="p", use="u", model="y"), PluginMeta(id="q", use="u")]

    ids = class_ids(models, plugins)

    assert (ids["p"].model, ids["p"].of("a y"), ids["p"].label(0)) == ("y", 0, "a y")
    assert (ids["q"].model, ids["q"].of("a y")) == ("", "a y")


def test_a_class_id_whose_meta_has_not_arrived_is_a_number() -> None:
    found = unpack(ResultMessage, pack(result(DETECTIONS[1]), IDS), NO_IDS)

    assert isinstance(found, ResultMessage)
    assert found.objects[0].label == "#17"
    assert found.objects[0].box == (0.123, 0.235, 0.654, 0.543)


def test_what_a_newer_node_has_added_at_the_end_is_ignored() -> None:
    array = msgspec.msgpack.decode(pack(EVENT, NO_IDS))

    newer = msgspec.msgpack.encode([*array, None, None, None, False, "new", {"deep": 1}])

    assert unpack(Event, newer, NO_IDS) == EVENT


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 0), (2, "no run"), (3, 0), (4, "shout"), (5, -1), (5, ""), (6, 10_001), (6, 0.5)],
)
def test_what_is_not_in_the_contract_is_refused(place: int, value: object) -> None:
    array = msgspec.msgpack.decode(pack(EVENT, NO_IDS))
    array[place] = value

    with pytest.raises(msgspec.ValidationError):
        unpack(Event, msgspec.msgpack.encode(array), NO_IDS)


def test_the_first_byte_tells_the_codecs_apart() -> None:
    assert not is_packed(msgspec.json.encode(EVENT))
    assert not is_packed(b"")
    assert is_packed(msgspec.msgpack.encode(list(range(20))))
