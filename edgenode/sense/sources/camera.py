"""The only module that knows picamera2 exists."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from msgspec import Meta

from edgenode import plugin
from edgenode.sense.sources._frame_times import FrameTimes
from edgenode.sense.sources._names import pick
from edgenode.sense.sources._reading import LOWEST_RATE_HZ, fitted, rate_enough
from edgenode.sense.sources._yuv import Converter

log = logging.getLogger(__name__)

CAMERA_ERRORS = (RuntimeError, OSError, LookupError, ValueError)
"""What libcamera's bindings and picamera2 raise when a camera fails."""

DEFAULT_DEMAND = plugin.Demand(size=(640, 640), fit="letterbox")
LONGEST_FRAME_US = 83_333
"""The sensor never runs below 12 Hz: a longer exposure would blur moving things."""

Side = Annotated[int, Meta(ge=64, le=9152)]
Rate = Annotated[float, Meta(ge=LOWEST_RATE_HZ, le=240)]


class CameraOptions(plugin.Options, frozen=True, kw_only=True):
    """A table under ``[sources]`` with ``use = "camera"``."""

    camera: Annotated[
        int | str, Meta(description="its number, or a unique part of its model or id")
    ] = 0
    size: Annotated[
        tuple[Side, Side],
        Meta(description="width and height of the main stream: decides the field of view"),
    ] = (1280, 720)
    rate_hz: Annotated[
        Rate | None, Meta(description="frames per second; none: as plugins need")
    ] = None
    rotation: Annotated[Literal[0, 180], Meta(description="turned by the sensor, free of cost")] = 0
    mirror: Annotated[bool, Meta(description="swap left and right")] = False
    stall_s: Annotated[
        float, Meta(description="a frame this old, or none for as long, is a stall", ge=0.5, le=60)
    ] = 5.0


