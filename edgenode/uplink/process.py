"""The service ``edgenode uplink``: an uplink as configured, replaced by another on a reload."""

import logging
import time
from pathlib import Path

import msgspec

from edgenode import config as configuration
from edgenode.config import Config
from edgenode.errors import BrokerError, ConfigError
from edgenode.exits import Exit
from edgenode.handover import Answer, Command, Request
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
from edgenode.service import Signals
from edgenode.uplink.uplink import Uplink

log = logging.getLogger(__name__)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long the process waits for sense, in seconds.

    Attributes:
        return_s: for a sense that is not connected, before a reload leaves it out: it may only
            have lost an uplink that was just replaced.
        agree_s: until sense has answered.
        turn_s: between two looks whether sense is still connected.
    """

    return_s: float = 2.0
    agree_s: float = 30.0
    turn_s: float = 0.5


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

    def reload(self) -> list[str]:
        """Read and apply the configuration; return why it is refused, empty if it is applied."""
        self.refused = self._reload()
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

    def stop(self) -> None:
        """Publish what waits as far as time allows, and end the threads."""
        self._uplink.stop()

    def _act(self, request: Request) -> None:
        match request:
            case Command(name=name) if name == RELOAD:
                self._uplink.request(answer(request, self.reload()))
            case Command():
                self._uplink.request(answer_unknown(request))
            case Answer():
                log.debug("an answer that came too late: %s", request.id)

    def _reload(self) -> list[str]:
        try:
            config = self._read()
            if config.handover != self._config.handover:
                log.warning("the table [handover] has changed: restart both processes for that")
                config = msgspec.structs.replace(config, handover=self._config.handover)
            changed = _uplinks(config) != _uplinks(self._config)
            uplink = self._made(config) if changed else None
        except ConfigError as error:
            # All faults at once, also those that only sense can find; some are found by both.
            return list(dict.fromkeys([*error.faults, *self._ask_sense(ask_to(CHECK))]))
        if faults := self._ask_sense(ask_to(RELOAD, config.digest)):
            return faults
        if uplink is not None:
            self._replace(uplink)
        self._config = config
        log.info("configuration %s in force", config.digest)
        return []

    def _ask_sense(self, command: Command) -> list[str]:
        """Have sense check or apply the configuration; return what is wrong with it."""
        waited_for(lambda: self._uplink.sense_connected, self._patience.return_s)
        if not self._uplink.request(command):
            # A sense that is not connected reads the configuration when it starts.
            return []
        later: list[Request] = []
        faults = self._await_answer(command, later)
        # Other requests of sense that arrived meanwhile are acted on in the next turn.
        for request in later:
            self._requests.put(request)
        return faults

    def _await_answer(self, command: Command, later: list[Request]) -> list[str]:
        until = time.monotonic() + self._patience.agree_s
        while time.monotonic() < until:
            request = self._requests.take(self._patience.turn_s)
            if isinstance(request, Answer) and request.id == command.id:
                return faults_of(request)
            if request is not None:
                later.append(request)
            elif not self._uplink.sense_connected:
                return []
        return [f"sense does not answer for {self._patience.agree_s:g} s: see its log"]

    def _read(self) -> Config:
        config = configuration.read(self._path)
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
