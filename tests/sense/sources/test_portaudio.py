"""The thread that reads PortAudio, and the process around it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode.sense.sources._portaudio import Device, Recording, Timing
from edgenode.sense.sources.microphone import Microphone, MicrophoneOptions

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Wire

import numpy as np

RAMP = np.arange(32_000, dtype=np.int16)


class Clock:
    """Time that passes when the test says so."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_another_microphone_works_while_one_hangs(
    wires: Callable[..., list["Wire"]],
) -> None:
    hasty = Timing(close_s=0.3)
    sick, healthy = wires("sick", "healthy")
    sick.play(RAMP)
    healthy.play(RAMP)

    with Microphone(MicrophoneOptions(device="sick", rate=16_000), timing=hasty) as microphone:
        next(microphone.samples())
        sick.stall()
    with Microphone(MicrophoneOptions(device="healthy", rate=16_000)) as other:
        hops = list(islice(other.samples(), 5))

    assert [hop.position for hop in hops] == [0, 320, 640, 960, 1280]
    sick.resume()
    for thread in threading.enumerate():
        if thread.name == "portaudio":
            thread.join(5)


SCRIPT = """
import ctypes, os, signal, sys
from edgenode.plugin import DeviceError
from edgenode.sense.sources.microphone import Microphone, MicrophoneOptions
microphone = Microphone(MicrophoneOptions(device="wavmic", rate=16000, stall_s=0.5))
"""

STALL = """
try:
    with microphone:
        for number, hop in enumerate(microphone.samples()):
            if number == 2:
                os.kill(int(sys.argv[1]), signal.SIGSTOP)
except DeviceError as error:
    print(microphone.wedged, error)
"""

HARDENED = """
import sounddevice
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(77)
with microphone:
    print(len(next(microphone.samples()).samples))
try:
    sounddevice.InputStream(device="wavmic", samplerate=16000, callback=lambda *_: None)
except MemoryError as error:
    print("no callback")
"""


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT + script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_process_with_a_stalled_device_can_still_end(wire: "Wire") -> None:
    wire.play(RAMP)

    done = run(STALL, str(wire.pid))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("True microphone 'wavmic' delivered nothing for 0.5 s")


def test_reading_needs_no_memory_that_is_writable_and_executable(wire: "Wire") -> None:
    wire.play(RAMP)

    done = run(HARDENED)

    if done.returncode == 77:
        pytest.skip("this kernel cannot refuse such memory by prctl")
    assert done.stdout.splitlines() == ["320", "no callback"], done.stderr


def test_an_overflow_told_by_portaudio_is_a_jump_of_the_time_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("edgenode.sense.sources._portaudio.time", clock)
    recording = Recording(Device(name="", rate=16_000, channel=0, block_ms=20))
    recording.rate = 16_000

    class Stream:
        reads = 0

        def read(self, frames: int) -> tuple[bytes, bool]:
            self.reads += 1
            recording._stopping = self.reads == 3
            if self.reads == 2:
                clock.now += 0.1
            return bytes(frames * 2), self.reads == 2

    recording._read(Stream())

    first, second, third = (recording.take(0) for _ in range(3))
    assert first
    assert second
    assert third
    assert first.first == 0
    assert second.first == 320 + 1600 - 320
    assert third.first == second.first + 320


def test_importing_the_source_touches_no_hardware() -> None:
    code = (
        "import sys, edgenode.sense.sources.microphone as m; m.Microphone(m.MicrophoneOptions());"
    )
    code += "sys.exit('sounddevice' in sys.modules or 'soxr' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(os.sep))

    assert done.returncode == 0
