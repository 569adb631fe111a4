"""The microphone source, over the real PortAudio and recordings behind ALSA's file plugin."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources._portaudio import Timing
from edgenode.sense.sources.microphone import Microphone, MicrophoneOptions

if TYPE_CHECKING:
    from tests.sense.sources.conftest import Pulse, Wire

RAMP = np.arange(32_000, dtype=np.int16)
HASTY = Timing(close_s=0.3)


def tone(hertz: float, rate: int) -> NDArray[np.int16]:
    return (12_000 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)).astype(np.int16)


def hear(samples: Iterator[plugin.Audio], seconds: float) -> list[plugin.Audio]:
    hops: list[plugin.Audio] = []
    while sum(len(hop.samples) for hop in hops) < seconds * plugin.SAMPLE_RATE:
        hops.append(next(samples))
    return hops


def strongest(samples: NDArray[np.int16]) -> tuple[float, float]:
    """Return the frequency with the most energy, and its share of all."""
    energy = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    peak = int(energy.argmax())
    share = energy[max(peak - 3, 0) : peak + 4].sum() / energy.sum()
    return peak * plugin.SAMPLE_RATE / len(samples), float(share)


def join_readers() -> None:
    """Wait until no thread is inside PortAudio any more."""
    for thread in threading.enumerate():
        if thread.name == "portaudio":
            thread.join(5)


def options(**chosen: object) -> MicrophoneOptions:
    return MicrophoneOptions(**({"device": "wavmic", "rate": 16_000} | chosen))  # type: ignore[arg-type]


def test_sixteen_kilohertz_arrive_sample_by_sample(wire: "Wire") -> None:
    wire.play(RAMP)

    with Microphone(options()) as microphone:
        before = time.time()
        hops = hear(microphone.samples(), 0.5)

    heard = np.concatenate([hop.samples for hop in hops])
    assert np.array_equal(heard, np.arange(len(heard)))
    assert [hop.position for hop in hops] == list(range(0, 320 * len(hops), 320))
    assert before - 0.2 < hops[0].captured_at <= hops[-1].captured_at <= time.time()
    assert heard.dtype == np.int16


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_another_rate_is_resampled_without_aliases(wire: "Wire", rate: int) -> None:
    wire.play(tone(1000, rate) // 2 + tone(11_000, rate) // 2, rate)
    native = None if rate == 44_100 else rate

    with Microphone(options(rate=native)) as microphone:
        hops = hear(microphone.samples(), 0.8)

    heard = np.concatenate([hop.samples for hop in hops])
    hertz, share = strongest(heard[2000:])
    assert hertz == pytest.approx(1000, abs=3)
    assert share > 0.999
    assert hops[-1].position == len(heard) - len(hops[-1].samples)


def test_one_of_several_channels_is_heard(wire: "Wire") -> None:
    stereo = np.stack([np.full(16_000, -7), np.arange(16_000)], axis=1).astype(np.int16)
    wire.play(stereo.reshape(-1), rate=32_000)

    with Microphone(options(channel=1)) as microphone:
        hops = hear(microphone.samples(), 0.2)

    heard = np.concatenate([hop.samples for hop in hops])
    assert np.array_equal(heard, np.arange(len(heard)))


def test_a_wrong_name_is_answered_with_the_names_there_are(
    wires: Callable[..., list["Wire"]],
) -> None:
    wires("usbmic-a", "usbmic-b")

    with pytest.raises(plugin.DeviceError, match=r"no microphone 'desk': there are 'usbmic-a', "):
        Microphone(options(device="desk")).open()
    with pytest.raises(plugin.DeviceError, match=r"'USBMIC' is ambiguous: 'usbmic-a', 'usbmic-b'"):
        Microphone(options(device="USBMIC")).open()


def test_no_microphone_at_all_is_said(wires: Callable[..., list["Wire"]]) -> None:
    wires()

    with pytest.raises(plugin.DeviceError, match="no microphone: attach one"):
        Microphone(options(device="")).open()


def test_a_microphone_attached_later_is_found(wires: Callable[..., list["Wire"]]) -> None:
    wires()
    microphone = Microphone(options())
    with pytest.raises(plugin.DeviceError, match="no microphone 'wavmic', nor any other"):
        microphone.open()

    wires("wavmic")[0].play(RAMP)

    with microphone:
        assert next(microphone.samples()).samples.tolist() == list(range(320))


def test_a_stalled_device_is_an_error_and_a_restart_is_due_until_it_wakes(wire: "Wire") -> None:
    wire.play(RAMP)
    microphone = Microphone(options(stall_s=0.5), timing=HASTY)

    with microphone:
        samples = microphone.samples()
        next(samples)
        wire.stall()
        with pytest.raises(plugin.DeviceError, match=r"'wavmic' delivered nothing for 0\.5 s"):
            hear(samples, 60)

    assert microphone.wedged
    with pytest.raises(plugin.DeviceError, match="still hangs in PortAudio: replug it, or restart"):
        Microphone(options()).open()
    wire.resume()
    join_readers()
    with microphone:
        next(microphone.samples())
    assert not microphone.wedged


def test_a_device_that_vanishes_is_an_error_at_once_and_found_again(
    pulse: "Pulse",
) -> None:
    microphone = Microphone(options(device="pipemic"))

    with microphone:
        samples = microphone.samples()
        next(samples)
        pulse.kill()
        with pytest.raises(plugin.DeviceError, match="'pipemic' is gone or unusable: Input/output"):
            hear(samples, 60)

    assert not microphone.wedged
    with pytest.raises(plugin.DeviceError, match="no microphone 'pipemic'"):
        microphone.open()
    pulse.start()
    with microphone:
        assert next(microphone.samples()).position == 0


def test_a_device_whose_sound_ends_and_races_is_an_error(wire: "Wire") -> None:
    wire.play(RAMP)

    with Microphone(options()) as microphone:
        samples = microphone.samples()
        next(samples)
        wire.end()
        with pytest.raises(plugin.DeviceError, match="samples per second instead of 16000"):
            hear(samples, 3600)


def test_a_device_at_half_its_rate_is_an_error(wire: "Wire") -> None:
    wire.play(RAMP, rate=8000, block=320)

    with (
        Microphone(options(stall_s=1)) as microphone,
        pytest.raises(plugin.DeviceError, match=r"delivers [78]\d\d\d samples per second instead"),
    ):
        hear(microphone.samples(), 60)


def test_digital_silence_is_an_error_unless_it_is_allowed(wire: "Wire") -> None:
    wire.play(np.zeros(16_000, np.int16))

    with Microphone(options(silence_s=0)) as microphone:
        hops = hear(microphone.samples(), 0.4)
    with (
        Microphone(options(silence_s=0.3)) as microphone,
        pytest.raises(plugin.DeviceError, match=r"digital silence for 0\.3 s: unmute it"),
    ):
        hear(microphone.samples(), 60)

    assert not np.concatenate([hop.samples for hop in hops]).any()


def test_what_a_slow_taker_misses_is_a_jump_of_position_and_counted_in_hops(
    wire: "Wire", caplog: pytest.LogCaptureFixture
) -> None:
    wire.play(RAMP)

    with Microphone(options(), timing=Timing(backlog_s=0.1)) as microphone:
        samples = microphone.samples()
        hops = [next(samples)]
        recording = microphone._recording
        assert recording
        with recording._changed:
            assert recording._changed.wait_for(
                lambda: recording._blocks and recording._blocks[0].first > 5000, 5
            )
        hops += islice(samples, 3)

    assert hops[1].position > 5000
    assert microphone.lost >= (5000 - 320) // 320
    assert caplog.text.count("sound was lost") == 1
    for hop in hops:
        assert hop.samples.tolist() == list(range(hop.position, hop.position + 320))


def test_missing_packages_are_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    with pytest.raises(plugin.DeviceError, match=r"sounddevice: pip install 'edgenode\[audio\]'"):
        Microphone(options()).open()
