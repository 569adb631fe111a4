"""The thread of a source: it opens it, fills the mailboxes, and opens it anew when it fails."""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

from edgenode import clock
from edgenode.errors import DeviceError, RecordingError
from edgenode.plugin import Demand, Sample, Source
from edgenode.progress import Progress
from edgenode.sense.mailbox import Delivery
from edgenode.sense.plan import SourcePlan
from edgenode.sense.threads._plugin import PluginThread, Surroundings
from edgenode.sense.threads.standing import (
    FINISHED,
    RUNNING,
    STARTING,
    Standing,
    failed,
    fault_of,
)

log = logging.getLogger(__name__)


class SourceThread:
    """One source's thread.

    It waits until it knows what its plugins demand, so that the sensor is opened once and no
    recording begins without them; a live source does not wait longer than ``ready_s`` for a slow
    model, and is opened anew if what that one demands makes a difference.

    Attributes:
        plan: what it reads.
        readers: the plugins it reads for. A tuple, replaced as a whole between two samples.
        progress: whether it gets on.
        standing: how it fares.
        seen_bytes: bytes of samples so far.
    """

    def __init__(self, plan: SourcePlan, surroundings: Surroundings) -> None:
        self.plan = plan
        self.readers: tuple[PluginThread, ...] = ()
        self.progress = Progress()
        self.standing = STARTING
        self.seen_bytes = 0
        # The source, and what those before it have lost; replaced as a whole, as others read it.
        self._opened: tuple[Source[Any] | None, int] = (None, 0)
        self._demand = Demand()
        # Guards `_demand`: of two plugins that are ready at once both work it out, and the one who
        # saw less must not write last.
        self._news = threading.Condition()
        self._around = surroundings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source-{plan.name}", daemon=True)

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self.plan.name

    @property
    def lost(self) -> int:
        """Samples that its driver has lost."""
        source, before = self._opened
        return before + (source.lost if source else 0)

    @property
    def ended_badly(self) -> bool:
        """Whether it has ended in an error, or before any plugin has come to its end with it."""
        read_to_the_end = any(each.standing == FINISHED for each in self.readers)
        return self.progress.done and (bool(self.standing.error) or not read_to_the_end)

    def start(self) -> None:
        """Begin to read the sensor as soon as a plugin is ready."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the sample in hand."""
        self._stopping.set()
        with self._news:
            self._news.notify()

    def join(self, timeout: float) -> bool:
        """Return whether the thread has ended within *timeout* seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def read_for(self, readers: tuple[PluginThread, ...]) -> None:
        """Deliver to *readers* from the next sample on."""
        self.readers = readers
        self.reconsider()
        if self.progress.done:
            self._close(readers)

    def reconsider(self) -> None:
        """Look again at what the readers demand and whether they are ready. From any thread."""
        with self._news:
            self._demand = combine(each.demand for each in self.readers if each.demand)
            self._news.notify()

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self.progress.done = True
            # One that was stopped has not come to its end: its plugins are stopped or go on.
            if not self._stopping.is_set():
                self._close(self.readers)
            self._around.changed()

    def _work(self) -> None:
        failures, wedged = 0, False
        while self._await_readers():
            seen = self.seen_bytes
            try:
                if self._read():
                    self._note(FINISHED)
                    return
                continue
            except RecordingError as error:
                self._note(fault_of(error))
                return
            except DeviceError as error:
                self._note(fault_of(error))
            except Exception as error:
                if self.standing.state != "failed":
                    log.exception("source %r failed; it is opened anew after a while", self.name)
                self._note(failed(error))
            # A sample came: the sensor works, and what failed before is another matter.
            if self.seen_bytes != seen:
                failures, wedged = 0, False
            source, _ = self._opened
            wedged = wedged or (source is not None and source.wedged)
            if wedged and failures >= len(self._around.timing.back_off_s):
                log.error("source %r: only a new process can use it again", self.name)
                self._note(Standing("wedged", self.standing.error))
                return
            self._pause(self._around.timing.pause_s(failures))
            failures += 1

    def _await_readers(self) -> bool:
        """Wait for a reader that is ready; return False where there is nothing to read for."""
        timing = self._around.timing
        until = time.monotonic() + timing.ready_s
        # Looked at under the lock, so that no reader gets ready between the look and the wait.
        with self._news:
            while not self._stopping.is_set():
                waiting = [each for each in self.readers if not each.progress.done]
                ready = [each for each in waiting if each.demand is not None]
                if not waiting and self.plan.ends:
                    return False
                patient = self.plan.ends or time.monotonic() < until
                if ready and not (patient and len(ready) < len(waiting)):
                    return True
                self._news.wait(timing.turn_s)
                self.progress.advance()
        return False

    def _read(self) -> bool:
        """Read the source; return whether it has ended, False where it is to be opened anew."""
        demand = self._demand
        self._opened = (None, self.lost)
        source = self.plan.make(demand)
        self._opened = (source, self.lost)
        with source:
            for sample in source.samples():
                self.progress.advance()
                self._note(RUNNING)
                if self._stopping.is_set() or self._is_outdated(demand):
                    return False
                self._deliver(sample, wait=source.lossless)
                if self.plan.ends and all(each.progress.done for each in self.readers):
                    return True
        return True

    def _is_outdated(self, demand: Demand) -> bool:
        # A recording would begin again: its plugins make do with what was demanded first.
        return self._demand != demand and not self.plan.ends

    def _deliver(self, sample: Sample, *, wait: bool) -> None:
        self.seen_bytes += sample.nbytes
        # Read as soon as it is captured: a clock that is set later corrects its findings.
        delivery = Delivery(sample, clock.offset())
        for reader in self.readers:
            if reader.demand is None:
                continue  # it loads its model still, and has asked for nothing yet
            while wait and not self._stopping.is_set():
                if reader.mailbox.wait_for_room(self._around.timing.turn_s):
                    break
                self.progress.advance()
            reader.mailbox.put(delivery)

    def _close(self, readers: Iterable[PluginThread]) -> None:
        for reader in readers:
            reader.mailbox.close()

    def _pause(self, seconds: float) -> None:
        turn_s = self._around.timing.turn_s
        while seconds > 0 and not self._stopping.wait(min(seconds, turn_s)):
            self.progress.advance()
            seconds -= turn_s

    def _note(self, standing: Standing) -> None:
        before = self.standing
        if standing == before:
            return
        self.standing = standing
        if standing.state == "device-error":
            log.error("source %r: %s", self.name, standing.error)
        elif before.error and standing == RUNNING:
            log.info("source %r yields again", self.name)
        self._around.changed()


def combine(demands: Iterable[Demand]) -> Demand:
    """Return one demand that serves all: the same, or frames large enough for each to shrink."""
    different = set(demands)
    rates = [demand.rate_hz for demand in different if demand.rate_hz]
    rate = max(rates) if rates and len(rates) == len(different) else None
    looks = {(demand.size, demand.fit) for demand in different if demand.size}
    if len(looks) == 1:
        ((size, fit),) = looks
        return Demand(size=size, fit=fit, rate_hz=rate)
    sizes = [size for size, _ in looks if size]
    if not sizes:
        return Demand(rate_hz=rate)
    # Letterboxed in twice the size, a frame of up to 2:1 still covers the largest input.
    width, height = max(w for w, _ in sizes), max(h for _, h in sizes)
    return Demand(size=(2 * width, 2 * height), fit="letterbox", rate_hz=rate)
