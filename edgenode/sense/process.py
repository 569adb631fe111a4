"""The process ``edgenode sense``: runs the configuration, and sends findings to the uplink."""

import logging
import time
from pathlib import Path

import msgspec

from edgenode.config import Config
from edgenode.config.faults import NOTHING_TO_RUN
from edgenode.exits import Exit
from edgenode.handover.backlog import Backlog
from edgenode.handover.protocol import Answer, Command, Inventory, Request
from edgenode.handover.requests import (
    CHECK,
    RELOAD,
    OtherProcess,
    Patience,
    Requests,
    answer,
    answer_unknown,
    ask_to,
)
from edgenode.handover.sender import Sender
from edgenode.progress import Watch
from edgenode.sense.planning import check, plan
from edgenode.sense.sense import Sense, failures, summary
from edgenode.service import Signals

log = logging.getLogger(__name__)


class ProcessTiming(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times of the process, in seconds.

    Attributes:
        poll_s: longest single wait, after which the process checks if it must stop.
        finish_s: until the findings of recordings that have ended are published.
        hello_s: for an uplink that is still starting, if only the final states are to be sent.
        drain_s: until the last messages are sent when the process stops.
        reload: for the uplink, which may itself wait for sense. The watchdog must wait longer.
    """

    poll_s: float = 1.0
    finish_s: float = 30.0
    hello_s: float = 5.0
    drain_s: float = 3.0
    reload: Patience = Patience(answer_s=45.0)


class SenseProcess:
    """Sense, its connection to the uplink, and the configuration in force.

    It is a ``service.Service``; the main thread calls all methods. Both processes reload together,
    and the uplink leads: see ``UplinkProcess``.

    Attributes:
        refused: why the last reload was refused; empty if it was not.
    """

    def __init__(  # noqa: PLR0913 the last ones have defaults
        self,
        path: Path,
        config: Config,
        signals: Signals,
        *,
        socket: Path | None = None,
        supervised: bool = False,
        timing: ProcessTiming = ProcessTiming(),  # noqa: B008 frozen value
    ) -> None:
        """*supervised*: the parent process also starts an uplink, so the end waits for it."""
        self._path = path
        self._config = config
        self._signals = signals
        self._supervised = supervised
        self._timing = timing
        self._backlog = Backlog(config.handover.findings)
        self._requests = Requests(signals.wake.set)
        path_of_socket = socket or config.handover.socket
        self._sender = Sender(path_of_socket, self._backlog, self._requests.put)
        self._uplink = OtherProcess(
            "the uplink",
            self._requests,
            lambda: self._sender.connected,
            self._backlog.request,
            timing.reload,
        )
        self._sense = Sense(self._backlog.add, signals.wake)
        self._announced: Inventory | None = None
        self._watch = Watch()
        self.refused: list[str] = []

    def start(self) -> None:
        """Start to connect to the uplink and to run the plugins. Models load in the background."""
        self._sender.start()
        self._run(self._config)
        self._report()

    def turn(self) -> Exit | None:
        """Answer the uplink's requests and report states; return the exit status at the end."""
        while (request := self._requests.take()) is not None:
            self._handle(request)
        self._report()
        if self._sense.wedged or not self._sender.alive:
            return Exit.FAILED
        return self._finish() if self._sense.finished else None

    def check(self) -> tuple[Config, list[str]]:
        """Read the configuration from the files; return it with all its faults."""
        config, _, faults = check(self._path, secrets=False)
        return config, faults

    def apply(self, config: Config) -> None:
        """Run *config*; only sources and plugins that differ are restarted."""
        if config.handover != self._config.handover:
            log.warning("the table [handover] has changed: restart sense for that")
        self._run(config)
        self._config = config
        self._report()
        log.info("configuration %s in force", config.digest)

    def reload(self) -> list[str]:
        """Have the uplink lead a reload of both; return the faults if it is refused."""
        faults = self._uplink.ask(ask_to(RELOAD), self._handle)
        # Without an uplink sense reloads alone: the next one reads the files when it starts.
        self.refused = self._check_and_apply() if faults is None else faults
        return self.refused

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""
        sender = ["sender"] if self._watch.stuck([self._sender.progress]) else []
        return sender + self._sense.stuck()

    def mark(self) -> None:
        """Remember the progress of the threads."""
        self._watch.mark([self._sender.progress])
        self._sense.mark()

    def status(self) -> str:
        """Return one line: states of the plugins, connection to the uplink, waiting findings."""
        uplink = "here" if self._sender.connected else "away"
        plugins = summary(self._sense.snapshot())
        return f"{plugins}; uplink {uplink}, {len(self._backlog)} waiting"

    def unwell(self) -> list[str]:
        """Return what does not run: plugins, with their errors, and the uplink."""
        away = [] if self._sender.connected else ["the uplink is away"]
        return failures(self._sense.snapshot()) + away

    def stop(self) -> None:
        """Stop the plugins, then send their final states to the uplink."""
        self._sense.stop()
        self._report()
        if self._has_receiver():
            self._backlog.drain(self._timing.drain_s)
        self._sender.stop()

    def _run(self, config: Config) -> None:
        if not config.plugins:
            log.warning("%s: plugins: %s", self._path, NOTHING_TO_RUN)
        self._sense.apply(plan(config))

    def _handle(self, request: Request) -> None:
        match request:
            case Command(name=name) if name == RELOAD:
                self.refused = self._check_and_apply(str(request.args.get("digest", "")))
                self._backlog.request(answer(request, self.refused))
            case Command(name=name) if name == CHECK:
                self._backlog.request(answer(request, self.check()[1]))
            case Command():
                self._backlog.request(answer_unknown(request))
            case Answer():
                log.debug("an answer that nobody waits for any more: %s", request.id)

    def _check_and_apply(self, digest: str = "") -> list[str]:
        """Check the configuration and apply it; with faults, return them and change nothing.

        *digest*: of the configuration that the uplink has checked; empty for any.
        """
        config, faults = self.check()
        if not faults and digest not in ("", config.digest):
            faults = [f"{self._path}: changed while it was read; reload again"]
        if not faults:
            self.apply(config)
        return faults

    def _report(self) -> None:
        # Announced only when it has changed: it is a retained message with all labels.
        inventory = self._sense.inventory()
        if inventory != self._announced:
            self._backlog.announce(inventory)
            self._announced = inventory
        self._backlog.report(self._sense.snapshot())

    def _has_receiver(self) -> bool:
        """Return whether an uplink is or will be there, or findings wait for one."""
        return self._supervised or self._sender.connected or len(self._backlog) > 0

    def _finish(self) -> Exit:
        """Wait until all findings are published, or the states sent; return the exit status."""
        log.info("all recordings have ended")
        self._report()
        sources, plugins = self._sense.faults()
        for fault in plugins or sources:
            log.error("%s", fault)
        if self._has_receiver():
            self._await_publication()
        if sources:
            return Exit.UNREADABLE
        return Exit.PLUGIN_FAILED if plugins else Exit.DONE

    def _await_publication(self) -> None:
        nothing = len(self._backlog) == 0
        limit_s = self._timing.hello_s if nothing else self._timing.finish_s
        until = time.monotonic() + limit_s
        while not self._backlog.drain(self._timing.poll_s, kept=not nothing):
            if self._signals.stopping.is_set() or time.monotonic() > until:
                if len(self._backlog):
                    log.warning("%d findings were not published in time", len(self._backlog))
                return
