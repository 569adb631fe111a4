import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from edgenode.errors import ContractError
from edgenode.handover import protocol
from edgenode.handover.protocol import (
    EventRecord,
    Offer,
    PluginSnapshot,
    Record,
    ResultRecord,
    SenseSnapshot,
    decode_to_uplink,
    packet,
)
from edgenode.messages import Identity, PluginHealth
from edgenode.uplink.acceptance import seq_of
from edgenode.uplink.encoding import payload_of
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Keypoint,
    Keyword,
    Measurement,
    Pose,
    Result,
)

NAN, INFINITE = float("nan"), float("inf")
IDENTITY = Identity("0" * 12, 7)
EVERYTHING = (
    Detection("kite", 0.98765, Box(0.12345, 0.2, 0.3, 0.4), id=3),
    Pose(0.7, tuple(Keypoint(0.5, 0.25, 0.125) for _ in KEYPOINTS)),
    Keyword("yes", 0.91),
    Category("beach", 0.8),
    Area("water", 0.33333),
    Measurement("temperature_c", -21.5),
)


def encoded(message: protocol.ToUplink) -> bytes:
    return packet(message)[4:]


def leaves(record: Record, *, late: bool = False) -> bytes:
    return msgspec.json.encode(payload_of(record, IDENTITY, late=late))


def offered(**fields: Any) -> bytes:  # noqa: ANN401
    return encoded(Offer(1, ResultRecord("people", Result(**{"captured_at": 1.0, **fields}))))


def raw(**fields: Any) -> bytes:  # noqa: ANN401
    return msgspec.msgpack.encode(fields)


def test_every_kind_of_finding_passes_and_is_valid(
    validate: Callable[[str, bytes], dict[str, Any]],
) -> None:
    record = ResultRecord("people", Result(captured_at=1.5, findings=EVERYTHING, ms=3.21))

    offer = decode_to_uplink(encoded(Offer(1, record)))
    assert isinstance(offer, Offer)
    payload = validate("result", leaves(offer.record))

    assert payload["ts"] == 1500
    assert payload["counts"] == {"kite": 1, "person": 1, "yes": 1, "beach": 1}
    assert payload["objects"] == [
        {"label": "kite", "score": 0.988, "box": [0.123, 0.2, 0.3, 0.4], "id": 3}
    ]
    assert len(payload["poses"][0]["keypoints"]) == 17
    assert payload["values"] == {"temperature_c": -21.5}


def test_every_kind_of_event_passes_and_is_valid(
    validate: Callable[[str, bytes], dict[str, Any]],
) -> None:
    for kind in ("enter", "update", "leave", "keyword"):
        record = EventRecord(
            plugin="door", captured_at=2.0, type=kind, label="cat", score=0.5, zone="mat", dur_ms=9
        )

        payload = validate("event", leaves(record))

        assert (payload["type"], payload["run"], payload["seq"]) == (kind, "0" * 12, 7)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x93\x01\x02\x03",
        b"hello",
        b"\x91" * 5000,
        raw(type="picture", pixels=b"\0" * 64),
        raw(type="offer", seq=1, record={"record": "result", "plugin": "people"}),
        raw(type="offer", seq=0, record=None),
        raw(type="inventory", models=[], plugins=[], cfg_hash="", recording=b"\0"),
        raw(type="snapshot", plugins={"Not A Name": {"fate": "running"}}),
        offered(captured_at=NAN),
        offered(ms=INFINITE),
        offered(findings=(Detection("kite", NAN, Box(0, 0, 1, 1)),)),
        offered(findings=(Detection("kite", 0.5, Box(0, 0, NAN, 1)),)),
        offered(findings=(Detection("kite", 0.5, Box(0, 0, 1.5, 1)),)),
        offered(findings=(Detection("", 0.5, Box(0, 0, 1, 1)),)),
        offered(findings=(Detection("k" * 65, 0.5, Box(0, 0, 1, 1)),)),
        offered(findings=(Pose(0.5, (Keypoint(0, 0, 0),)),)),
        offered(findings=(Area("water", INFINITE),)),
        offered(findings=(Measurement("temperature_c", NAN),)),
        offered(findings=(Measurement("temperature_c", -INFINITE),)),
        offered(findings=tuple(Keyword("yes", 0.5) for _ in range(257))),
        encoded(
            SenseSnapshot(
                plugins={"p": PluginSnapshot(fate="running", health=PluginHealth(fps=NAN))}
            )
        ),
        encoded(
            SenseSnapshot(
                plugins={"p": PluginSnapshot(fate="running", health=PluginHealth(fps=INFINITE))}
            )
        ),
    ],
)
def test_what_is_not_in_the_contract_is_rejected(payload: bytes) -> None:
    with pytest.raises(ContractError):
        decode_to_uplink(payload)


def test_nothing_that_passes_can_smuggle_a_field() -> None:
    smuggled = msgspec.msgpack.decode(offered(findings=(Keyword("yes", 0.5),)))
    smuggled["record"]["result"]["findings"][0]["audio"] = "UklGRg=="

    with pytest.raises(ContractError, match="unknown field `audio`"):
        decode_to_uplink(msgspec.msgpack.encode(smuggled))


def test_what_leaves_late_says_so_and_nothing_else_changes() -> None:
    result = ResultRecord("p", Result(captured_at=1.0, findings=EVERYTHING))
    event = EventRecord(plugin="p", captured_at=1.0, type="enter", label="cat", score=0.5)

    for record in (result, event):
        late = json.loads(leaves(record, late=True))

        assert late == {**json.loads(leaves(record)), "late": True}


def test_of_a_rejected_offer_the_number_is_known_for_its_report() -> None:
    assert seq_of(offered(ms=INFINITE)) == 1
    assert seq_of(raw(type="offer", seq=12, record="rubbish")) == 12


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc1", b"hello", raw(type="offer"), raw(type="offer", seq=-1), raw(type="hello"),
     raw(type="snapshot", seq=3), b"\x91" * 5000, msgspec.msgpack.encode([1, 2])],
)  # fmt: skip
def test_of_anything_else_there_is_none(payload: bytes) -> None:
    assert seq_of(payload) is None


@pytest.mark.parametrize("clock", [1e11, -1e11, 1e308])
def test_a_clock_that_would_make_an_impossible_time_does_not_pass(clock: float) -> None:
    offer = Offer(1, ResultRecord("people", Result(captured_at=1.0)), clock)

    with pytest.raises(ContractError, match="clock"):
        decode_to_uplink(encoded(offer))
