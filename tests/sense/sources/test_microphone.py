"""The microphone source, over the real PortAudio and recordings behind ALSA's file plugin."""

import sys
import time
from collections.abc import Callable, Iterator
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


def test_a_stalled_device_is_an_error_and_a_restart_is_due_until_it_wakes(
    wire: "Wire", join: Callable[[str], None]
) -> None:
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
    join("portaudio")
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


def test_the_silence_of_the_channel_in_use_is_an_error_whatever_the_others_hear(
    wire: "Wire",
) -> None:
    stereo = np.stack([np.arange(16_000), np.zeros(16_000)], axis=1).astype(np.int16)
    wire.play(stereo.reshape(-1), rate=32_000)

    with (
        Microphone(options(channel=1, silence_s=0.3)) as microphone,
        pytest.raises(plugin.DeviceError, match=r"digital silence for 0\.3 s: .* and `channel`"),
    ):
        hear(microphone.samples(), 60)


@pytest.mark.parametrize("value", [-1, 1, -32768, 300])
def test_a_microphone_that_is_stuck_at_one_value_is_an_error(wire: "Wire", value: int) -> None:
    wire.play(np.full(16_000, value, np.int16))

    with (
        Microphone(options(silence_s=0.3)) as microphone,
        pytest.raises(plugin.DeviceError, match=rf"stuck at the value {value} for 0\.3 s: check"),
    ):
        hear(microphone.samples(), 60)


def test_the_faintest_sound_is_no_silence(wire: "Wire") -> None:
    faint = np.zeros(16_000, np.int16)
    faint[::4000] = 1
    wire.play(faint)

    with Microphone(options(silence_s=0.5)) as microphone:
        hops = hear(microphone.samples(), 1.5)

    assert np.concatenate([hop.samples for hop in hops]).max() == 1


def test_what_portaudio_converts_has_no_noise_added_and_does_not_wrap(
    floating: Callable[[NDArray[np.int16]], None],
) -> None:
    floating(np.tile(np.array([32767, -32768], np.int16), 8000))

    with Microphone(options(device="floating")) as microphone:
        hops = hear(microphone.samples(), 0.5)

    # PortAudio cuts floats off: with its noise there would be four values, and wrapped ones.
    assert np.unique(np.concatenate([hop.samples for hop in hops])).tolist() == [-32767, 32766]


def test_missing_packages_are_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    with pytest.raises(plugin.DeviceError, match=r"sounddevice: pip install 'edgenode\[audio\]'"):
        Microphone(options()).open()
