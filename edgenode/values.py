"""Findings: the closed set of what a node may publish about the world.

No value here can hold an array of pixels or samples, and nothing here needs numpy, because the
uplink uses it. Every field is bounded, so that a strict decoder also limits the size of a message.
"""

import sys
from collections.abc import Callable
from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Meta


def exactly(
    pattern: str, words: str | None = None, problem: Callable[[str], str] | None = None
) -> Meta:
    """Return the rule that a whole text matches *pattern*; *words* tell people what that is.

    *problem* returns what is wrong with one text that does not, with the cure.
    """
    told = {"words": words, "problem": problem}
    extra = {name: value for name, value in told.items() if value}
    # Python's `$` also matches before a final newline, unlike the `$` of JSON Schema.
    return Meta(pattern=rf"^{pattern}\Z", extra=extra or None)


LARGEST_INT = 2**53 - 1
"""The largest whole number that every reader of JSON can represent exactly."""

Fraction: TypeAlias = Annotated[float, Meta(ge=0.0, le=1.0)]
Finite: TypeAlias = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""Any number except not-a-number and the infinities, which JSON does not have."""

Amount: TypeAlias = Annotated[float, Meta(ge=0.0, le=1e12)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=LARGEST_INT)]
Id: TypeAlias = Count
Millis: TypeAlias = Count
LONGEST_LABEL = 64
"""Characters of a label."""

MOST_LABELS = 4096
"""Labels of a model."""

Label: TypeAlias = Annotated[str, Meta(min_length=1, max_length=LONGEST_LABEL)]
Name: TypeAlias = Annotated[
    str,
    exactly(
        "[a-z0-9][a-z0-9_-]{0,62}",
        "text of a to z, 0 to 9, - and _, at most 63 of them, the first a letter or a digit",
    ),
]
"""A node or plugin in a topic: no dots (RabbitMQ rewrites them), no spaces (NATS refuses them)."""

PERSON = "person"
"""The label a pose is counted by."""

HappeningType: TypeAlias = Literal["enter", "update", "leave", "cross", "keyword"]
"""What kind of happening. A later version may add kinds, and removes none."""

KEYPOINTS = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
"""Names of a pose's keypoints, in their order (COCO; left and right are the person's own)."""

BONES = (
    *((0, 1), (0, 2), (1, 3), (2, 4)),  # head
    *((5, 6), (5, 7), (7, 9), (6, 8), (8, 10)),  # shoulders and arms
    *((5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16)),  # trunk and legs
)
"""The keypoints that are drawn joined, by their places in ``KEYPOINTS``."""


class Box(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Left, top, right, bottom in fractions of the full frame, origin top left."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction


class Keypoint(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where one joint is, in fractions of the full frame, and how sure the model is of it."""

    x: Fraction
    y: Fraction
    score: Fraction


class Detection(msgspec.Struct, frozen=True, tag="detection", forbid_unknown_fields=True):
    """One thing the model sees; ``id`` stays the same while a tracker follows it."""

    label: Label
    score: Fraction
    box: Box
    id: Id | None = None


class Pose(msgspec.Struct, frozen=True, tag="pose", forbid_unknown_fields=True):
    """One person: seventeen keypoints in the order of ``KEYPOINTS``."""

    score: Fraction
    keypoints: Annotated[tuple[Keypoint, ...], Meta(min_length=17, max_length=17)]
    id: Id | None = None


class Keyword(msgspec.Struct, frozen=True, tag="keyword", forbid_unknown_fields=True):
    """A word or phrase the model hears."""

    label: Label
    score: Fraction


class Category(msgspec.Struct, frozen=True, tag="category", forbid_unknown_fields=True):
    """What the whole picture shows."""

    label: Label
    score: Fraction


class Area(msgspec.Struct, frozen=True, tag="area", forbid_unknown_fields=True):
    """The share of the picture that one class covers."""

    label: Label
    share: Fraction


class Measurement(msgspec.Struct, frozen=True, tag="measurement", forbid_unknown_fields=True):
    """A number with a name; the name carries the unit (``temperature_c``)."""

    name: Label
    value: Finite


class Happening(msgspec.Struct, frozen=True, tag="happening", forbid_unknown_fields=True):
    """What begins, changes or ends, and is published as an event instead of in a result.

    Attributes:
        type: what happened.
        label: what it happened to: the label of a track, the word that was heard.
        score: how sure the model is of it.
        id: of the track, where a tracker follows it.
        zone: where it happened, if a filter knows zones or lines.
        dur_ms: how long it lasted so far.
    """

    # When encoded, the name `type` is taken: it holds the tag of the struct.
    type: HappeningType = msgspec.field(name="happening")
    label: Label
    score: Fraction
    id: Id | None = None
    zone: Label | None = None
    dur_ms: Millis | None = None


Finding: TypeAlias = Detection | Pose | Keyword | Category | Area | Measurement | Happening
Findings: TypeAlias = Annotated[tuple[Finding, ...], Meta(max_length=256)]


# A tuple, because a union in isinstance is built anew at each call.
SCORELESS = (Area, Measurement)


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All findings of one inference.

    Attributes:
        captured_at: when the sample was captured, seconds since the epoch, UTC.
        findings: what the model found; may be empty.
        ms: duration of the inference in milliseconds.
        model: id of the model, empty for a plugin without one.
        degraded: the CPU twin answered because the Edge TPU was away.
        plugin: name of the plugin in the configuration; the node sets it.
    """

    title: ClassVar[str] = "results"
    capacity: ClassVar[int] = 200

    captured_at: Annotated[float, Meta(ge=0.0, lt=1e11)]
    findings: Findings = ()
    ms: Amount = 0.0
    model: Annotated[str, Meta(max_length=64)] = ""
    degraded: bool = False
    plugin: Annotated[str, exactly("([a-z0-9][a-z0-9_-]{0,62})?")] = ""

    @property
    def nbytes(self) -> int:
        """A result has no raw data."""
        return 0


def label_of(finding: Finding) -> str:
    """Return the label a finding is counted by: a pose is a ``person``, a measurement its name."""
    if isinstance(finding, Pose):
        return PERSON
    return finding.name if isinstance(finding, Measurement) else finding.label


def score_of(finding: Finding) -> float | None:
    """Return the finding's score, None for an area or a measurement."""
    return None if isinstance(finding, SCORELESS) else finding.score


def happening_of(finding: Finding) -> Happening | None:
    """Return the finding as something that happened, None if it is something that is seen."""
    if isinstance(finding, Keyword):
        return Happening("keyword", finding.label, finding.score)
    return finding if isinstance(finding, Happening) else None
