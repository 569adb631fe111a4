"""Run the process with the network: findings from sense to the broker. It needs no device.

Exit status: 0 stopped, 1 failed, 2 wrong configuration.
"""

import argparse

from edgenode.cli import _service
from edgenode.service import Signals, serve
from edgenode.uplink.process import UplinkProcess

HELP = "run the process with the network"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run until stopped."""
    _service.begin(args)
    process = UplinkProcess(args.config, args.socket)
    return serve(process, Signals())
