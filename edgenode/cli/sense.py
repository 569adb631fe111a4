"""Run the process with the devices: sources and plugins. It needs no network.

Exit status: 0 stopped, or all recordings have ended; 1 failed; 2 wrong configuration; 3 all
recordings have ended, but some could not be read; 4 they have ended, but a plugin could not run.
"""

import argparse
import faulthandler

from edgenode import config as configuration
from edgenode import hardening
from edgenode.cli import _service
from edgenode.service import Signals, serve
from edgenode.status import StatusFile

HELP = "run the process with the devices"

STDERR = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run until stopped; return the exit status."""
    _service.begin(args, "sense")
    config = configuration.read(args.config, secrets=False)
    # Drivers and the TFLite runtime are native: a crash in them tells in which thread it was.
    faulthandler.enable(STDERR)
    # Before there is a second thread: Landlock confines only this thread and those that it
    # starts later.
    hardening.confine(internet=False)
    # Imported here: `edgenode --help` must not load numpy.
    from edgenode.sense.process import SenseProcess

    signals = Signals()
    process = SenseProcess(
        args.config, config, signals, socket=args.socket, supervised=bool(args.parent)
    )
    return serve(process, signals, StatusFile("sense", args.config))
