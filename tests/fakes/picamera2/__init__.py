"""A fake of picamera2 0.3.38: the calls edgenode makes, with the real signatures and manners.

Faithful where it matters: ``wait`` is True, False, None or seconds, and a job that timed out stays
queued until ``cancel_all_and_flush``; requests that are not released starve the camera of its
buffers; YUV 4:2:0 keeps the padding of its rows; sizes must be even and lores never above main.
"""

import threading
import time
from concurrent.futures import CancelledError, Future
from typing import Any

import numpy as np
from libcamera import ColorSpace, Transform

from picamera2._sensor import Sensor, planes

__all__ = ["Picamera2", "Sensor", "attached"]

attached: list[Sensor] = []
"""The cameras this machine has; a test fills it."""

ALIGNMENT = 64


class CompletedRequest:
    """One frame of every stream; its buffers go back to the camera on ``release``."""

    def __init__(self, camera: "Picamera2", stamp_ns: int) -> None:
        self._camera = camera
        self._stamp_ns = stamp_ns
        self._references = 1

    def get_metadata(self) -> dict[str, Any]:
        lasts_us = self._camera.sensor.lasts_us
        lasts = {"FrameDuration": lasts_us} if lasts_us else {}
        return {"SensorTimestamp": self._stamp_ns, "ExposureTime": 8000, "Lux": 120.0} | lasts

    def make_array(self, name: str) -> np.ndarray:
        if self._references == 0:
            raise RuntimeError(f"Stream {name!r} is not defined")
        return self._camera._render(name)

    def release(self) -> None:
        self._references -= 1
        if self._references < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self._camera._free.release()


class Job:
    """A capture the event loop will make when a frame is there."""

    def __init__(self) -> None:
        self._future: Future[CompletedRequest] = Future()

    def get_result(self, timeout: float | None = None) -> CompletedRequest:
        return self._future.result(timeout=timeout)

    def cancel(self) -> None:
        self._future.set_exception(CancelledError())


