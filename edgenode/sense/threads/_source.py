"""The thread of a source: it opens the source, fills mailboxes, and opens it again after errors."""

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
from edgenode.sense.threads._plugin import PluginThread, Shared
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

    It first waits until its plugins have loaded their models. Then their demands are known: the
    sensor is opened once, and no recording starts without a plugin. A live source waits at most
    ``ready_s``; if a later plugin changes the demand, it is opened again.

    Attributes:
        plan: what it reads.
        readers: the plugins that receive its samples. A tuple, replaced as a whole.
        progress: what it has done, for the watchdog.
        standing: its state.
        seen_bytes: size of all samples so far.
        lost: number of samples that its driver has lost.
    """

    def __init__(self, plan: SourcePlan, shared: Shared) -> None:
        self.plan = plan
        self.readers: tuple[PluginThread, ...] = ()
        self.progress = Progress()
        self.standing = STARTING
        self.seen_bytes = 0
        self.lost = 0
        self._source: Source[Any] | None = None
        self._demand = Demand()
        # Guards `_demand`; taken by `update_demand` (any thread), `stop` and `_await_readers`. Two
        # plugins may become ready at once: the one that saw fewer demands must not write last.
        self._readers_changed = threading.Condition()
        self._shared = shared
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source-{plan.name}", daemon=True)

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self.plan.name

    @property
    def ended_badly(self) -> bool:
        """Whether it has ended with an error, or before any plugin has read it to its end."""
        read_to_the_end = any(each.standing == FINISHED for each in self.readers)
        return self.progress.done and (bool(self.standing.error) or not read_to_the_end)

    def start(self) -> None:
        """Start the thread: it reads the sensor as soon as a plugin is ready."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the current sample."""
        self._stopping.set()
        with self._readers_changed:
            self._readers_changed.notify()

    def join(self, timeout: float) -> bool:
        """Wait up to *timeout* seconds; return whether the thread has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def set_readers(self, readers: tuple[PluginThread, ...]) -> None:
        """Deliver samples to *readers* from the next one on. Called from the main thread."""
        self.readers = readers
        self.update_demand()
        if self.progress.done:
            self._close(readers)

    def update_demand(self) -> None:
        """Compute the demand of the readers again. Called from any thread when one gets ready."""
        with self._readers_changed:
            self._demand = combine(each.demand for each in self.readers if each.demand)
            self._readers_changed.notify()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            log.exception("source %r ended", self.name)
            self._set_standing(failed(error))
        finally:
            self.progress.done = True
            # A stopped source has not reached its end: `Sense` decides if its plugins stop, too.
            if not self._stopping.is_set():
                self._close(self.readers)
            self._shared.changed()

    def _work(self) -> None:
        failures, wedged = 0, False
        while self._await_readers():
            seen = self.seen_bytes
            try:
                if self._read():
                    self._set_standing(FINISHED)
                    return
                continue
            except RecordingError as error:
                self._set_standing(fault_of(error))
                return
            except DeviceError as error:
                self._set_standing(fault_of(error))
            except Exception as error:
                if self.standing.state != "failed":
                    log.exception("source %r failed; it is opened again after a pause", self.name)
                self._set_standing(failed(error))
            # A sample came: the sensor has worked, so earlier failures do not count any more.
            if self.seen_bytes != seen:
                failures, wedged = 0, False
            # Only after all pauses: a driver that hangs may still return by itself.
            wedged = wedged or (self._source is not None and self._source.wedged)
            if wedged and failures >= len(self._shared.timing.back_off_s):
                log.error("source %r: only a new process can use it again", self.name)
                self._set_standing(Standing("wedged", self.standing.error))
                return
            self._pause(self._shared.timing.pause_s(failures))
            failures += 1

    def _await_readers(self) -> bool:
        """Wait until readers are ready; return False if none is left, or on ``stop``."""
        timing = self._shared.timing
        until = time.monotonic() + timing.ready_s
        # Checked under the lock: no reader can get ready between the check and the wait.
        with self._readers_changed:
            while not self._stopping.is_set():
                waiting = [each for each in self.readers if not each.progress.done]
                ready = [each for each in waiting if each.demand is not None]
                if not waiting and self.plan.ends:
                    return False
                patient = self.plan.ends or time.monotonic() < until
                if ready and not (patient and len(ready) < len(waiting)):
                    return True
                self._readers_changed.wait(timing.poll_s)
                self.progress.advance()
        return False

    def _read(self) -> bool:
        """Open and read the source; return True if it has ended, False to open it again."""
        demand, lost_before = self._demand, self.lost
        self._source = None
        self._source = source = self.plan.make(demand)
        with source:
            for sample in source.samples():
                self.progress.advance()
                # Here and not where it is asked for: an author's property may raise.
                self.lost = max(self.lost, lost_before + int(source.lost))
                self._set_standing(RUNNING)
                if self._stopping.is_set() or self._is_outdated(demand):
                    return False
                self._deliver(sample, wait=source.lossless)
                if self.plan.ends and self._is_unread():
                    return True
            # What it has lost after its last sample.
            self.lost = max(self.lost, lost_before + int(source.lost))
        return True

    def _is_unread(self) -> bool:
        # A loop: a generator costs more than all else that is done for a hop of audio.
        for each in self.readers:  # noqa: SIM110
            if not each.progress.done:
                return False
        return True

    def _is_outdated(self, demand: Demand) -> bool:
        # Not for a recording, which would start again: it keeps the first demand.
        return self._demand != demand and not self.plan.ends

    def _deliver(self, sample: Sample, *, wait: bool) -> None:
        self.seen_bytes += sample.nbytes
        # Read right after the capture: if the clock is set later, the time is corrected by it.
        delivery = Delivery(sample, clock.offset())
        for reader in self.readers:
            if reader.demand is None:
                continue  # it is still loading its model
            while wait and not self._stopping.is_set():
                if reader.mailbox.wait_for_room(self._shared.timing.poll_s):
                    break
                self.progress.advance()
            reader.mailbox.put(delivery)

    def _close(self, readers: Iterable[PluginThread]) -> None:
        for reader in readers:
            reader.mailbox.close()

    def _pause(self, seconds: float) -> None:
        poll_s = self._shared.timing.poll_s
        while seconds > 0 and not self._stopping.wait(min(seconds, poll_s)):
            self.progress.advance()
            seconds -= poll_s

    def _set_standing(self, standing: Standing) -> None:
        before = self.standing
        # Most often the very same one: it is compared for each sample.
        if standing is before or standing == before:
            return
        self.standing = standing
        if standing.state == "device-error":
            log.error("source %r: %s", self.name, standing.error)
        elif before.error and standing == RUNNING:
            log.info("source %r yields again", self.name)
        self._shared.changed()


def combine(demands: Iterable[Demand]) -> Demand:
    """Return one demand for all *demands*: the common one, or frames that each can shrink."""
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
