"""The service ``edgenode uplink``: an uplink as configured, replaced by another on a reload."""

import logging
from pathlib import Path

import msgspec

from edgenode import config as configuration
from edgenode.config import Config
from edgenode.errors import BrokerError, ConfigError
from edgenode.exits import Exit
from edgenode.handover.protocol import Answer, Command, Request
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
from edgenode.service import Signals
from edgenode.uplink.uplink import Uplink

log = logging.getLogger(__name__)


class UplinkProcess:
    """The uplink and the configuration in force; see ``service.Service``. For the main thread.

    A reload is for both processes. The uplink checks its part, has sense check and apply the other
    part, and then applies its own. If either refuses, neither applies anything.

    Attributes:
        refused: why the last reload was refused, one line each; empty if it was not.
    """

    def __init__(
        self,
        path: Path,
        signals: Signals,
        *,
        socket: Path | None = None,
        sense_user: str | None = None,
        patience: Patience = Patience(),  # noqa: B008 frozen value
    ) -> None:
        self._path = path
        self._patience = patience
        given = {"socket": socket and str(socket), "sense_user": sense_user}
        self._given = {name: value for name, value in given.items() if value is not None}
        self._requests = Requests(signals.wake.set)
        self._config = self._read()
        self._uplink = self._made(self._config)
        self.refused: list[str] = []

    def start(self) -> None:
        """Start the uplink's threads. Raise ``ConfigError`` if the socket cannot be made."""
        self._uplink.start()

    def turn(self) -> Exit | None:
        """Act on the commands of sense; return an exit status if a thread has died."""
        while (request := self._requests.take()) is not None:
            self._act(request)
        return None if self._uplink.alive else Exit.FAILED

    def reload(self, command: Command | None = None) -> list[str]:
        """Read and apply the configuration; return why it is refused, empty if it is applied.

        *command*: of sense, if it asks for this. It is answered before the connection on which it
        came ends with the uplink.
        """
        config, uplink = self._config, None
        try:
            config, uplink = self._wanted()
            self.refused = self._ask_sense(ask_to(RELOAD, config.digest))
        except ConfigError as error:
            # All faults at once, also those that only sense can find; some are found by both.
            self.refused = list(dict.fromkeys([*error.faults, *self._ask_sense(ask_to(CHECK))]))
        if command is not None:
            self._uplink.request(answer(command, self.refused))
        if not self.refused:
            self._apply(config, uplink)
        self._uplink.config_error("; ".join(self.refused))
        return self.refused

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""
        return self._uplink.stuck()

    def mark(self) -> None:
        """Remember how far the threads have advanced."""
        self._uplink.mark()

    def status(self) -> str:
        """Return one line for people."""
        return self._uplink.status()

    def unwell(self) -> list[str]:
        """Return which connection is missing, and whether the broker refuses messages."""
        return self._uplink.unwell()

    def stop(self) -> None:
        """Publish what waits as far as time allows, and end the threads."""
        self._uplink.stop()

    def _act(self, request: Request) -> None:
        match request:
            case Command(name=name) if name == RELOAD:
                self.reload(request)
            case Command():
                self._uplink.request(answer_unknown(request))
            case Answer():
                log.debug("an answer that came too late: %s", request.id)

    def _ask_sense(self, command: Command) -> list[str]:
        """Have sense check or apply the configuration; return what is wrong with it."""
        uplink = self._uplink
        sense = OtherProcess(
            "sense", self._requests, lambda: uplink.sense_connected, uplink.request, self._patience
        )
        # A sense that is away reads the files when it starts.
        return sense.ask(command) or []

    def _wanted(self) -> tuple[Config, Uplink | None]:
        """Return the configuration in the files, and an uplink for it if another is needed."""
        config = self._read()
        if config.handover != self._config.handover:
            log.warning("the table [handover] has changed: restart both processes for that")
            config = msgspec.structs.replace(config, handover=self._config.handover)
        changed = _uplinks(config) != _uplinks(self._config)
        return config, self._made(config) if changed else None

    def _apply(self, config: Config, uplink: Uplink | None) -> None:
        if uplink is not None:
            self._replace(uplink)
        self._config = config
        log.info("configuration %s in force", config.digest)

    def _read(self) -> Config:
        config = configuration.read(self._path)
        for line in config.ignored:
            log.info("%s", line)
        handover = msgspec.structs.replace(config.handover, **self._given)
        return msgspec.structs.replace(config, handover=handover)

    def _made(self, config: Config) -> Uplink:
        try:
            return Uplink(config, requested=self._requests.put)
        except BrokerError as error:
            raise ConfigError([f"mqtt.url = {config.mqtt.url!r}: {error}"]) from error

    def _replace(self, uplink: Uplink) -> None:
        """Stop the uplink and start *uplink*; sense sends again what was not published.

        What an earlier run of sense has sent is lost if the broker is away.
        """
        self._uplink.stop()
        self._uplink = uplink
        try:
            self._uplink.start()
        except ConfigError as error:
            # The old thread still holds the socket: a new process can have it, so it is no fault
            # of the configuration, which would be final.
            raise BrokerError(f"the uplink cannot be replaced: {error}") from error


def _uplinks(config: Config) -> tuple[object, ...]:
    """Return the tables that a reload of the uplink applies."""
    return (config.node, config.mqtt, config.outbox, config.health)
