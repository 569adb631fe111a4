import math
from typing import get_args

import msgspec
import pytest

from edgenode import values
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Finding,
    Happening,
    HappeningType,
    Keypoint,
    Keyword,
    Measurement,
    Pose,
    Result,
    happening_of,
    label_of,
    score_of,
)

ENTER = Happening("enter", "person", 0.6, id=0, zone="door", dur_ms=0)
EACH = {
    Detection("cat", 0.9, Box(0.0, 0.0, 1.0, 1.0)): ("cat", 0.9),
    Pose(0.8, tuple(Keypoint(0.0, 0.0, 0.0) for _ in KEYPOINTS)): ("person", 0.8),
    Keyword("yes", 0.7): ("yes", 0.7),
    Category("beach", 0.5): ("beach", 0.5),
    Area("road", 0.4): ("road", None),
    Measurement("temperature_c", 21.5): ("temperature_c", None),
    ENTER: ("person", 0.6),
}


def decoded(**fields: object) -> Result:
    payload = msgspec.msgpack.encode({"captured_at": 1.0, **fields})
    return msgspec.msgpack.decode(payload, type=Result)


def test_every_kind_of_finding_has_a_label_and_a_score_or_none() -> None:
    assert {type(finding) for finding in EACH} == set(get_args(Finding))
    assert {one: (label_of(one), score_of(one)) for one in EACH} == EACH


def test_a_keyword_is_a_happening_and_what_is_seen_is_none() -> None:
    happened = {one: happening_of(one) for one in EACH if happening_of(one) is not None}

    assert happened == {
        Keyword("yes", 0.7): Happening("keyword", "yes", 0.7),
        ENTER: ENTER,
    }


@pytest.mark.parametrize("finding", EACH)
def test_every_finding_survives_its_encoding(finding: Finding) -> None:
    result = Result(captured_at=1.0, findings=(finding,), plugin="people")

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=Result) == result


@pytest.mark.parametrize("kind", get_args(HappeningType))
def test_every_kind_of_happening_survives_its_encoding(kind: HappeningType) -> None:
    happening = Happening(kind, "person", 0.5)

    payload = msgspec.msgpack.encode(happening)

    assert msgspec.msgpack.decode(payload, type=Happening) == happening


@pytest.mark.parametrize("ms", [1e30, math.inf, math.nan, -1.0])
def test_a_duration_that_no_codec_can_carry_is_refused(ms: float) -> None:
    with pytest.raises(msgspec.ValidationError, match="ms"):
        decoded(ms=ms)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_measurement_is_a_finite_number(value: float) -> None:
    largest = {"type": "measurement", "name": "m", "value": 1.7976931348623157e308}

    assert decoded(findings=[largest]).findings == (Measurement("m", largest["value"]),)
    with pytest.raises(msgspec.ValidationError, match="value"):
        decoded(findings=[largest | {"value": value}])


@pytest.mark.parametrize("number", [-1, 2**53, 2**64 - 1])
def test_an_id_is_a_whole_number_that_every_reader_of_json_holds(number: int) -> None:
    enter = {"type": "happening", "happening": "enter", "label": "cat", "score": 0.5}

    assert decoded(findings=[enter | {"id": 2**53 - 1}]).findings[0].id == 2**53 - 1
    with pytest.raises(msgspec.ValidationError, match="id"):
        decoded(findings=[enter | {"id": number}])


@pytest.mark.parametrize("name", ["people\n", "People", "a.b", "a" * 64])
def test_a_name_is_exact_to_its_last_character(name: str) -> None:
    assert msgspec.convert("people", values.Name) == "people"
    assert decoded(plugin="").plugin == ""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, values.Name)
    with pytest.raises(msgspec.ValidationError):
        decoded(plugin=name)
