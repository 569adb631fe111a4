"""The run of ``edgenode uplink``: the service the configuration asks for, replaced on reload."""

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
        return_s: for one that is away, before it is left out of a reload: it has merely lost an
            uplink that was just replaced.
        agree_s: for sense to agree to a configuration.
    """

    return_s: float = 2.0
    agree_s: float = 30.0
    turn_s: float = 0.5


class UplinkProcess:
    """The uplink and the configuration in force; see ``service.Service``.

    A reload is one for both processes: the uplink checks its part, has sense check and apply its
    own, and only then applies its part. What either refuses, neither applies.

    Attributes:
        refused: why the configuration that was to follow is not in force; empty where none was.
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
        """Begin."""
        self._uplink.start()

    def turn(self) -> Exit | None:
        """Act on what sense asks; return the end where a thread has died."""
        while (request := self._requests.take()) is not None:
            self._act(request)
        return None if self._uplink.alive else Exit.FAILED

    def reload(self) -> list[str]:
        """Apply the configuration as it is now; return why neither process applies it."""
        self.refused = self._reload()
        self._uplink.config_error("; ".join(self.refused))
        return self.refused

    def stuck(self) -> list[str]:
        """Return the names of the threads that have not advanced since ``mark``."""
        return self._uplink.stuck()

    def mark(self) -> None:
        """Remember how far the threads are."""
        self._uplink.mark()

    def status(self) -> str:
        """Return one line for people."""
        return self._uplink.status()

    def stop(self) -> None:
        """End."""
        self._uplink.stop()

    def _act(self, request: Request) -> None:
        match request:
            case Command(name=name) if name == RELOAD:
                self._uplink.request(answer(request, self.reload()))
            case Command():
                self._uplink.request(answer_unknown(request))
            case Answer():
                log.debug("an answer that nobody waits for any more: %s", request.id)

    def _reload(self) -> list[str]:
        try:
            config = self._read()
            if config.handover != self._config.handover:
                log.warning("the table [handover] has changed: restart both processes for that")
                config = msgspec.structs.replace(config, handover=self._config.handover)
            changed = _uplinks(config) != _uplinks(self._config)
            uplink = self._made(config) if changed else None
        except ConfigError as error:
            # All that is wrong at once, what only sense can tell as well.
            return list(dict.fromkeys([*error.faults, *self._ask_sense(ask_to(CHECK))]))
        if faults := self._ask_sense(ask_to(RELOAD, config.digest)):
            return faults
        if uplink is not None:
            self._replace(uplink)
        self._config = config
        log.info("configuration %s in force", config.digest)
        return []

    def _ask_sense(self, command: Command) -> list[str]:
        """Have sense check or apply the configuration; return what is wrong with it.

        A sense that stays away reads it when it starts.
        """
        waited_for(lambda: self._uplink.sense_connected, self._patience.return_s)
        if not self._uplink.request(command):
            return []
        later: list[Request] = []
        faults = self._await_answer(command, later)
        # What else sense has asked meanwhile is acted on in the next turn.
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
        """Let *uplink* take over; sense sends it again what the old one could not publish."""
        self._uplink.stop()
        self._uplink = uplink
        self._uplink.start()


def _uplinks(config: Config) -> tuple[object, ...]:
    """Return the tables that a reload of the uplink applies."""
    return (config.node, config.mqtt, config.outbox, config.health)
