"""The microphone: records a device at its own rate and yields hops of 16 kHz, watched."""

import logging
import time
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from edgenode import plugin
from edgenode.sense.sources._portaudio import Block, Device, Recording, Timing
from edgenode.sense.sources._resample import Resampler
from edgenode.sense.sources._watchdogs import RateWatchdog, SilenceWatchdog

log = logging.getLogger(__name__)


class MicrophoneOptions(plugin.Options, frozen=True, kw_only=True):
    """A table under ``[sources]`` with ``use = "microphone"``."""

    device: Annotated[
        str, Meta(description='a unique part of its name ("USB"); none: the default one')
    ] = ""
    rate: Annotated[
        Annotated[int, Meta(ge=8000, le=192_000)] | None,
        Meta(description="samples per second to record with; none: its own"),
    ] = None
    channel: Annotated[
        int, Meta(description="which of its channels to record, the first is 0", ge=0, le=31)
    ] = 0
    block_ms: Annotated[int, Meta(description="length of a hop", ge=10, le=200)] = 20
    stall_s: Annotated[
        float, Meta(description="no sound for as long is a stall", ge=0.5, le=60)
    ] = 5.0
    silence_s: Annotated[
        float,
        Meta(
            description="one value only, as in digital silence, for as long is a fault; 0: never",
            ge=0,
        ),
    ] = 30.0


class Microphone(plugin.Source[MicrophoneOptions]):
    """Hops of mono 16 kHz from one channel of a sound device.

    ``wedged`` is True while the thread of a stalled device hangs in PortAudio. ``lost`` counts hops
    of ``block_ms`` that PortAudio or this source had to drop.
    """

    Options = MicrophoneOptions
    yields = plugin.Audio

    _recording: Recording | None = None

    def __init__(
        self,
        options: MicrophoneOptions,
        demand: plugin.Demand = plugin.Demand(),  # noqa: B008 frozen value
        timing: Timing = Timing(),  # noqa: B008 frozen value
    ) -> None:
        super().__init__(options, demand)
        self._timing = timing

    def open(self) -> None:
        """Open the device; raise ``DeviceError`` naming the devices there are, or the cure."""
        options = self.options
        device = Device(options.device, options.rate, options.channel, options.block_ms)
        self._recording = Recording(device, self._timing)
        try:
            self._recording.open()
            self._resampler = Resampler(self._recording.rate)
        except plugin.DeviceError:
            self.close()
            raise

    def close(self) -> None:
        """Close the device. If its thread hangs, leave it behind and become ``wedged``."""
        if self._recording is None:
            return
        held_before = self._recording.held
        self.wedged = not self._recording.close()
        if self.wedged and not held_before:
            log.error("%s hangs in PortAudio; only a new process frees it", self._recording.title)

    def samples(self) -> Iterator[plugin.Audio]:
        """Yield hops. Dropped sound is a jump of ``position``.

        Raise ``DeviceError`` if the device stalls, vanishes, has a wrong rate, is mute or stuck.
        """
        recording = self._recording
        if recording is None:
            raise plugin.DeviceError("a microphone must be opened before it is read")
        pace = RateWatchdog(recording.rate, self.options.stall_s)
        silence = SilenceWatchdog(self.options.silence_s)
        position = expected = 0
        arrived_at = time.monotonic()
        while True:
            block = self._next_block(recording)
            if block.first != expected:
                self._note_gap((block.first - expected) / recording.rate)
                rest = self._resampler.finish()
                if rest.size:
                    yield self._audio(rest, position, arrived_at)
                start = round(block.first * plugin.SAMPLE_RATE / recording.rate)
                # A jump of at least one sample, however short the gap: readers must see it.
                position = max(start, position + rest.size + 1)
            mono = self._mono(block)
            expected, arrived_at = block.first + len(mono), block.at
            pace.check(expected, block.at)
            silence.check(mono, block.at)
            hop = self._resampler.feed(mono)
            if hop.size:
                yield self._audio(hop, position, block.at)
                position += hop.size

    def _next_block(self, recording: Recording) -> Block:
        block = recording.take(self.options.stall_s)
        if block is None:
            raise plugin.DeviceError(
                f"{recording.title} delivered nothing for {self.options.stall_s:g} s: replug it"
            )
        return block

    def _mono(self, block: Block) -> NDArray[np.int16]:
        channel = self.options.channel
        return np.frombuffer(block.data, np.int16)[channel :: channel + 1]

    def _audio(self, hop: plugin.Tensor, position: int, at: float) -> plugin.Audio:
        age_s = time.monotonic() - at + self._resampler.lag_s
        return plugin.Audio(samples=hop, position=position, captured_at=time.time() - age_s)

    def _note_gap(self, gap_s: float) -> None:
        if not self.lost and self._recording:
            log.warning("%s: sound was lost, %.3f s to begin with", self._recording.title, gap_s)
        self.lost += max(round(gap_s * 1000 / self.options.block_ms), 1)
