"""The thread that reads PortAudio, and the process around it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.sources._portaudio import Timing
from edgenode.sense.sources.microphone import Microphone, MicrophoneOptions

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Wire

RAMP = np.arange(32_000, dtype=np.int16)


class Read(NamedTuple):
    """What one read of the fake driver brings."""

    takes_s: float = 0.02
    overflowed: bool = False


class Driver(ModuleType):
    """Stands for sounddevice and for time: one microphone that gives its ``reads``, and is gone."""

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.reads: list[Read] = []
        self.may = threading.Event()
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def query_devices(self, number: int | None = None) -> Any:  # noqa: ANN401
        about = {"name": "fake", "index": 0, "max_input_channels": 1, "default_samplerate": 16_000}
        return [about] if number is None else about

    def RawInputStream(self, **_: object) -> "Driver":  # noqa: N802 sounddevice's own name
        return self

    def start(self) -> None:
        pass

    def read(self, frames: int) -> tuple[bytes, bool]:
        assert self.may.wait(10)
        if not self.reads:
            raise OSError("gone")
        takes_s, overflowed = self.reads.pop(0)
        self.now += takes_s
        return bytes(frames * 2), overflowed

    def close(self, *, ignore_errors: bool) -> None:
        assert ignore_errors

    def _terminate(self) -> None:
        pass

    _initialize = _terminate


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    monkeypatch.setitem(sys.modules, "sounddevice", driver)
    for module in ("_portaudio", "microphone"):
        monkeypatch.setattr(f"edgenode.sense.sources.{module}.time", driver)
    return driver


def hear(
    driver: Driver, join: Callable[[str], None], timing: Timing, block_ms: int = 20
) -> tuple[list[plugin.Audio], int]:
    """Return what is heard by a taker who comes when all has been read, and how much was lost."""
    options = MicrophoneOptions(device="fake", block_ms=block_ms)
    hops: list[plugin.Audio] = []
    with Microphone(options, timing=timing) as microphone:
        driver.may.set()
        join("portaudio")
        with pytest.raises(plugin.DeviceError, match="is gone or unusable: gone"):
            hops.extend(microphone.samples())
    return hops, microphone.lost


def test_another_microphone_works_while_one_hangs(
    wires: Callable[..., list["Wire"]], join: Callable[[str], None]
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
    join("portaudio")


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
    driver: Driver, join: Callable[[str], None]
) -> None:
    driver.reads = [Read(), Read(takes_s=0.1, overflowed=True), Read()]

    hops, lost = hear(driver, join, Timing())

    assert [hop.position for hop in hops] == [0, 1600, 1920]
    assert lost == 4


def test_what_a_slow_taker_misses_is_a_jump_of_position_and_counted_in_hops(
    driver: Driver, join: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    driver.reads = [Read() for _ in range(20)]

    hops, lost = hear(driver, join, Timing(backlog_s=0.1))

    assert [hop.position for hop in hops] == [n * 320 for n in range(15, 20)]
    assert lost == 15
    assert caplog.text.count("sound was lost") == 1


def test_sound_lost_is_counted_in_hops_of_their_own_length(
    driver: Driver, join: Callable[[str], None]
) -> None:
    driver.reads = [Read() for _ in range(6)]

    _, lost = hear(driver, join, Timing(backlog_s=0.1), block_ms=50)

    assert lost == 4


def test_importing_the_source_touches_no_hardware() -> None:
    code = (
        "import sys, edgenode.sense.sources.microphone as m; m.Microphone(m.MicrophoneOptions());"
    )
    code += "sys.exit('sounddevice' in sys.modules or 'soxr' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(os.sep))

    assert done.returncode == 0
