"""The run of ``edgenode uplink``: the service the configuration asks for, replaced on reload."""

import logging
from pathlib import Path

import msgspec

from edgenode import config as configuration
from edgenode.config import Config
from edgenode.errors import BrokerError, ConfigError
from edgenode.exits import Exit
from edgenode.uplink.service import Uplink

log = logging.getLogger(__name__)


class UplinkProcess:
    """The uplink and the configuration in force; see ``service.Service``."""

    def __init__(self, path: Path, socket: Path | None) -> None:
        self._path = path
        self._socket = socket
        self._config = self._read()
        self._uplink = _made(self._config)

    def start(self) -> None:
        """Begin."""
        self._uplink.start()

    def turn(self) -> Exit | None:
        """Return the end where a thread has died."""
        return None if self._uplink.alive else Exit.FAILED

    def reload(self) -> list[str]:
        """Apply the configuration as it is now; return why nothing of it is applied."""
        try:
            config = self._read()
            if _uplinks(config) != _uplinks(self._config):
                self._replace(_made(config))
        except ConfigError as error:
            return error.faults
        self._config = config
        log.info("configuration %s in force", config.digest)
        return []

    def stuck(self) -> list[str]:
        """Return the uplink's name if it has not advanced since this was last asked."""
        return [] if self._uplink.advanced() else ["uplink"]

    def mark(self) -> None:
        """Nothing: the uplink remembers for itself when it is asked."""

    def status(self) -> str:
        """Return one line for people."""
        return self._uplink.status()

    def stop(self) -> None:
        """End."""
        self._uplink.stop()

    def _read(self) -> Config:
        config = configuration.read(self._path)
        if self._socket is None:
            return config
        handover = msgspec.structs.replace(config.handover, socket=str(self._socket))
        return msgspec.structs.replace(config, handover=handover)

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
