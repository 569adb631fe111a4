from typing import get_args

import pytest

from edgenode import messages
from edgenode.messages import Event, Identity
from edgenode.messages.kinds import KINDS
from edgenode.values import (
    KEYPOINTS,
    Area,
    Box,
    Category,
    Detection,
    Finding,
    Happening,
    Keypoint,
    Keyword,
    Measurement,
    Pose,
    Result,
    label_of,
)

IDENTITY = Identity("0123456789ab", 1)
EACH: dict[str, tuple[Finding, float]] = {
    "objects": (Detection("cat", 0.98765, Box(0.0, 0.0, 1.0, 1.0)), 0.988),
    "categories": (Category("beach", 0.12345), 0.123),
    "poses": (Pose(0.71234, tuple(Keypoint(0.5, 0.5, 0.5) for _ in KEYPOINTS)), 0.712),
    "areas": (Area("road", 0.33333), 0.3333),
    "values": (Measurement("temperature_c", -21.5), -21.5),
}


def message(*findings: Finding) -> messages.ResultMessage:
    return messages.result(Result(captured_at=1.0, findings=findings), IDENTITY)


def test_every_kind_of_finding_is_a_row() -> None:
    assert set(KINDS) == set(get_args(Finding))


@pytest.mark.parametrize("field", EACH)
def test_a_finding_stands_in_the_field_of_its_kind_alone_and_is_read_from_there(field: str) -> None:
    finding, number = EACH[field]

    written = message(finding)

    assert [other for other in EACH if getattr(written, other)] == [field]
    assert list(messages.findings_of(written)) == [(label_of(finding), number)]


def test_what_can_be_seen_and_heard_is_counted_and_what_is_measured_is_not() -> None:
    findings = [finding for finding, _ in EACH.values()]

    assert messages.count((*findings, findings[0], Keyword("yes", 0.9))) == {
        "cat": 2,
        "beach": 1,
        "person": 1,
        "yes": 1,
    }


def test_what_happens_is_no_part_of_a_result() -> None:
    enter = Happening("enter", "person", 0.5, id=3)

    assert message(enter) == message()


def test_an_event_has_one_label_and_score() -> None:
    event = Event(v=1, ts=1, run=IDENTITY.run, seq=1, type="cross", label="person", score=0.5)

    assert list(messages.findings_of(event)) == [("person", 0.5)]
