"""Run the process with the network: findings from sense to the broker. It needs no device.

Exit status: 0 stopped, 1 failed, 2 wrong configuration.
"""

import argparse
import logging
from pathlib import Path

import msgspec

from edgenode import config as configuration
from edgenode import hardening
from edgenode.cli import _service
from edgenode.config import Config
from edgenode.errors import BrokerError, ConfigError
from edgenode.systemd import Notifier
from edgenode.uplink.service import Uplink

HELP = "run the process with the network"

TURN_S = 1.0

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)
    parser.add_argument("--sense-user", metavar="NAME", help="whom alone the socket lets in")


def run(args: argparse.Namespace) -> int:
    """Run until stopped."""
    _service.begin(args)
    return Command(args.config, args.socket).run()


class Command:
    """One run of ``edgenode uplink``: the service, and what systemd wants to know of it."""

    def __init__(self, path: Path, socket: Path | None) -> None:
        self._path = path
        self._socket = socket
        self._notifier = Notifier()
        self._config = self._read()
        # Before the secrets are read, and before there is another thread.
        hardening.confine(internet=True)
        self._uplink = _made(self._config)
        self._signals = _service.Signals()
        self._wake = self._signals.wake

    def run(self) -> int:
        """Run until stopped (0) or until a thread has died (1)."""
        self._uplink.start()
        self._notifier.ready(self._uplink.status())
        watchdog = _service.Watchdog(self._notifier, self._advanced)
        try:
            while not self._signals.stopping.is_set():
                if not self._uplink.alive:
                    return 1
                self._wake.wait(TURN_S)
                self._wake.clear()
                if self._signals.reload:
                    self._signals.reload = False
                    self._reload()
                watchdog.turn()
                self._notifier.status(self._uplink.status())
            return 0
        finally:
            self._notifier.stopping()
            self._uplink.stop()

    def _advanced(self) -> bool:
        stuck = self._uplink.stuck()
        if not stuck:
            self._uplink.mark()
        return not stuck and self._uplink.alive

    def _read(self) -> Config:
        config = configuration.read(self._path)
        if self._socket is None:
            return config
        handover = msgspec.structs.replace(config.handover, socket=str(self._socket))
        return msgspec.structs.replace(config, handover=handover)

    def _reload(self) -> None:
        self._notifier.reloading()
        try:
            config = self._read()
            if _uplinks(config) != _uplinks(self._config):
                self._replace(_made(config))
        except ConfigError as error:
            _service.refuse(error)
        else:
            self._config = config
            log.info("configuration %s in force", config.digest)
        self._notifier.ready(self._uplink.status())

    def _replace(self, uplink: Uplink) -> None:
        """Let *uplink* take over; sense offers it again what the old one could not settle.

        Raise ``ConfigError`` where it cannot listen; one as before has taken over then.
        """
        self._uplink.stop()
        self._uplink = uplink
        try:
            self._uplink.start()
        except ConfigError:
            self._uplink = _made(self._config)
            self._uplink.start()
            raise


def _made(config: Config) -> Uplink:
    try:
        return Uplink(config)
    except BrokerError as error:
        raise ConfigError([f"mqtt.url = {config.mqtt.url!r}: {error}"]) from error


def _uplinks(config: Config) -> tuple[object, ...]:
    """Return the tables that concern the uplink."""
    return (config.node, config.mqtt, config.outbox, config.handover, config.health)
