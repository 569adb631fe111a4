"""The camera source, over a fake with picamera2's interface."""

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.sources import camera as camera_module
from edgenode.sense.sources.camera import Camera, CameraOptions

if TYPE_CHECKING:
    from picamera2 import Sensor

FAKES = Path(__file__).parents[2] / "fakes"
COLOURS = {
    "red": (220, 20, 30),
    "green": (10, 200, 40),
    "blue": (30, 40, 210),
    "grey": (90, 90, 90),
}


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the fake module, with no camera attached."""
    monkeypatch.syspath_prepend(FAKES)
    import picamera2 as fake

    fake.attached.clear()
    yield fake
    for name in [name for name in sys.modules if name.split(".")[0] in {"picamera2", "libcamera"}]:
        del sys.modules[name]


@pytest.fixture
def sensor(picamera2: ModuleType) -> "Sensor":
    """Return an attached camera that sees four coloured quarters."""
    scene = np.zeros((720, 1280, 3), np.uint8)
    corners = [
        (a, b) for a in (slice(0, 360), slice(360, 720)) for b in (slice(0, 640), slice(640, 1280))
    ]
    for corner, colour in zip(corners, COLOURS.values(), strict=True):
        scene[corner] = colour
    sensor = picamera2.Sensor(scene)
    picamera2.attached.append(sensor)
    return sensor


def demand(width: int, height: int, fit: plugin.Fit = "stretch") -> plugin.Demand:
    return plugin.Demand(size=(width, height), fit=fit)


def first_frame(source: Camera) -> plugin.Frame:
    with source:
        return next(source.samples())


def colours(frame: plugin.Frame) -> list[list[int]]:
    """Return the colour in the middle of each quarter."""
    height, width, _ = frame.pixels.shape
    return [frame.pixels[y * height // 4, x * width // 4].tolist() for y in (1, 3) for x in (1, 3)]


@pytest.mark.usefixtures("sensor")
@pytest.mark.parametrize(
    ("wish", "shape"),
    [
        (demand(300, 300), (300, 300, 3)),
        (demand(320, 320, "letterbox"), (180, 320, 3)),
        (demand(257, 257), (258, 258, 3)),
        (demand(3000, 3000), (720, 1280, 3)),
        (plugin.Demand(), (360, 640, 3)),
    ],
    ids=["stretch", "letterbox", "odd: the next even", "never above main", "nothing demanded"],
)
def test_the_frame_has_the_size_the_model_eats(wish: plugin.Demand, shape: tuple[int, ...]) -> None:
    source = Camera(CameraOptions(), wish)

    frame = first_frame(source)

    assert frame.pixels.shape == shape
    assert frame.pixels.dtype == np.uint8


@pytest.mark.parametrize("space", ["Sycc", "Rec709"])
def test_colours_are_right_in_full_and_limited_range_whatever_the_padding(
    sensor: "Sensor", space: str
) -> None:
    import libcamera

    sensor.agreed = getattr(libcamera.ColorSpace, space)()

    frame = first_frame(Camera(CameraOptions(), demand(300, 300)))

    assert np.abs(np.array(colours(frame)) - list(COLOURS.values())).max() <= 2
    assert np.abs(frame.pixels[:, -1].astype(int) - frame.pixels[:, -2]).max() == 0


@pytest.mark.usefixtures("sensor")
def test_rotation_and_mirror_turn_the_picture() -> None:
    red, green, blue, grey = COLOURS.values()

    turned = first_frame(Camera(CameraOptions(rotation=180), demand(64, 64)))
    mirrored = first_frame(Camera(CameraOptions(mirror=True), demand(64, 64)))
    both = first_frame(Camera(CameraOptions(rotation=180, mirror=True), demand(64, 64)))

    assert np.allclose(colours(turned), [grey, blue, green, red], atol=2)
    assert np.allclose(colours(mirrored), [green, red, grey, blue], atol=2)
    assert np.allclose(colours(both), [blue, grey, red, green], atol=2)


def test_captured_at_is_when_the_sensor_saw_it(
    sensor: "Sensor", monkeypatch: pytest.MonkeyPatch
) -> None:
    sensor.age_s = 0.4
    monkeypatch.setattr(camera_module.time, "time", lambda: 1_000_000.0)

    frame = first_frame(Camera(CameraOptions(), demand(64, 64)))

    assert 999_999.0 < frame.captured_at < 999_999.6
    assert frame.at_s is None
    assert frame.origin == ""


@pytest.mark.usefixtures("sensor")
def test_every_request_is_given_back_to_the_camera() -> None:
    source = Camera(CameraOptions(stall_s=2), demand(64, 64))

    with source:
        samples = source.samples()
        frames = [next(samples) for _ in range(20)]

    assert len({frame.captured_at for frame in frames}) == 20


def test_a_rate_below_the_sensors_drops_frames(sensor: "Sensor") -> None:
    sensor.period_s = 0.005
    source = Camera(CameraOptions(rate_hz=20), demand(64, 64))

    with source:
        samples = source.samples()
        times = [next(samples).captured_at for _ in range(5)]

    assert times[-1] - times[1] > 3 / 20 - 0.02


@pytest.mark.parametrize(
    ("rate_hz", "limits"),
    [(None, (100, 83333)), (30.0, (33333, 83333)), (2.0, (83333, 83333))],
)
def test_the_sensor_runs_at_the_rate_asked_for_but_never_so_slow_that_things_blur(
    sensor: "Sensor", rate_hz: float | None, limits: tuple[int, int]
) -> None:
    with Camera(CameraOptions(rate_hz=rate_hz), demand(64, 64)):
        controls = sensor.configured["controls"]

    assert controls["FrameDurationLimits"] == limits


def test_frames_that_came_while_nobody_looked_are_counted(sensor: "Sensor") -> None:
    sensor.period_s, sensor.lasts_us = 0.002, 1000
    source = Camera(CameraOptions(), demand(64, 64))

    with source:
        list(islice(source.samples(), 3))

    assert source.lost >= 2


@pytest.mark.usefixtures("sensor")
def test_a_camera_that_does_not_tell_how_long_a_frame_lasts_has_lost_none() -> None:
    source = Camera(CameraOptions(), demand(64, 64))

    with source:
        list(islice(source.samples(), 3))

    assert source.lost == 0


def test_a_stalled_camera_is_an_error_within_the_limit_and_can_be_entered_again(
    sensor: "Sensor",
) -> None:
    source = Camera(CameraOptions(stall_s=0.5), demand(64, 64))

    with source:
        samples = source.samples()
        next(samples)
        sensor.stalled.set()
        with pytest.raises(plugin.DeviceError, match=r"gave no frame for 0\.5 s: check its cable"):
            for _ in samples:
                pass
    sensor.stalled.clear()

    assert first_frame(source).pixels.shape == (64, 64, 3)
    assert not source.wedged


def test_old_frames_are_a_stall(sensor: "Sensor") -> None:
    sensor.age_s = 2.0
    source = Camera(CameraOptions(stall_s=1), demand(64, 64))

    with source, pytest.raises(plugin.DeviceError, match=r"frames are 2\.\d s old"):
        next(source.samples())


def test_a_frame_repeated_for_ever_is_a_stall_and_yielded_once(sensor: "Sensor") -> None:
    sensor.frozen_at = 2**62  # ahead of our clock: its age says nothing
    source = Camera(CameraOptions(stall_s=0.5), demand(64, 64))

    with source:
        samples = source.samples()
        frame = next(samples)
        with pytest.raises(plugin.DeviceError, match="repeats one frame for"):
            next(samples)

    assert frame.pixels.shape == (64, 64, 3)


def test_closing_that_hangs_is_given_up_and_said(
    sensor: "Sensor", caplog: pytest.LogCaptureFixture, join: Callable[[str], None]
) -> None:
    sensor.closing.clear()
    source = Camera(CameraOptions(), demand(64, 64), close_s=0.05)

    first_frame(source)

    assert source.wedged
    assert "only a new process can use it again" in caplog.text
    sensor.closing.set()
    join("camera-close")


def test_no_camera_is_named_with_the_cure(picamera2: ModuleType) -> None:
    assert picamera2.attached == []

    with pytest.raises(plugin.DeviceError, match="no camera 0, 0 attached: check the cable"):
        Camera(CameraOptions()).open()


def test_a_camera_unplugged_at_open_is_named(sensor: "Sensor") -> None:
    sensor.unplugged = True

    with pytest.raises(plugin.DeviceError, match="camera 0 does not open: Failed to initialize"):
        Camera(CameraOptions()).open()


def test_a_busy_camera_is_named_with_the_cure(sensor: "Sensor") -> None:
    sensor.busy = True

    with pytest.raises(plugin.DeviceError, match="busy: another program holds it, stop that"):
        Camera(CameraOptions()).open()


def test_a_camera_is_found_by_a_unique_part_of_its_name(
    picamera2: ModuleType, sensor: "Sensor"
) -> None:
    other = picamera2.Sensor(
        np.full((4, 4, 3), 200, np.uint8), model="ov5647", id="/base/i2c@80000"
    )
    picamera2.attached.insert(0, other)

    frame = first_frame(Camera(CameraOptions(camera="IMX708"), demand(64, 64)))

    assert np.allclose(colours(frame), list(COLOURS.values()), atol=2)
    with pytest.raises(plugin.DeviceError, match="camera 'i2c' is ambiguous: 'ov5647 /base"):
        Camera(CameraOptions(camera="i2c")).open()
    with pytest.raises(plugin.DeviceError, match="no camera 'front': there are 'ov5647"):
        Camera(CameraOptions(camera="front")).open()
    assert sensor.acquired is False


def test_a_failed_start_releases_the_camera(sensor: "Sensor") -> None:
    sensor.starts = False
    source = Camera(CameraOptions(), demand(64, 64))

    with pytest.raises(
        plugin.DeviceError, match=r"camera 0 does not start: Failed to start.*Broken"
    ):
        source.open()

    assert sensor.acquired is False


def test_without_picamera2_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)

    with pytest.raises(plugin.DeviceError, match=r"apt install python3-picamera2.*--system-site"):
        Camera(CameraOptions()).open()
