"""The threads of sense: a pump per source, a lane per plugin."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from edgenode.errors import DeviceError, ModelError, RecordingError
from edgenode.handover import PluginVitals, Record, records
from edgenode.messages import Fate, PluginHealth
from edgenode.plugin import Sample, Source
from edgenode.sense.mailbox import Mailbox
from edgenode.sense.pipeline import Meter, Pipeline

log = logging.getLogger(__name__)

TURN_S = 0.5
BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)


class Pulse:
    """Tells whether a thread gets on: with its work, or with a wait that has reason and end."""

    def __init__(self) -> None:
        self._beats = 0
        self._marked = 0
        self.done = False

    def beat(self) -> None:
        """Say that the work has advanced."""
        self._beats += 1

    @property
    def moved(self) -> bool:
        """Whether it has advanced since the last ``mark``, or has nothing left to do."""
        return self.done or self._beats != self._marked

    def mark(self) -> None:
        """Take note of how far it is now."""
        self._marked = self._beats


class Lane:
    """One plugin's thread: takes samples, runs the pipeline, emits records.

    Attributes:
        fate, error: what became of the plugin. ``failed`` is for an exception of its own: it is
            begun anew after a while. A wrong model or an absent device ends it.
    """

    def __init__(
        self,
        name: str,
        takes: type[Sample],
        pipeline: Pipeline,
        emit: Callable[[Record], None],
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.mailbox: Mailbox[Sample] = Mailbox(takes.capacity)
        self.pulse = Pulse()
        self.fate: Fate = "running"
        self.error = ""
        self._failures = 0
        self._pipeline = pipeline
        self._meter = Meter(pipeline)
        self._emit = emit
        self._changed = changed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"plugin-{name}", daemon=True)

    def start(self) -> None:
        """Begin to take samples."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the sample in hand."""
        self._stopping.set()
        self.mailbox.close()

    def join(self, timeout: float) -> bool:
        """Return whether the thread has ended within *timeout* seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def health(self) -> PluginHealth:
        """Return the figures of the last while."""
        return self._meter.read(self.mailbox.lost)

    def _run(self) -> None:
        while not (self._stopping.is_set() or self.pulse.done):
            try:
                if self._failures:
                    self._pipeline.reset()
                self._work()
            except (ModelError, DeviceError) as error:
                model = isinstance(error, ModelError)
                self._end("model-error" if model else "device-error", str(error))
                log.error("plugin %r stopped: %s", self.name, error)  # noqa: TRY400 one line says it
            except Exception as error:
                if self.fate != "failed":
                    log.exception("plugin %r failed; it is begun anew after a while", self.name)
                self._note("failed", f"{type(error).__name__}: {error}")
                self._sit_out(_back_off_s(self._failures))
                self._failures += 1

    def _work(self) -> None:
        while not self._stopping.is_set():
            sample = self.mailbox.take(TURN_S)
            self.pulse.beat()
            if sample is not None:
                for result in self._pipeline.results(sample):
                    for record in records(self.name, result):
                        self._emit(record)
                self._note("running")
            elif self.mailbox.exhausted and not self._stopping.is_set():
                self._end("finished")
                return

    def _sit_out(self, seconds: float) -> None:
        """Let samples pass unseen, so that a recording the others read too goes on."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            self.mailbox.take(min(left, TURN_S))
            self.pulse.beat()
            if self.mailbox.exhausted:
                self._end(self.fate, self.error)
                return

    def _note(self, fate: Fate, error: str = "") -> None:
        if fate == self.fate:
            return
        if fate == "running":
            log.info("plugin %r runs again", self.name)
            self._failures = 0
        self.fate, self.error = fate, error
        self._changed()

    def _end(self, fate: Fate, error: str = "") -> None:
        self.fate, self.error = fate, error
        self.pulse.done = True
        self.mailbox.close()
        self._changed()


class Pump:
    """One source's thread: opens it, fills the lanes' mailboxes, opens it anew when it fails.

    Attributes:
        fault: why the source yields nothing, empty while it does.
        crashed: the source raised what no source should, or its driver hangs for good; the process
            must end.
        seen_bytes: bytes of samples so far.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Source[Any]],
        lanes: Sequence[Lane],
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.pulse = Pulse()
        self.fault = ""
        self.crashed = False
        self.seen_bytes = 0
        self._failures = 0
        self._wedged = False
        self._make = make
        self._lanes = lanes
        self._changed = changed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source-{name}", daemon=True)

    def start(self) -> None:
        """Begin to read the sensor."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the sample in hand."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Return whether the thread has ended within *timeout* seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception:
            log.exception("source %r failed", self.name)
            self.crashed = True
        finally:
            self.pulse.done = True
            # A pump that was stopped has not come to the end: its lanes are stopped, not finished.
            for lane in () if self._stopping.is_set() else self._lanes:
                lane.mailbox.close()
            self._changed()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._pump()
            except RecordingError as error:
                self._note(str(error))
                return
            except DeviceError as error:
                self._note(str(error))
            else:
                return
            if self._wedged and self._failures >= len(BACK_OFF_S):
                log.error("source %r: only a new process can use it again", self.name)
                self.crashed = True
                return
            self._pause(_back_off_s(self._failures))
            self._failures += 1

    def _pump(self) -> None:
        source = self._make()
        try:
            self._drain(source)
        finally:
            self._wedged = self._wedged or source.wedged

    def _drain(self, source: Source[Any]) -> None:
        with source:
            for sample in source.samples():
                self.pulse.beat()
                self._note("")
                self._failures = 0
                self._wedged = False
                if self._stopping.is_set():
                    return
                self._deliver(sample, wait=source.lossless)

    def _deliver(self, sample: Sample, *, wait: bool) -> None:
        self.seen_bytes += sample.nbytes
        for lane in self._lanes:
            while wait and not self._stopping.is_set() and not lane.mailbox.wait_for_room(TURN_S):
                self.pulse.beat()
            lane.mailbox.put(sample)

    def _pause(self, seconds: float) -> None:
        while seconds > 0 and not self._stopping.wait(min(seconds, TURN_S)):
            self.pulse.beat()
            seconds -= TURN_S

    def _note(self, fault: str) -> None:
        if fault == self.fault:
            return
        if fault:
            log.error("source %r: %s", self.name, fault)
        else:
            log.info("source %r yields again", self.name)
        self.fault = fault
        self._changed()


def vitals(lane: Lane, pump: Pump) -> PluginVitals:
    """Return how *lane* fares: as its source does, while it has no trouble of its own."""
    if pump.fault and not lane.error:
        return PluginVitals(fate="device-error", error=pump.fault[:512], health=lane.health())
    return PluginVitals(fate=lane.fate, error=lane.error[:512], health=lane.health())


def _back_off_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row before this one."""
    return BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
