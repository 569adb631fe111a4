"""Recordings, and microphones without a sound card: a recording behind ALSA's file plugin."""

import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sense.sources.playing import Clock

FEEDER = Path(__file__).parents[2] / "fakes" / "feeder.py"
PCM = """
pcm.{name} {{
  type file
  slave.pcm "null"
  file "/dev/null"
  infile "{fifo}"
  format "raw"
  hint {{ show on description "a recording as microphone" }}
}}
"""


FLOATING = """
pcm.floating {
  type lfloat
  slave { pcm "integers" format S16_LE }
  hint { show on description "a device of floats" }
}
"""

EXTENSIBLE = 0xFFFE
SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")


class Recordings:
    """Writes small recordings into one folder, with libraries and, where those cannot, by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def video(
        self, name: str, frames: list[NDArray[np.uint8]], rate: int = 10, turn: int = 0
    ) -> Path:
        """Write *frames* without loss; *turn*: how a player has to rotate them."""
        path = self.folder / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=rate, options={"qp": "0"})
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv444p"
            stream.time_base = Fraction(1, rate)
            if turn:
                stream.set_display_rotation(turn)
            for number, pixels in enumerate(frames):
                frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    def wav(self, name: str, samples: NDArray[np.int16], rate: int = 16_000) -> Path:
        """Write int16 [n] or [n, channels]."""
        path = self.folder / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(samples.astype("<i2").tobytes())
        return path

    def riff(self, data: bytes, **chosen: int) -> Path:
        """Write a WAV of any format, with a chunk of odd length before the sound.

        *chosen*: ``code``, ``channels``, ``rate``, ``bits``, ``extensible``, ``size`` as declared.
        """
        form = {"code": 1, "channels": 1, "rate": 16_000, "bits": 16, "size": len(data)} | chosen
        code, channels, rate, bits, size = (
            form[key] for key in ("code", "channels", "rate", "bits", "size")
        )
        frame = channels * bits // 8
        outer = EXTENSIBLE if form.get("extensible") else code
        body = struct.pack("<HHIIHH", outer, channels, rate, rate * frame, frame, bits)
        if form.get("extensible"):
            body += struct.pack("<HHIH", 22, bits, 0, code) + SUBFORMAT
        chunks = b"fmt " + struct.pack("<I", len(body)) + body
        chunks += b"LIST" + struct.pack("<I", 3) + b"odd\0" + b"data" + struct.pack("<I", size)
        length = struct.pack("<I", 4 + len(chunks) + len(data))
        return self.raw("some.wav", b"RIFF" + length + b"WAVE" + chunks + data)

    def raw(self, name: str, content: bytes) -> Path:
        """Write *content* as it is."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def cut(self, path: Path, keep: int) -> Path:
        """Leave the first *keep* bytes."""
        return self.raw(path.name, path.read_bytes()[:keep])


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    """Return what writes recordings into the test's folder."""
    return Recordings(tmp_path)


TONE = (8000 * np.sin(np.arange(16_000) * 0.2)).astype(np.int16)


