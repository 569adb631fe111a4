"""Findings: the closed set of things a node may say about the world.

No value here can hold an array of pixels or samples, and none knows numpy: the uplink reads them.
Every field is bounded, so that a strict decoder also bounds what passes.
"""

from typing import Annotated, ClassVar, TypeAlias

import msgspec
from msgspec import Meta

Fraction: TypeAlias = Annotated[float, Meta(ge=0.0, le=1.0)]
Label: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Id: TypeAlias = Annotated[int, Meta(ge=0)]

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
    value: float


Finding: TypeAlias = Detection | Pose | Keyword | Category | Area | Measurement
Findings: TypeAlias = Annotated[tuple[Finding, ...], Meta(max_length=256)]


class Result(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All findings of one inference.

    Attributes:
        captured_at: when the sample was captured, seconds since the epoch, UTC.
        findings: what the model found; may be empty.
        ms: duration of the inference in milliseconds.
        model: id of the model, empty for a plugin without one.
        degraded: the CPU twin answered because the Edge TPU was away.
    """

    title: ClassVar[str] = "results"
    capacity: ClassVar[int] = 200

    captured_at: Annotated[float, Meta(ge=0.0, lt=1e11)]
    findings: Findings = ()
    ms: Annotated[float, Meta(ge=0.0)] = 0.0
    model: Annotated[str, Meta(max_length=64)] = ""
    degraded: bool = False

    @property
    def nbytes(self) -> int:
        """A result has no raw data."""
        return 0
