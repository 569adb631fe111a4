"""The few values of libcamera's Python bindings that a picamera2 configuration holds."""

from dataclasses import dataclass
from enum import Enum


@dataclass
class Transform:
    """Flips; the real one takes 0 and 1 or bools, too."""

    hflip: bool = False
    vflip: bool = False
    transpose: bool = False


class YcbcrEncoding(Enum):
    """How red and blue differences are weighed; RGB streams have ``Null``."""

    Null = 0
    Rec601 = 1
    Rec709 = 2
    Rec2020 = 3


class Range(Enum):
    """Whether luma fills 0..255 or 16..235."""

    Full = 0
    Limited = 1


@dataclass
class ColorSpace:
    """The two fields that concern the way back to RGB."""

    ycbcrEncoding: YcbcrEncoding  # noqa: N815 libcamera's name
    range: Range

    @staticmethod
    def Sycc() -> "ColorSpace":  # noqa: N802 libcamera's name
        return ColorSpace(YcbcrEncoding.Rec601, Range.Full)

    @staticmethod
    def Rec709() -> "ColorSpace":  # noqa: N802 libcamera's name
        return ColorSpace(YcbcrEncoding.Rec709, Range.Limited)
