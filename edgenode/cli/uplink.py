"""Run the process with the network: findings from sense to the broker. It needs no device.

Exit status: 0 stopped, 1 failed, 2 wrong configuration.
"""

import argparse

from edgenode import config as configuration
from edgenode import hardening
from edgenode.cli import _service
from edgenode.service import Signals, serve
from edgenode.status import StatusFile
from edgenode.uplink.process import UplinkProcess

HELP = "run the process with the network"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)
    parser.add_argument(
        "--sense-user",
        metavar="NAME",
        help="the only user whose sense is let in; default: handover.sense_user",
    )


def run(args: argparse.Namespace) -> int:
    """Run until stopped; return the exit status."""
    _service.begin(args, "uplink")
    # First: a wrong configuration ends the command before anything of this process is changed.
    configuration.read(args.config)
    # Before the secrets are read, and before there is a second thread: see `confine`.
    hardening.confine(internet=True)
    signals = Signals()
    process = UplinkProcess(args.config, signals, socket=args.socket, sense_user=args.sense_user)
    return serve(process, signals, StatusFile("uplink", args.config))
