"""The run of ``edgenode sense``: what the configuration asks for, and the way to the uplink."""

import logging
import time
from pathlib import Path

import msgspec

from edgenode import config as configuration
from edgenode.config import Config
from edgenode.exits import Exit
from edgenode.handover import Inventory
from edgenode.sense.courier import Courier
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
    """

    turn_s: float = 1.0
    finish_s: float = 30.0
    hello_s: float = 5.0
    drain_s: float = 3.0


class SenseProcess:
    """Sense, its way to the uplink, and the configuration in force; see ``service.Service``."""

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
        self._courier = Courier(socket or config.handover.socket, config.handover.findings)
        self._sense = Sense(self._courier.offer, signals.wake)
        self._announced: Inventory | None = None
        self._turns = 0

    def start(self) -> None:
        """Begin to look for the uplink and to run the plugins; their models load meanwhile."""
        self._courier.start()
        self._sense.apply(plan(self._config))
        self._report()

    def turn(self) -> Exit | None:
        """Tell the uplink how everything fares; return the end when there is one."""
        self._report()
        if self._sense.wedged or not self._courier.alive:
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
        """Apply the configuration as it is now; return why nothing of it is applied."""
        config, faults = self.check()
        if not faults:
            self.apply(config)
        return faults

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""
        sender = ["sender"] if self._courier.turns == self._turns else []
        return sender + self._sense.stuck()

    def mark(self) -> None:
        """Remember how far the threads are."""
        self._turns = self._courier.turns
        self._sense.mark()

    def status(self) -> str:
        """Return one line: how the plugins fare, and whether findings get away."""
        uplink = "here" if self._courier.reached else "away"
        says = summary(self._sense.vitals())
        return f"{says}; uplink {uplink}, {self._courier.waiting} waiting"

    def stop(self) -> None:
        """End the plugins, then tell the uplink how they have ended."""
        self._sense.stop()
        self._report()
        if self._is_awaited():
            self._courier.drain(self._patience.drain_s)
        self._courier.stop()

    def _report(self) -> None:
        inventory = self._sense.inventory()
        if inventory != self._announced:
            self._courier.announce(inventory)
            self._announced = inventory
        self._courier.report(self._sense.vitals(self._courier.dropped))

    def _is_awaited(self) -> bool:
        """Return whether there is somebody to say the last things to, or something to say."""
        return self._supervised or self._courier.reached or self._courier.waiting > 0

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
        nothing = self._courier.waiting == 0
        limit_s = self._patience.hello_s if nothing else self._patience.finish_s
        until = time.monotonic() + limit_s
        while not self._courier.drain(self._patience.turn_s, settled=True):
            if self._signals.stopping.is_set() or time.monotonic() > until:
                if self._courier.waiting:
                    log.warning("%d findings were not published in time", self._courier.waiting)
                return
