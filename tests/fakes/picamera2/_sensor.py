"""What stands behind the fake: a scene, a clock and the ways a camera can fail."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from libcamera import ColorSpace, Range, YcbcrEncoding
from numpy.typing import NDArray

SHARES = {YcbcrEncoding.Rec601: (0.299, 0.114), YcbcrEncoding.Rec709: (0.2126, 0.0722)}


@dataclass
class Sensor:
    """One attached camera. A test changes its fields while it runs.

    Attributes:
        scene: uint8 [height, width, 3], RGB: the full field of view.
        period_s: time between frames.
        lasts_us: how long a frame lasts, as its metadata tell; None: they do not.
        stalled: while set, no frame is completed.
        age_s: how old each frame's time stamp is.
        frozen_at: the time stamp of every frame, if not None.
        busy: another process has acquired it.
        unplugged: it is listed, but does not answer.
        starts: it can be started once it is open.
        closing: set unless closing hangs.
        configured: what it was last asked for.
        agreed: the colour space it insists on, None: the one asked for.
    """

    scene: NDArray[np.uint8]
    model: str = "imx708"
    id: str = "/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a"
    period_s: float = 0.002
    lasts_us: int | None = None
    stalled: threading.Event = field(default_factory=threading.Event)
    age_s: float = 0.0
    frozen_at: int | None = None
    busy: bool = False
    unplugged: bool = False
    starts: bool = True
    closing: threading.Event = field(default_factory=threading.Event)
    agreed: ColorSpace | None = None
    acquired: bool = False
    configured: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.closing.set()


def planes(rgb: NDArray[np.uint8], space: ColorSpace, stride: int) -> NDArray[np.uint8]:
    """Return [height * 3 / 2, stride]: *rgb* as YUV 4:2:0, the padding filled with rubbish."""
    height, width, _ = rgb.shape
    red, blue = SHARES[space.ycbcrEncoding]
    r, g, b = np.moveaxis(rgb.astype(float), -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    u, v = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    limited = space.range is Range.Limited
    y = y * 219 / 255 + 16 if limited else y
    scale = 224 / 255 if limited else 1.0
    quarters = [c.reshape(height // 2, 2, width // 2, 2).mean((1, 3)) * scale + 128 for c in (u, v)]
    padded = [_padded(y, stride), *(_padded(c, stride // 2) for c in quarters)]
    return np.concatenate([plane.reshape(-1) for plane in padded]).reshape(-1, stride)


def _padded(plane: NDArray[Any], stride: int) -> NDArray[np.uint8]:
    rows = np.full((plane.shape[0], stride), 0xAA, np.uint8)
    rows[:, : plane.shape[1]] = np.clip(np.rint(plane), 0, 255)
    return rows
