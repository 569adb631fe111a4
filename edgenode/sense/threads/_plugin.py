"""The thread of a plugin: it loads the plugin, runs it, and starts it again after a failure."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edgenode.errors import DeviceError, EdgenodeError, ModelError, PluginError
from edgenode.messages import PluginHealth
from edgenode.plugin import Demand
from edgenode.sense.assembly import Assembled, Loader, assemble
from edgenode.sense.mailbox import Delivery, Mailbox
from edgenode.sense.pipeline import HealthMeter, Outcome
from edgenode.sense.plan import PluginPlan
from edgenode.sense.progress import StageProgress
from edgenode.sense.threads.standing import (
    FINISHED,
    RUNNING,
    STARTING,
    Standing,
    Timing,
    failed,
    fault_of,
)

log = logging.getLogger(__name__)

LOADING = "loading its model"
"""The stage of ``StageProgress`` while a model is loaded."""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the threads of one sense share.

    Attributes:
        publish: called with a plugin's name, an outcome, and the clock's offset at its capture.
        changed: called after a standing has changed; from the thread that has changed it.
        load_model: loads a model.
    """

    publish: Callable[[str, Outcome, float], None]
    changed: Callable[[], None]
    timing: Timing
    load_model: Loader


class PluginThread:
    """One plugin's thread: loads its model, takes samples, runs the pipeline, publishes.

    After an unexpected exception it pauses and starts the plugin again. A wrong model, wrong
    options, an absent device or an exception in the constructor end it.

    Attributes:
        plan: what it is asked to run; see ``use``.
        mailbox: its samples.
        progress: what it has done, for the watchdog.
        assembled: what it runs; None until its model is loaded.
    """

    def __init__(self, plan: PluginPlan, shared: Shared) -> None:
        self.plan = plan
        self.mailbox: Mailbox[Delivery] = Mailbox(plan.cls.takes.capacity)
        self.progress = StageProgress()
        self.assembled: Assembled | None = None
        self._standing = STARTING
        self._failures = 0
        self._meter: HealthMeter | None = None
        self._shared = shared
        self._stopping = threading.Event()
        # Guards `plan` and `progress.done`; taken by `use` (main thread) and `_end`. A thread that
        # ends and a new plan may come at the same moment: one of the two must know of the other.
        self._ending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"plugin-{plan.name}", daemon=True)

    @property
    def name(self) -> str:
        """The plugin's name in the configuration."""
        return self.plan.name

    @property
    def demand(self) -> Demand | None:
        """The samples it prefers; None until its model is loaded."""
        return self.assembled.demand if self.assembled else None

    @property
    def standing(self) -> Standing:
        """Its state. If an author's code does not return for too long, that is ``failed``."""
        stage, timing = self.progress.stage, self._shared.timing
        limit_s = timing.load_s if stage == LOADING else timing.stall_s
        if stage and self.progress.inside_s() > limit_s:
            return Standing("failed", f"does not return from {stage} for {limit_s:g} s")
        return self._standing

    @property
    def loading(self) -> bool:
        """Whether it is loading its model, and has not exceeded ``load_s``."""
        loads = self.progress.stage == LOADING
        return loads and self.progress.inside_s() <= self._shared.timing.load_s

    def start(self) -> None:
        """Start the thread: it loads the model, then takes samples."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the current sample."""
        self._stopping.set()
        self.mailbox.close()

    def join(self, timeout: float) -> bool:
        """Wait up to *timeout* seconds; return whether the thread has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def use(self, plan: PluginPlan) -> bool:
        """Run *plan* from the next sample on; return False if the thread has ended already.

        The loaded model is kept if it is the same.
        """
        with self._ending:
            if not self.progress.done:
                self.plan = plan
            return not self.progress.done

    def health(self, lost: int) -> PluginHealth:
        """Return its rate and durations; *lost*: samples that did not reach the mailbox."""
        lost += self.mailbox.lost
        return self._meter.read(lost) if self._meter else PluginHealth(lost=lost)

    def _run(self) -> None:
        while not (self._stopping.is_set() or self.progress.done):
            # Read once: `use` may replace it at any time.
            plan = self.plan
            try:
                assembled = self._assemble(plan)
                if assembled is not None:
                    self._work(assembled)
            except (ModelError, DeviceError) as error:
                self._end(plan, fault_of(error))
            except PluginError as error:
                self._end(plan, Standing("config-error", str(error)))
            except Exception as error:
                if self._standing.state != "failed":
                    log.exception("plugin %r failed; it is started again after a pause", self.name)
                self.progress.stage = ""
                self._set_standing(failed(error))
                self._discard_samples(plan, self._shared.timing.pause_s(self._failures))
                self._failures += 1

    def _assemble(self, plan: PluginPlan) -> Assembled | None:
        """Return the plugin and its pipeline; None if the constructor raises, which ends it.

        After a failure with the same plan the same plugin goes on, with a new stream.
        """
        before = self.assembled
        if before is not None and before.plan is plan:
            before.pipeline.reset()
            return before
        if before is not None and not before.plan.same_model(plan):
            self._set_standing(STARTING)
        self.progress.stage = LOADING
        load_model = self._shared.load_model
        try:
            made = assemble(plan, before=before, load_model=load_model, progress=self.progress)
        except EdgenodeError:
            raise
        except Exception as error:
            # Not tried again: with the same options it would raise the same exception.
            log.exception("plugin %r cannot be made", self.name)
            self._end(plan, failed(error))
            return None
        self.progress.stage = ""
        self.assembled, self._meter = made, HealthMeter(made.pipeline.stats)
        if self._standing == STARTING:
            self._standing = RUNNING
        self._shared.changed()
        return made

    def _work(self, assembled: Assembled) -> None:
        """Run samples until the plugin fails, its source ends or there is another plan."""
        pipeline, clock = assembled.pipeline, 0.0
        while not self._stopping.is_set() and self.plan is assembled.plan:
            # If requests wait for answers, do not wait for a sample: drain them instead.
            delivery = self.mailbox.take(0.0 if pipeline.waiting else self._shared.timing.poll_s)
            self.progress.advance()
            if delivery is not None:
                clock = delivery.clock
                self._publish(pipeline.outcomes(delivery.sample), clock)
                self._set_standing(RUNNING)
            elif pipeline.waiting:
                self._publish(pipeline.drain(), clock)
            elif self.mailbox.exhausted and not self._stopping.is_set():
                self._publish(pipeline.end(), clock)
                self._end(assembled.plan, FINISHED)
                return
        self._publish(pipeline.drain(), clock)

    def _publish(self, outcomes: Iterable[Outcome], clock: float) -> None:
        for outcome in outcomes:
            self._shared.publish(self.name, outcome, clock)
            self.progress.advance()
        self.progress.stage = ""

    def _discard_samples(self, plan: PluginPlan, seconds: float) -> None:
        """Discard samples for *seconds*: other plugins of the same recording must not wait."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            self.mailbox.take(min(left, self._shared.timing.poll_s))
            self.progress.advance()
            if self.mailbox.exhausted:
                self._end(plan, self._standing)
            if self.progress.done or self.plan is not plan:
                return

    def _set_standing(self, standing: Standing) -> None:
        if standing is self._standing or standing == self._standing:
            return
        if standing == RUNNING:
            self._failures = 0
            if self._standing.error:
                log.info("plugin %r runs again", self.name)
        self._standing = standing
        self._shared.changed()

    def _end(self, plan: PluginPlan, standing: Standing) -> None:
        """End with what came of *plan*; if there is another one by now, do nothing."""
        with self._ending:
            if self.plan is not plan:
                return
            before, self._standing = self._standing, standing
            self.progress.stage = ""
            self.progress.done = True
        if standing.error and standing != before and standing.state != "failed":
            log.error("plugin %r: %s", self.name, standing.error)
        self.mailbox.close()
        self._shared.changed()
