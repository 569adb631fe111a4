"""Run a whole node in the foreground: sense and uplink as two processes, supervised.

Ctrl-C stops it; SIGHUP to this process (`kill -HUP PID`) has both apply a changed configuration.

It is for a laptop, a container or a first try. On a node systemd runs the two as services. Exit
status: 0 stopped, or all recordings have ended; 1 failed; 2 wrong configuration; 3 all recordings
have ended, but some could not be read; 4 they have ended, but a plugin could not run.
"""

import argparse
import logging
import os
import tempfile
from pathlib import Path

from edgenode import config as configuration
from edgenode import hardening
from edgenode.cli import _service
from edgenode.config import Handover
from edgenode.service import Signals
from edgenode.supervisor import Node
from edgenode.systemd import Notifier

HELP = "run a whole node in the foreground"

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run until stopped; return the exit status."""
    _service.begin(args, "run")
    config = configuration.read(args.config)
    hardening.protect()
    _log_isolation()
    with tempfile.TemporaryDirectory(prefix="edgenode-") as folder:
        node = Node(args.config, args.socket or _socket(config.handover.socket, Path(folder)))
        signals = Signals()
        notifier = Notifier()
        notifier.ready("running")
        status = node.run(signals.stopping, signals.reload)
        notifier.stopping()
        log.info("ended with status %d", status)
        return status


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
    return private / "handover.sock" if configured == Handover().socket else Path(configured)