class Camera(plugin.Source[CameraOptions]):
    """Frames from a Raspberry Pi camera, scaled to the model's input by its image processor.

    The frames are those of the lores stream: YUV 4:2:0 on every Pi, converted to RGB here. The
    colour space is requested as ``Sycc``; the one that the camera has chosen is used. ``lost``
    counts the sensor's frames that were not read in time.
    """

    Options = CameraOptions
    yields = plugin.Frame

    def __init__(
        self,
        options: CameraOptions,
        demand: plugin.Demand = plugin.Demand(),  # noqa: B008 frozen value
        close_s: float = 3.0,
    ) -> None:
        """*close_s*: limit for ``close``, in which libcamera may hang forever."""
        super().__init__(options, demand)
        self._close_s = close_s

    def open(self) -> None:
        """Open and start the camera; raise ``DeviceError`` if it is absent or busy."""
        self._camera = _open(self.options.camera)
        try:
            self._start()
        except CAMERA_ERRORS as error:
            self.close()
            raise plugin.DeviceError(
                f"camera {self.options.camera!r} does not start: {_reason(error)}"
            ) from error

    def close(self) -> None:
        """Close the camera. If that takes longer than ``close_s``, become ``wedged``."""
        # In a thread of its own, which is left behind if libcamera hangs.
        closing = threading.Thread(
            target=_close, args=(self._camera,), name="camera-close", daemon=True
        )
        closing.start()
        closing.join(self._close_s)
        if closing.is_alive():
            self.wedged = True
            log.error(
                "camera %r does not close; only a new process can use it again",
                self.options.camera,
            )

    def samples(self) -> Iterator[plugin.Frame]:
        """Yield frames; raise ``DeviceError`` if none comes, or if they are old or repeated."""
        times = FrameTimes(self.options.stall_s, self._rate_hz())
        while True:
            frame = self._capture(times)
            if frame is not None:
                yield frame

    def _capture(self, times: FrameTimes) -> plugin.Frame | None:
        try:
            request = self._camera.capture_request(wait=self.options.stall_s)
        except TimeoutError as error:
            raise plugin.DeviceError(
                f"camera {self.options.camera!r} gave no frame for {self.options.stall_s:g} s:"
                " check its cable and power"
            ) from error
        try:
            metadata = request.get_metadata()
            stamp_ns, lasts_us = metadata.get("SensorTimestamp"), metadata.get("FrameDuration")
            self.lost += times.count_missed(stamp_ns, lasts_us and lasts_us * 1000)
            age_s = times.age_s(stamp_ns)
            if age_s is None:
                return None
            # Computed before the conversion to RGB, which takes milliseconds.
            captured_at = time.time() - age_s
            planes = request.make_array("lores")
        finally:
            request.release()
        pixels = self._converter.rgb(planes, self._size)
        return plugin.Frame(pixels=pixels, captured_at=captured_at)

    def _start(self) -> None:
        from libcamera import Transform

        upside_down = self.options.rotation == 180  # noqa: PLR2004 degrees
        controls = {}
        if rate_hz := self._rate_hz():
            shortest_us = min(round(1e6 / rate_hz), LONGEST_FRAME_US)
            controls["FrameDurationLimits"] = (shortest_us, LONGEST_FRAME_US)
        configuration = self._camera.create_preview_configuration(
            main={"format": "YUV420", "size": self.options.size},
            lores={"format": "YUV420", "size": self._lores()},
            raw=None,
            transform=Transform(hflip=upside_down != self.options.mirror, vflip=upside_down),
            controls=controls,
            display=None,
            encode=None,
        )
        self._camera.configure(configuration)
        agreed = self._camera.camera_configuration()
        self._size = agreed["lores"]["size"]
        self._converter = _converter(agreed["colour_space"])
        self._camera.start()

    def _lores(self) -> tuple[int, int]:
        """Return the size to request: even, for 4:2:0, and not larger than the main stream."""
        main = self.options.size
        demand = self.demand if self.demand.size else DEFAULT_DEMAND
        width, height = fitted(main, demand)
        return min(width + width % 2, main[0]), min(height + height % 2, main[1])

    def _rate_hz(self) -> float | None:
        return self.options.rate_hz or rate_enough(self.demand)


def _open(wanted: int | str) -> Any:  # noqa: ANN401 picamera2 has no annotations
    try:
        from picamera2 import Picamera2
    except (ImportError, ValueError) as error:  # ValueError: built for another numpy
        raise plugin.DeviceError(
            f"camera {wanted!r} needs picamera2 ({error}): apt install python3-picamera2, and make"
            " the virtual environment with --system-site-packages"
        ) from error
    names = [f"{info.get('Model', '')} {info['Id']}" for info in Picamera2.global_camera_info()]
    number = wanted if isinstance(wanted, int) else pick("camera", wanted, names)
    if not 0 <= number < len(names):
        raise plugin.DeviceError(
            f"no camera {wanted!r}, {len(names)} attached: check the cable, see"
            " `rpicam-hello --list-cameras`"
        )
    try:
        return Picamera2(number)
    except CAMERA_ERRORS as error:
        raise plugin.DeviceError(f"camera {wanted!r} does not open: {_reason(error)}") from error


def _close(camera: Any) -> None:  # noqa: ANN401
    try:
        camera.cancel_all_and_flush()
        camera.close()
    except Exception:
        log.warning("closing a camera failed", exc_info=True)


def _converter(colour_space: Any) -> Converter:  # noqa: ANN401
    if colour_space is None:
        return Converter()
    return Converter(colour_space.ycbcrEncoding.name, full_range=colour_space.range.name == "Full")


def _reason(error: BaseException) -> str:
    """Return the root cause of *error*, with a cure."""
    root = error
    while following := root.__cause__ or root.__context__:
        root = following
    if "busy" in str(root).lower():
        return f"{root}: another program holds it, stop that first"
    return f"{root}: check its cable, see `rpicam-hello --list-cameras`"
