"""Run the process with the devices: sources and plugins. It needs no network.

Exit status: 0 stopped or all recordings have ended, 1 failed, 2 wrong configuration, 3 all
recordings have ended, but some could not be read.
"""

import argparse
import logging
import time
from pathlib import Path

from edgenode import clock, hardening
from edgenode import config as configuration
from edgenode.cli import _service
from edgenode.config import Config
from edgenode.errors import ConfigError
from edgenode.handover import Record
from edgenode.supervisor import UNREADABLE
from edgenode.systemd import Notifier

HELP = "run the process with the devices"

TURN_S = 1.0
DRAIN_S = 3.0
FINISH_S = 30.0

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run until stopped."""
    _service.begin(args)
    config = configuration.read(args.config, secrets=False)
    hardening.confine(internet=False)
    return Command(args.config, config, args.socket or Path(config.handover.socket)).run()


class Command:
    """One run of ``edgenode sense``: the service, its sender, and what systemd wants to know."""

    def __init__(self, path: Path, config: Config, socket: Path) -> None:
        from edgenode.handover.backlog import Backlog
        from edgenode.handover.sender import Sender

        self._path = path
        self._config = config
        self._backlog = Backlog(config.handover.findings)
        self._sender = Sender(socket, self._backlog)
        self._notifier = Notifier()
        self._signals = _service.Signals()
        self._wake = self._signals.wake
        self._turns = 0
        self._status = ""

    def run(self) -> int:
        """Run until stopped, all recordings have ended (0, 3) or a thread has crashed (1)."""
        self._sender.start()
        self._begin(self._config)
        self._notifier.ready(self._status)
        watchdog = _service.Watchdog(self._notifier, self._advanced)
        try:
            while not self._signals.stopping.is_set():
                self._turn()
                watchdog.turn()
                if self._sense.crashed or not self._sender.alive:
                    return 1
                if self._sense.finished:
                    return self._finish()
                self._wake.wait(TURN_S)
            return 0
        finally:
            self._end()

    def _begin(self, config: Config) -> None:
        from edgenode.catalogue.store import Store
        from edgenode.sense.plan import plan
        from edgenode.sense.service import Sense

        self._sense = Sense(
            plan(config),
            Store.at(config.models.store),
            self._offer,
            config.models.folders,
            self._wake,
        )
        self._backlog.announce(self._sense.inventory())
        self._sense.start()
        self._report()

    def _offer(self, record: Record) -> None:
        self._backlog.add(record, clock.offset())

    def _turn(self) -> None:
        self._wake.clear()
        if self._signals.reload:
            self._signals.reload = False
            self._reload()
        self._report()
        self._notifier.status(self._status)

    def _report(self) -> None:
        from edgenode.sense.service import summary

        vitals = self._sense.vitals()
        self._backlog.report(vitals)
        uplink = "here" if self._sender.connected else "away"
        self._status = f"{summary(vitals)}; uplink {uplink}, {len(self._backlog)} waiting"

    def _reload(self) -> None:
        self._notifier.reloading()
        try:
            config = _flawless(self._path)
        except ConfigError as error:
            _service.refuse(error)
        else:
            if config.handover != self._config.handover:
                log.warning("the table [handover] has changed: restart sense for that")
            self._halt()
            self._begin(config)
            self._config = config
            log.info("configuration %s in force", config.digest)
        self._notifier.ready(self._status)

    def _finish(self) -> int:
        log.info("all recordings have ended")
        self._report()
        until = time.monotonic() + FINISH_S
        while not self._backlog.drain(TURN_S, kept=True):
            if self._signals.stopping.is_set() or time.monotonic() > until:
                log.warning("%d findings were not published in time", len(self._backlog))
                break
        return 0 if self._sense.flawless else UNREADABLE

    def _end(self) -> None:
        self._notifier.stopping()
        self._halt()
        self._report()
        self._backlog.drain(DRAIN_S)
        self._sender.stop()

    def _halt(self) -> None:
        if not self._sense.stop():
            log.error("a thread does not end; it is left behind")

    def _advanced(self) -> bool:
        if self._sender.progress.count == self._turns or not self._sense.advanced():
            return False
        self._turns = self._sender.progress.count
        return True


def _flawless(path: Path) -> Config:
    """Return the configuration; raise ``ConfigError`` even for what only a plugin minds."""
    from edgenode.sense.plan import plan

    config, faults = configuration.examine(path, secrets=False)
    faults += [config.line(fault) for fault in plan(config).faults()]
    if faults:
        raise ConfigError(faults)
    return config