class Picamera2:
    """One camera, opened."""

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [
            {"Model": sensor.model, "Location": 2, "Rotation": 180, "Id": sensor.id, "Num": number}
            for number, sensor in enumerate(attached)
        ]

    def __init__(
        self,
        camera_num: int = 0,
        verbose_console: object = None,
        tuning: object = None,
        allocator: object = None,
    ) -> None:
        del verbose_console, tuning, allocator
        if camera_num >= len(attached):
            raise RuntimeError(f"No camera number {camera_num} found")
        self.sensor = attached[camera_num]
        try:
            self._acquire()
        except RuntimeError as error:
            raise RuntimeError("Camera __init__ sequence did not complete.") from error
        self.camera_config: dict[str, Any] = {}
        self.started = False
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._completed: list[CompletedRequest] = []
        self._ending = threading.Event()

    def _acquire(self) -> None:
        if self.sensor.unplugged:
            raise RuntimeError("Failed to initialize camera")
        if self.sensor.busy or self.sensor.acquired:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self.sensor.acquired = True

    def create_preview_configuration(  # noqa: PLR0913, PLR0917 the real one's
        self,
        main: dict[str, Any] = {},  # noqa: B006
        lores: dict[str, Any] | None = None,
        raw: dict[str, Any] | None = {},  # noqa: B006
        transform: Transform = Transform(),  # noqa: B008
        colour_space: ColorSpace = ColorSpace.Sycc(),  # noqa: B008
        buffer_count: int = 4,
        controls: dict[str, Any] = {},  # noqa: B006
        display: str | None = "main",
        encode: str | None = "main",
        queue: bool = True,  # noqa: FBT001, FBT002
        sensor: dict[str, Any] = {},  # noqa: B006
        use_case: str = "preview",
    ) -> dict[str, Any]:
        del raw, sensor
        main = _stream({"format": "XBGR8888", "size": (640, 480), "preserve_ar": True}, main)
        if lores is not None:
            lores = _stream({"format": "YUV420", "size": main["size"], "preserve_ar": False}, lores)
        return {
            "use_case": use_case,
            "transform": transform,
            "colour_space": colour_space,
            "buffer_count": buffer_count,
            "queue": queue,
            "main": main,
            "lores": lores,
            "controls": {"FrameDurationLimits": (100, 83333)} | controls,
            "display": display,
            "encode": encode,
        }

    def configure(self, camera_config: dict[str, Any]) -> None:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        config = dict(camera_config)
        main, lores = config["main"], config["lores"]
        if lores["size"][0] > main["size"][0] or lores["size"][1] > main["size"][1]:
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        for stream in (main, lores):
            stream["stride"] = -(-stream["size"][0] // ALIGNMENT) * ALIGNMENT
        config["colour_space"] = self.sensor.agreed or config["colour_space"]
        self.camera_config = self.sensor.configured = config
        self._free = threading.Semaphore(config["buffer_count"])

    def camera_configuration(self) -> dict[str, Any]:
        return self.camera_config

    def start(self, config: dict[str, Any] | None = None, show_preview: bool = False) -> None:  # noqa: FBT001, FBT002
        del show_preview
        if config is not None:
            self.configure(config)
        if not self.camera_config:
            raise RuntimeError("Camera has not been configured")
        if not self.sensor.starts:
            raise RuntimeError("Failed to start camera: Broken pipe")
        self.started = True
        self._loop = threading.Thread(target=self._run, name="fake-camera", daemon=True)
        self._loop.start()

    def capture_request(
        self,
        wait: bool | float | None = None,  # noqa: FBT001
        signal_function: object = None,
        flush: object = None,
    ) -> CompletedRequest | Job:
        del flush
        wait = signal_function is None if wait is None else wait
        with self._lock:
            job = Job()
            self._jobs.append(job)
            self._execute()
        return job.get_result(timeout=None if wait is True else wait) if wait else job

    def cancel_all_and_flush(self) -> None:
        with self._lock:
            for job in self._jobs:
                job.cancel()
            self._jobs = []

    def close(self) -> None:
        self.sensor.closing.wait()
        self._ending.set()
        if self.started:
            self._loop.join()
        self.started = False
        self.sensor.acquired = False

    def _run(self) -> None:
        while not self._ending.wait(self.sensor.period_s):
            if self.sensor.stalled.is_set() or not self._free.acquire(blocking=False):
                continue
            stamp_ns = self.sensor.frozen_at
            if stamp_ns is None:
                stamp_ns = time.monotonic_ns() - round(self.sensor.age_s * 1e9)
            with self._lock:
                self._completed.append(CompletedRequest(self, stamp_ns))
                self._execute()
                while len(self._completed) > 1:
                    self._completed.pop(0).release()

    def _execute(self) -> None:
        while self._jobs and self._completed:
            self._jobs.pop(0)._future.set_result(self._completed.pop(0))

    def _render(self, name: str) -> np.ndarray:
        config = self.camera_config
        (width, height), stride = config[name]["size"], config[name]["stride"]
        rows, columns, _ = self.sensor.scene.shape
        scene = self.sensor.scene[
            np.arange(height)[:, None] * rows // height, np.arange(width) * columns // width
        ]
        scene = scene[:: -1 if config["transform"].vflip else 1]
        scene = scene[:, :: -1 if config["transform"].hflip else 1]
        return planes(scene, config["colour_space"], stride)


def _stream(stream: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    bad = updates.keys() - {"format", "size", "stride", "preserve_ar"}
    if bad:
        raise ValueError(f"Bad key {bad.pop()!r}")
    stream |= updates
    if type(stream["size"]) is not tuple:
        raise RuntimeError("size in stream should be (width, height)")
    width, height = stream["size"]
    stream["size"] = (width - width % 2, height - height % 2)
    return stream
