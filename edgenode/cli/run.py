"""Run a whole node in the foreground: sense and uplink as two processes, supervised.

Ctrl-C stops it; SIGHUP to this process (`kill -HUP PID`) has both apply a changed configuration.

It is for a laptop, a container or a first try. On a node systemd runs the two as services. Exit
status: 0 stopped, or all recordings have ended; 1 failed; 2 wrong configuration; 3 all recordings
have ended, but some could not be read; 4 they have ended, but a plugin could not run.
"""

import argparse
import logging
import os
import time
from pathlib import Path

from edgenode import config as configuration
from edgenode import hardening, status
from edgenode.cli import _scratch, _service
from edgenode.config import Handover
from edgenode.config.faults import NOTHING_TO_RUN
from edgenode.errors import ConfigError
from edgenode.paths import LONGEST_SOCKET
from edgenode.service import Signals
from edgenode.supervisor import Node
from edgenode.systemd import Notifier

HELP = "run a whole node in the foreground"

log = logging.getLogger(__name__)

SOON_S, PERIOD_S = 10.0, 300.0
"""How often the log says how the node is: when that has changed, and when it has not."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run until stopped; return the exit status."""
    _service.begin(args, "run")
    config = configuration.read(args.config)
    if not config.plugins:
        raise ConfigError([f"{args.config}: plugins: {NOTHING_TO_RUN}"])
    hardening.protect()
    _log_isolation()
    with _scratch.scratch(_scratch.RUN) as folder:
        socket = args.socket or _socket(config.handover.socket, folder)
        node = Node(args.config, socket, runtime=folder)
        signals = Signals()
        notifier = Notifier()
        notifier.ready("running")
        ended = node.run(signals.stopping, signals.reload, _Log(folder).turn)
        notifier.stopping()
        log.info("ended with status %d", ended)
        return ended


class _Log:
    """Says now and then how the node is, by what its processes wrote into *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = time.monotonic() + SOON_S
        self._state = ""
        self._again = 0.0

    def turn(self) -> None:
        """Log a line if it is time for one; a few seconds after a change it is."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + SOON_S
        said = [one for role in status.ROLES if (one := status.read(self._folder / role, role))]
        found = status.of_node(said, now)
        state = "; ".join([found.state, *found.reasons])
        if state == self._state and now < self._again:
            return
        self._state, self._again = state, now + PERIOD_S
        lines = [f"{role}: {one.line}" for role, one in found.processes.items()]
        log.info("%s", state if found.reasons else "; ".join([state, *lines]))


def _log_isolation() -> None:
    if os.geteuid() == 0:
        log.warning("run as root: nothing keeps sense from the uplink and from the network")
    else:
        log.info(
            "sense and uplink are one user here: sense makes no internet socket and takes nothing "
            "from the uplink's memory; this user's files, the broker's password among them, and "
            "other programs are not kept from it: the systemd units do that"
        )


def _socket(configured: str, private: Path) -> Path:
    """Return the configured socket; for that of the services, which may be in use, another."""
    if configured != Handover().socket:
        return Path(configured)
    own = private / "handover.sock"
    if len(os.fsencode(own)) > LONGEST_SOCKET:
        cure = f"a socket has at most {LONGEST_SOCKET} bytes; name a shorter one: TMPDIR=FOLDER"
        raise ConfigError([f"temporary folder {str(private)!r} is too long: {cure}"])
    return own
