"""The only module that knows sounddevice exists.

PortAudio may keep a thread for good: while a device stalls, even ``close`` blocks. So every call
into it is made by a thread of the recording's own, and nobody waits for that without a limit.
"""

import atexit
import sys
import threading
import time
from collections import deque
from typing import Any, NamedTuple

from edgenode import plugin
from edgenode.sense.sources._names import pick

_library = threading.Lock()
"""Held while streams are opened and closed, which PortAudio wants one after the other."""

_readers: set[threading.Thread] = set()
"""Threads inside PortAudio: while there is one, the library must not be initialised anew."""

_abandoned: dict[str, threading.Thread] = {}
"""By name of the device, who did not come back: a second thread would only be lost as well."""


class Device(NamedTuple):
    """What to record: *name* is a unique part, empty for the default; *rate* None for its own."""

    name: str
    rate: int | None
    channel: int
    block_ms: int


class Timing(NamedTuple):
    """Waiting times.

    Attributes:
        backlog_s: seconds of sound that wait for the taker.
        open_s, close_s: how long PortAudio may take for it.
    """

    backlog_s: float = 2.0
    open_s: float = 10.0
    close_s: float = 2.0


class Block(NamedTuple):
    """Interleaved int16 frames as they came.

    Attributes:
        first: number of the first frame since the device was opened; a jump is a gap.
        data: the samples.
        at: monotonic seconds when they arrived.
    """

    first: int
    data: bytes
    at: float


class Recording:
    """Reads one device. ``open`` once, ``take`` often, ``close`` once, all from one thread.

    Up to ``backlog_s`` seconds wait for the taker; then the oldest goes, which is a gap.

    Attributes:
        rate: samples per second, once open.
    """

    def __init__(self, device: Device, timing: Timing = Timing()) -> None:  # noqa: B008 frozen value
        self._device = device
        self._timing = timing
        self._channels = device.channel + 1
        backlog = max(round(timing.backlog_s * 1000 / device.block_ms), 1)
        self._blocks: deque[Block] = deque(maxlen=backlog)
        # Guards _blocks, _fault and rate, which the recording's own thread writes.
        self._changed = threading.Condition()
        self._fault: Exception | None = None
        self._stopping = False
        self.rate = 0
        self._thread = threading.Thread(target=self._run, name="portaudio", daemon=True)

    @property
    def title(self) -> str:
        """How messages call the device."""
        return f"microphone {self._device.name or 'default'!r}"

    @property
    def held(self) -> bool:
        """Whether a thread that was given up still hangs in this device."""
        thread = _abandoned.get(self._device.name)
        return thread is not None and thread.is_alive()

    def open(self) -> None:
        """Start reading. Raise ``DeviceError`` naming what is wrong and the cure."""
        if self.held:
            raise plugin.DeviceError(
                f"{self.title} still hangs in PortAudio: replug it, or restart edgenode"
            )
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self.rate or self._fault, self._timing.open_s)
            self._raise_fault()
            if not self.rate:
                raise plugin.DeviceError(
                    f"{self.title} does not open within {self._timing.open_s:g} s: replug it,"
                    " or restart"
                )

    def take(self, timeout: float) -> Block | None:
        """Return the next block, None after *timeout* seconds without one.

        Raise ``DeviceError`` when the device is gone.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self._fault, timeout)
            if self._blocks:
                return self._blocks.popleft()
            self._raise_fault()
            return None

    def close(self) -> bool:
        """Stop reading; return whether the thread has ended within ``close_s`` seconds.

        If it has not, the device stalls: the thread closes it should it ever wake. Until then
        the process can go on, and end, but only a new one can open a microphone for sure.
        """
        self._stopping = True
        if self._thread.ident is not None:
            self._thread.join(self._timing.close_s)
        if self._thread.is_alive():
            _abandoned[self._device.name] = self._thread
            _leave_portaudio_open_at_exit()
        return not self.held

    def _raise_fault(self) -> None:
        if isinstance(self._fault, plugin.DeviceError):
            raise self._fault
        if self._fault is not None:
            raise plugin.DeviceError(
                f"{self.title} is gone or unusable: {_reason(self._fault)}; plug it in again, and"
                " leave `rate` and `channel` out to use what it has"
            ) from self._fault

    def _run(self) -> None:
        try:
            stream = self._open()
            try:
                self._read(stream)
            finally:
                with _library:
                    stream.close(ignore_errors=True)
        except Exception as error:  # noqa: BLE001 the top of a thread: the taker raises it
            with self._changed:
                self._fault = error
                self._changed.notify_all()
        finally:
            _readers.discard(threading.current_thread())

    def _open(self) -> Any:  # noqa: ANN401 sounddevice has no annotations
        if not _library.acquire(timeout=self._timing.open_s / 2):
            raise plugin.DeviceError(
                f"{self.title} cannot be opened: another one hangs in PortAudio; restart"
            )
        try:
            library = _load()
            _readers.add(threading.current_thread())
            number = self._find(library)
            rate = self._device.rate or int(library.query_devices(number)["default_samplerate"])
            stream = library.RawInputStream(
                device=number,
                samplerate=rate,
                channels=self._channels,
                dtype="int16",
                blocksize=self._frames(rate),
            )
            stream.start()
        finally:
            _library.release()
        with self._changed:
            self.rate = rate
            self._changed.notify_all()
        return stream

    def _find(self, library: Any) -> int:  # noqa: ANN401
        devices = [device for device in library.query_devices() if device["max_input_channels"]]
        if self._device.name:
            names = [device["name"] for device in devices]
            return int(devices[pick("microphone", self._device.name, names)]["index"])
        if not devices:
            raise plugin.DeviceError("no microphone: attach one, check `arecord -l`")
        return int(library.query_devices(kind="input")["index"])

    def _frames(self, rate: int) -> int:
        return rate * self._device.block_ms // 1000

    def _read(self, stream: Any) -> None:  # noqa: ANN401
        frames, first = self._frames(self.rate), 0
        before = time.monotonic()
        while not self._stopping:
            data, overflowed = stream.read(frames)
            at = time.monotonic()
            if overflowed:
                # All that came since the last read is lost, but for this block.
                first += max(round((at - before) * self.rate) - frames, 1)
            before = at
            with self._changed:
                self._blocks.append(Block(first, bytes(data), at))
                self._changed.notify_all()
            first += frames


def _load() -> Any:  # noqa: ANN401
    """Return sounddevice with a fresh list of devices, if nobody is inside PortAudio."""
    fresh = "sounddevice" not in sys.modules
    try:
        import sounddevice
    except ImportError as error:
        raise plugin.DeviceError(
            "a microphone needs sounddevice: pip install 'edgenode[audio]'"
        ) from error
    except OSError as error:
        raise plugin.DeviceError(f"{error}: apt install libportaudio2") from error
    if not fresh and not _readers:
        sounddevice._terminate()  # noqa: SLF001 the only way to see a device that came later
        sounddevice._initialize()  # noqa: SLF001
    return sounddevice


def _leave_portaudio_open_at_exit() -> None:
    """Keep sounddevice from waiting for the stalled device when the process ends."""
    if library := sys.modules.get("sounddevice"):
        atexit.unregister(library._exit_handler)  # noqa: SLF001


def _reason(error: Exception) -> str:
    """Return PortAudio's words, its host's own where it has some."""
    host = error.args[2] if len(error.args) > 2 else ()  # noqa: PLR2004 text, code, host's error
    return str(host[2] if host else error.args[0] if error.args else error)
