"""The thread of a plugin: it makes the plugin, feeds it, and makes it anew when it fails."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edgenode.errors import DeviceError, EdgenodeError, ModelError, PluginError
from edgenode.messages import PluginHealth
from edgenode.plugin import Demand
from edgenode.sense.assembly import Assembled, Loads, assemble
from edgenode.sense.mailbox import Delivery, Mailbox
from edgenode.sense.pipeline import Meter, Outcome
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


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the threads of one sense share.

    Attributes:
        publish: takes a plugin's name, what it has found, and the clock's offset at the capture.
        changed: called when a standing has changed.
        loads: loads a model.
    """

    publish: Callable[[str, Outcome, float], None]
    changed: Callable[[], None]
    timing: Timing
    loads: Loads


class PluginThread:
    """One plugin's thread: loads its model, takes samples, runs the pipeline, publishes.

    A plugin that raises what it should not is begun anew after a while; a wrong model, wrong
    options, an absent device or a constructor that raises end it.

    Attributes:
        plan: what it shall run; see ``use``.
        mailbox: where its samples are left.
        progress: whether it gets on.
        assembled: what it runs, None until its model is loaded.
    """

    def __init__(self, plan: PluginPlan, surroundings: Surroundings) -> None:
        self.plan = plan
        self.mailbox: Mailbox[Delivery] = Mailbox(plan.cls.takes.capacity)
        self.progress = StageProgress()
        self.assembled: Assembled | None = None
        self._standing = STARTING
        self._failures = 0
        self._meter: Meter | None = None
        self._around = surroundings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"plugin-{plan.name}", daemon=True)

    @property
    def name(self) -> str:
        """The plugin's name in the configuration."""
        return self.plan.name

    @property
    def demand(self) -> Demand | None:
        """What it would like best of its source, None while nobody knows."""
        return self.assembled.demand if self.assembled else None

    @property
    def standing(self) -> Standing:
        """How it fares; of one that does not return from a stranger's code, that it has failed."""
        stage, timing = self.progress.stage, self._around.timing
        limit_s = timing.load_s if stage == LOADING else timing.stall_s
        if stage and self.progress.inside_s() > limit_s:
            return Standing("failed", f"does not return from {stage} for {limit_s:g} s")
        return self._standing

    @property
    def loading(self) -> bool:
        """Whether it loads its model, which may take long, and has not taken too long."""
        loads = self.progress.stage == LOADING
        return loads and self.progress.inside_s() <= self._around.timing.load_s

    def start(self) -> None:
        """Begin to load the model and to take samples."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the sample in hand."""
        self._stopping.set()
        self.mailbox.close()

    def join(self, timeout: float) -> bool:
        """Return whether the thread has ended within *timeout* seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def use(self, plan: PluginPlan) -> None:
        """Run *plan* from the next sample on; the model is kept where it is the same."""
        # One assignment: the thread compares it with what it runs, before each sample.
        self.plan = plan

    def health(self, lost: int) -> PluginHealth:
        """Return the figures of the last while; *lost* samples did not even reach the mailbox."""
        lost += self.mailbox.lost
        return self._meter.read(lost) if self._meter else PluginHealth(lost=lost)

    def _run(self) -> None:
        while not (self._stopping.is_set() or self.progress.done):
            try:
                assembled = self._ready()
                if assembled is not None:
                    self._work(assembled)
            except (ModelError, DeviceError) as error:
                self._end(fault_of(error))
            except PluginError as error:
                self._end(Standing("config-error", str(error)))
            except Exception as error:
                if self._standing.state != "failed":
                    log.exception("plugin %r failed; it is begun anew after a while", self.name)
                self.progress.stage = ""
                self._note(failed(error))
                self._sit_out(self._around.timing.pause_s(self._failures))
                self._failures += 1

    def _ready(self) -> Assembled | None:
        """Return what the plan asks for, as it was after a failure; None: it cannot be made."""
        # Read once: `use` may replace the plan while the model loads.
        before, plan = self.assembled, self.plan
        if before is not None and before.plan is plan:
            before.pipeline.reset()
            return before
        if before is not None and not before.plan.same_model(plan):
            self._note(STARTING)
        self.progress.stage = LOADING
        loads = self._around.loads
        try:
            made = assemble(plan, before=before, loads=loads, progress=self.progress)
        except EdgenodeError:
            raise
        except Exception as error:
            # Made anew it would raise the same: nothing but its options goes in.
            log.exception("plugin %r cannot be made", self.name)
            self._end(failed(error))
            return None
        self.progress.stage = ""
        self.assembled, self._meter = made, Meter(made.pipeline.figures)
        if self._standing == STARTING:
            self._standing = RUNNING
        self._around.changed()
        return made

    def _work(self, assembled: Assembled) -> None:
        """Take samples until the plugin fails, its source ends or another plan is to be used."""
        pipeline, clock = assembled.pipeline, 0.0
        while not self._stopping.is_set() and self.plan is assembled.plan:
            # With answers still to come the next sample must be there already.
            came = self.mailbox.take(0.0 if pipeline.waiting else self._around.timing.turn_s)
            self.progress.advance()
            if came is not None:
                clock = came.clock
                self._publish(pipeline.outcomes(came.sample), clock)
                self._note(RUNNING)
            elif pipeline.waiting:
                self._publish(pipeline.drain(), clock)
            elif self.mailbox.exhausted and not self._stopping.is_set():
                self._end(FINISHED)
                return
        self._publish(pipeline.drain(), clock)

    def _publish(self, outcomes: Iterable[Outcome], clock: float) -> None:
        for outcome in outcomes:
            self._around.publish(self.name, outcome, clock)
            self.progress.advance()
        self.progress.stage = ""

    def _sit_out(self, seconds: float) -> None:
        """Let samples pass unseen, so that a recording the others read too goes on."""
        plan, until = self.plan, time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            self.mailbox.take(min(left, self._around.timing.turn_s))
            self.progress.advance()
            if self.mailbox.exhausted:
                self._end(self._standing)
            if self.progress.done or self.plan is not plan:
                return

    def _note(self, standing: Standing) -> None:
        if standing == self._standing:
            return
        if standing == RUNNING:
            self._failures = 0
            if self._standing.error:
                log.info("plugin %r runs again", self.name)
        self._standing = standing
        self._around.changed()

    def _end(self, standing: Standing) -> None:
        if standing.error and standing != self._standing and standing.state != "failed":
            log.error("plugin %r: %s", self.name, standing.error)
        self._standing = standing
        self.progress.stage = ""
        self.progress.done = True
        self.mailbox.close()
        self._around.changed()
