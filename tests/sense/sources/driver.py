"""Stands for sounddevice and for time: a microphone that plays a recording and loses blocks."""

import sys
import threading
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources._portaudio import Timing
from edgenode.sense.sources.microphone import Microphone, MicrophoneOptions

UNBOUNDED = Timing(backlog_s=1e4)
"""What is taken after all has been played must still be there."""


class LossyDriver(ModuleType):
    """Plays int16 *samples* once, at *rate*; every *every_s* seconds *lost_ms* of them are lost.

    The loss is told as PortAudio tells an overflow: with the next block, and by the time it took.
    """

    def __init__(
        self, samples: NDArray[np.int16], rate: int, every_s: float, lost_ms: float
    ) -> None:
        super().__init__("sounddevice")
        self._samples, self._rate = samples, rate
        self._every, self._lost = round(every_s * rate), round(lost_ms * rate / 1000)
        self._at, self._due = 0, self._every
        self._may = threading.Event()

    def hops(self, monkeypatch: pytest.MonkeyPatch) -> tuple[list[plugin.Audio], int]:
        """Return what the source ``microphone`` yields of it, and how many hops it says are lost.

        Times are seconds since the start of the recording.
        """
        monkeypatch.setitem(sys.modules, "sounddevice", self)
        for module in ("_portaudio", "microphone"):
            monkeypatch.setattr(f"edgenode.sense.sources.{module}.time", self)
        hops: list[plugin.Audio] = []
        with Microphone(MicrophoneOptions(device="fake"), timing=UNBOUNDED) as microphone:
            self._may.set()
            with pytest.raises(plugin.DeviceError, match="played to its end"):
                hops.extend(microphone.samples())
        return hops, microphone.lost

    def monotonic(self) -> float:
        return self._at / self._rate

    time = monotonic

    def query_devices(self, number: int | None = None) -> Any:  # noqa: ANN401
        about = {"name": "fake", "index": 0, "max_input_channels": 1}
        about["default_samplerate"] = self._rate
        return [about] if number is None else about

    def RawInputStream(self, **_: object) -> "LossyDriver":  # noqa: N802 sounddevice's own name
        return self

    def start(self) -> None:
        pass

    def read(self, frames: int) -> tuple[bytes, bool]:
        assert self._may.wait(10)
        loses = bool(self._lost) and self._at >= self._due
        if loses:
            self._at += self._lost
            self._due += self._every
        if self._at + frames > len(self._samples):
            raise OSError("played to its end")
        block = self._samples[self._at : self._at + frames]
        self._at += frames
        return block.tobytes(), loses

    def close(self, *, ignore_errors: bool) -> None:
        assert ignore_errors

    def _terminate(self) -> None:
        pass

    _initialize = _terminate