class Feeder:
    """The process that plays a recording into a FIFO."""

    def __init__(self, raw: Path, fifo: Path) -> None:
        self._raw, self._fifo = raw, fifo
        self._process: subprocess.Popen[bytes] | None = None

    def play(
        self, samples: NDArray[np.int16], rate: int = 16_000, block: int | None = None
    ) -> None:
        """Loop *samples* at *rate* per second, *block* at a time (default: 20 ms)."""
        samples.astype("<i2").tofile(self._raw)
        arguments = [self._raw, self._fifo, str(block or rate // 50), str(rate)]
        self._process = subprocess.Popen([sys.executable, FEEDER, *arguments])

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def stall(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


class Wire(Feeder):
    """A sound device, and the process that plays into it."""

    def __init__(self, folder: Path, name: str) -> None:
        fifo = folder / f"{name}.fifo"
        os.mkfifo(fifo)
        super().__init__(folder / f"{name}.raw", fifo)
        # Whoever opens a FIFO to read waits for a writer, PortAudio's search for devices too.
        self._writer = os.open(fifo, os.O_RDWR)
        self.pcm = PCM.format(name=name, fifo=fifo)

    def end(self) -> None:
        super().end()
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1


@pytest.fixture
def wires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Wire]]]:
    """Return a function that makes devices of the names given, and the only ones there are."""
    try:
        import sounddevice  # noqa: F401 asks whether PortAudio is there
    except (ImportError, OSError) as error:
        pytest.skip(f"no PortAudio: {error}")
    made: list[Wire] = []

    def make(*names: str) -> list[Wire]:
        made.extend(Wire(tmp_path, name) for name in names)
        configuration = tmp_path / "asound.conf"
        configuration.write_text(
            "</usr/share/alsa/alsa.conf>\n" + "".join(wire.pcm for wire in made)
        )
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(configuration))
        return made

    yield make
    for wire in made:
        wire.end()


@pytest.fixture
def wire(wires: Callable[..., list[Wire]]) -> Wire:
    """Return the one device there is, named ``wavmic``."""
    return wires("wavmic")[0]


@pytest.fixture
def floating(
    wires: Callable[..., list[Wire]], tmp_path: Path
) -> Callable[[NDArray[np.int16]], None]:
    """Return a function that plays samples on a device that has only floats.

    PortAudio must convert them. It is named ``floating`` and gives them as fast as they are read.
    """
    wires()

    def play(samples: NDArray[np.int16]) -> None:
        raw = tmp_path / "integers.raw"
        samples.astype("<i2").tofile(raw)
        with (tmp_path / "asound.conf").open("a") as configuration:
            configuration.write(PCM.format(name="integers", fifo=raw) + FLOATING)

    return play


@pytest.fixture
def join() -> Callable[[str], None]:
    """Return a function that waits for the threads of that name to end."""

    def join(name: str) -> None:
        for thread in threading.enumerate():
            if thread.name == name:
                thread.join(10)
                assert not thread.is_alive()

    return join


class Pulse:
    """A PulseAudio daemon whose only source, ``pipemic``, plays a tone."""

    def __init__(self, program: str, folder: Path) -> None:
        self._folder, self._fifo = folder, folder / "pulse.fifo"
        source = f"source_name=pipemic file={self._fifo} format=s16le rate=16000 channels=1"
        modules = ("module-native-protocol-unix", f"module-pipe-source {source}")
        self._command = [program, "-n", "--daemonize=no", "--exit-idle-time=-1"]
        self._command += [part for module in modules for part in ("-L", module)]

    def start(self) -> None:
        self._daemon = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while not (self._fifo.exists() and (self._folder / "pulse" / "native").exists()):
            assert self._daemon.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.02)
        self._feeder = Feeder(self._folder / "pulse.raw", self._fifo)
        self._feeder.play(TONE)

    def kill(self) -> None:
        self._daemon.kill()
        self._daemon.wait()
        self._feeder.end()
        shutil.rmtree(self._folder / "pulse")
        self._fifo.unlink()


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    """Return a running PulseAudio, or skip."""
    program = shutil.which("pulseaudio")
    if program is None or not list(Path("/usr/lib").glob("*/alsa-lib/*_pcm_pulse.so")):
        pytest.skip("no PulseAudio: apt install pulseaudio libasound2-plugins")
    configuration = tmp_path / "asound.conf"
    configuration.write_text(
        "</usr/share/alsa/alsa.conf>\n"
        'pcm.pipemic { type pulse device "pipemic" hint { show on description "x" } }\n'
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(configuration))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    pulse = Pulse(program, tmp_path)
    pulse.start()
    yield pulse
    pulse.kill()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the source's clock."""
    clock = Clock()
    monkeypatch.setattr("edgenode.sense.sources.replay.time", clock)
    return clock
