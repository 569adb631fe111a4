"""The only module that knows sounddevice exists.

PortAudio may block a thread forever: while a device stalls, even ``close`` does not return.
Therefore each recording has a thread of its own for all calls of PortAudio, and every wait for that
thread has a limit.
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
"""Held while a stream is opened or closed: PortAudio does not allow two of these at a time."""

_readers: set[threading.Thread] = set()
"""Threads that use PortAudio. While there is one, the library must not be initialised again."""

_abandoned: dict[str, threading.Thread] = {}
"""Threads that hang in PortAudio, by the device's name. A second one would only hang, too."""


class Device(NamedTuple):
    """What to record: a unique part of the name (empty: the default); *rate* None: its own."""

    name: str
    rate: int | None
    channel: int
    block_ms: int


class Timing(NamedTuple):
    """Waiting times.

    Attributes:
        backlog_s: seconds of sound that are kept until they are taken.
        open_s, close_s: how many seconds PortAudio may take for opening and closing.
    """

    backlog_s: float = 2.0
    open_s: float = 10.0
    close_s: float = 2.0


class Block(NamedTuple):
    """Interleaved int16 frames as they arrived.

    Attributes:
        first: number of the first frame, counted since the device was opened; a jump is a gap.
        data: the samples of all channels.
        at: when they arrived, monotonic seconds.
    """

    first: int
    data: bytes
    at: float


class Recording:
    """Records from one device. Call ``open``, ``take`` and ``close`` from one thread.

    Up to ``backlog_s`` seconds are kept. Then the oldest block is dropped, which is a gap.

    Attributes:
        rate: samples per second, once open.
    """

    def __init__(self, device: Device, timing: Timing = Timing()) -> None:  # noqa: B008 frozen value
        self._device = device
        self._timing = timing
        self._channels = device.channel + 1
        backlog = max(round(timing.backlog_s * 1000 / device.block_ms), 1)
        self._blocks: deque[Block] = deque(maxlen=backlog)
        # Guards _blocks, _fault and rate: written by the thread `portaudio`, read by the caller's.
        self._changed = threading.Condition()
        self._fault: Exception | None = None
        self._stopping = False
        self.rate = 0
        self._thread = threading.Thread(target=self._run, name="portaudio", daemon=True)

    @property
    def title(self) -> str:
        """The name of the device in messages."""
        return f"microphone {self._device.name or 'default'!r}"

    @property
    def held(self) -> bool:
        """Whether a thread of an earlier recording still hangs in this device."""
        thread = _abandoned.get(self._device.name)
        return thread is not None and thread.is_alive()

    def open(self) -> None:
        """Start to record; raise ``DeviceError`` if that fails or takes longer than ``open_s``."""
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
        """Return the next block; None after *timeout* seconds without one.

        Raise ``DeviceError`` if the device is gone and no block is left.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self._fault, timeout)
            if self._blocks:
                return self._blocks.popleft()
            self._raise_fault()
            return None

    def close(self) -> bool:
        """Stop recording; return whether the thread has ended within ``close_s`` seconds.

        If not, the device has stalled; the thread closes it if it ever returns. The process can
        continue and can end, but only a new process can safely open a microphone.
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
        except Exception as error:  # noqa: BLE001 the top of a thread: `take` raises it
            with self._changed:
                self._fault = error
                self._changed.notify_all()
        finally:
            _readers.discard(threading.current_thread())

    def _open(self) -> Any:  # noqa: ANN401 sounddevice has no annotations
        # Not longer than half of `open_s`, so that `open` reports this cause and not its own limit.
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
                # PortAudio dithers what it converts to 16 bits: full scale would wrap, and a muted
                # microphone never be silent. It must go on to clip: floats above 1 would wrap.
                dither_off=True,
                clip_off=False,
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
                # Everything since the last read is lost, except this block.
                first += max(round((at - before) * self.rate) - frames, 1)
            before = at
            with self._changed:
                self._blocks.append(Block(first, bytes(data), at))
                self._changed.notify_all()
            first += frames


def _load() -> Any:  # noqa: ANN401
    """Return sounddevice; its list of devices is updated if no thread uses PortAudio."""
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
        sounddevice._terminate()  # noqa: SLF001 the only way to see a device that was attached later
        sounddevice._initialize()  # noqa: SLF001
    return sounddevice


def _leave_portaudio_open_at_exit() -> None:
    """Prevent sounddevice from waiting for the stalled device when the process exits."""
    if library := sys.modules.get("sounddevice"):
        atexit.unregister(library._exit_handler)  # noqa: SLF001


def _reason(error: Exception) -> str:
    """Return the text of the error, from the sound system below PortAudio if there is one."""
    host = error.args[2] if len(error.args) > 2 else ()  # noqa: PLR2004 text, code, host's error
    return str(host[2] if host else error.args[0] if error.args else error)
