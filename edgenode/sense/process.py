"""The run of ``edgenode sense``: what the configuration asks for, and the way to the uplink."""

import logging
import time
from pathlib import Path

import msgspec

from edgenode import config as configuration
from edgenode.config import Config
from edgenode.exits import Exit
from edgenode.handover import Answer, Command, Inventory, Request
from edgenode.handover.backlog import Backlog
from edgenode.handover.requests import (
    CHECK,
    RELOAD,
    Requests,
    answer,
    answer_unknown,
    ask_to,
    faults_of,
    waited_for,
)
from edgenode.handover.sender import Sender
from edgenode.progress import Watch
from edgenode.sense.planning import plan
from edgenode.sense.sense import Sense, summary
from edgenode.service import Signals

log = logging.getLogger(__name__)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the process waits for the uplink, in seconds.

    Attributes:
        turn_s: before looking whether to stop.
        finish_s: until the findings of recordings that have ended are published.
        hello_s: for an uplink that is still starting, to say how the recordings ended.
        drain_s: until what is to be said at the end is said.
        return_s: for an uplink that is away, before it is left out of a reload: it may just have
            been replaced.
        agree_s: for the uplink to agree to a configuration; the watchdog waits for longer.
    """

    turn_s: float = 1.0
    finish_s: float = 30.0
    hello_s: float = 5.0
    drain_s: float = 3.0
    return_s: float = 2.0
    agree_s: float = 45.0


class SenseProcess:
    """Sense, its way to the uplink, and the configuration in force; see ``service.Service``.

    A reload is one for both processes, and the uplink leads it: see ``UplinkProcess``.

    Attributes:
        refused: why the configuration that was to follow is not in force; empty where none was.
    """

    def __init__(  # noqa: PLR0913 the last ones have defaults
        self,
        path: Path,
        config: Config,
        signals: Signals,
        *,
        socket: Path | None = None,
        supervised: bool = False,
        patience: Patience = Patience(),  # noqa: B008 frozen value
    ) -> None:
        """*supervised*: whoever has started us starts an uplink, too."""
        self._path = path
        self._config = config
        self._signals = signals
        self._supervised = supervised
        self._patience = patience
        self._backlog = Backlog(config.handover.findings)
        self._requests = Requests(signals.wake.set)
        path_of_socket = socket or config.handover.socket
        self._sender = Sender(path_of_socket, self._backlog, self._requests.put)
        self._sense = Sense(self._backlog.add, signals.wake)
        self._announced: Inventory | None = None
        self._watch = Watch()
        self.refused: list[str] = []

    def start(self) -> None:
        """Begin to look for the uplink and to run the plugins; their models load meanwhile."""
        self._sender.start()
        self._sense.apply(plan(self._config))
        self._report()

    def turn(self) -> Exit | None:
        """Tell the uplink how everything fares, act on what it asks; return the end."""
        while (request := self._requests.take()) is not None:
            self._act(request)
        self._report()
        if self._sense.wedged or not self._sender.alive:
            return Exit.FAILED
        return self._finish() if self._sense.finished else None

    def check(self) -> tuple[Config, list[str]]:
        """Return the configuration as it is in the files now, and all that is wrong with it."""
        config, faults = configuration.examine(self._path, secrets=False)
        faults += [config.line(fault) for fault in plan(config).faults()]
        return config, faults

    def apply(self, config: Config) -> None:
        """Run what *config* asks for; only what differs is touched."""
        if config.handover != self._config.handover:
            log.warning("the table [handover] has changed: restart sense for that")
        self._sense.apply(plan(config))
        self._config = config
        self._report()
        log.info("configuration %s in force", config.digest)

    def reload(self) -> list[str]:
        """Have the configuration as it is now applied; return why neither process applies it."""
        there = waited_for(lambda: self._sender.connected, self._patience.return_s)
        self.refused = self._agree() if there else self._take_over("")
        return self.refused

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""
        sender = ["sender"] if self._watch.stuck([self._sender.progress]) else []
        return sender + self._sense.stuck()

    def mark(self) -> None:
        """Remember how far the threads are."""
        self._watch.mark([self._sender.progress])
        self._sense.mark()

    def status(self) -> str:
        """Return one line: how the plugins fare, and whether findings get away."""
        uplink = "here" if self._sender.connected else "away"
        says = summary(self._sense.snapshot())
        return f"{says}; uplink {uplink}, {len(self._backlog)} waiting"

    def stop(self) -> None:
        """End the plugins, then tell the uplink how they have ended."""
        self._sense.stop()
        self._report()
        if self._is_awaited():
            self._backlog.drain(self._patience.drain_s)
        self._sender.stop()

    def _act(self, request: Request) -> None:
        match request:
            case Command(name=name) if name == RELOAD:
                self.refused = self._take_over(str(request.args.get("digest", "")))
                self._backlog.request(answer(request, self.refused))
            case Command(name=name) if name == CHECK:
                self._backlog.request(answer(request, self.check()[1]))
            case Command():
                self._backlog.request(answer_unknown(request))
            case Answer():
                log.debug("an answer that nobody waits for any more: %s", request.id)

    def _agree(self) -> list[str]:
        """Ask the uplink to lead the reload; return why there is none.

        An uplink that goes away meanwhile reads the configuration when it starts.
        """
        command = ask_to(RELOAD)
        self._backlog.request(command)
        until = time.monotonic() + self._patience.agree_s
        while time.monotonic() < until and self._sender.connected:
            request = self._requests.take(self._patience.turn_s)
            if isinstance(request, Answer) and request.id == command.id:
                return faults_of(request)
            if request is not None:
                self._act(request)
            if isinstance(request, Command) and request.name == RELOAD:
                return self.refused
        if self._sender.connected:
            return [f"the uplink does not answer for {self._patience.agree_s:g} s: see its log"]
        return self._take_over("")

    def _take_over(self, digest: str) -> list[str]:
        """Check the configuration and apply it; return why it is not, with nothing changed.

        *digest*: of the one that is meant, empty for whatever the files say.
        """
        config, faults = self.check()
        if not faults and digest not in ("", config.digest):
            faults = [f"{self._path}: changed while it was read; reload again"]
        if not faults:
            self.apply(config)
        return faults

    def _report(self) -> None:
        inventory = self._sense.inventory()
        if inventory != self._announced:
            self._backlog.announce(inventory)
            self._announced = inventory
        self._backlog.report(self._sense.snapshot())

    def _is_awaited(self) -> bool:
        """Return whether there is somebody to say the last things to, or something to say."""
        return self._supervised or self._sender.connected or len(self._backlog) > 0

    def _finish(self) -> Exit:
        """Wait until all findings are published; return how it went."""
        log.info("all recordings have ended")
        self._report()
        sources, plugins = self._sense.faults()
        for fault in plugins or sources:
            log.error("%s", fault)
        if self._is_awaited():
            self._await_publication()
        if sources:
            return Exit.UNREADABLE
        return Exit.PLUGIN_FAILED if plugins else Exit.DONE

    def _await_publication(self) -> None:
        nothing = len(self._backlog) == 0
        limit_s = self._patience.hello_s if nothing else self._patience.finish_s
        until = time.monotonic() + limit_s
        while not self._backlog.drain(self._patience.turn_s, kept=True):
            if self._signals.stopping.is_set() or time.monotonic() > until:
                if len(self._backlog):
                    log.warning("%d findings were not published in time", len(self._backlog))
                return
