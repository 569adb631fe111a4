"""Watch a whole node at work: recordings in place of camera and microphone, findings over MQTT.

Replays a rendered scene once, with models that come with edgenode. At the end it prints how much
the node has seen, how little it has published, and how many findings were right. It runs a broker
of its own unless --url names one. Exit status: 0 all was played, or as much as was asked for, and
every plugin has found something (with --source and --scene this is not required); 1 failed; 2 wrong
use.
"""

import argparse
import contextlib
import dataclasses
import logging
import signal
import sys
import threading
from pathlib import Path

import msgspec

from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.cli import _scratch, _service, _show, _totals
from edgenode.cli.bar import Bar
from edgenode.cli.watch import as_options, settings
from edgenode.config import Mqtt
from edgenode.demo import scenario
from edgenode.demo.fetch import Fetched, Fetcher
from edgenode.demo.runner import Runner
from edgenode.demo.totals import Totals
from edgenode.errors import BrokerError
from edgenode.service import Signals

HELP = "watch a whole node at work on recordings"

LOG_LINES = 12
"""How many of the last lines of the node's log are printed after a failure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--models",
        choices=tuple(scenario.MODEL_SETS),
        default="starter",
        help="starter (default): small ones that come with edgenode, on a rendered scene whose "
        "truth is known; coral: real ones, on real recordings, both pulled where they are missing",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--source", type=Path, nargs="+", metavar="FILE", help="your own video, pictures, WAV files"
    )
    what.add_argument(
        "--scene",
        type=Path,
        nargs="?",
        const=scenario.SCENE,
        metavar="DIR",
        help="a scene with its truth, to be scored; without DIR the one that comes with edgenode",
    )
    end = parser.add_mutually_exclusive_group()
    end.add_argument(
        "--seconds",
        type=_service.seconds,
        metavar="N",
        help="end after so long; default: when all was played, real recordings never",
    )
    end.add_argument("--forever", action="store_true", help="begin again at the end, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="one JSON object per message, then one")
    parser.add_argument("--url", help="a broker; default: one inside this process")
    parser.add_argument("--mirror", metavar="DIR|URL", help="where to take models and media from")
    parser.add_argument("--store", type=Path, metavar="DIR", help="where pulled files are kept")


def run(args: argparse.Namespace) -> int:
    """Fetch the files, run the scenario and print the totals; return the exit status."""
    fetched = _fetch(_chosen(args), args)
    if fetched.faults:
        _print_missing(fetched)
    if not fetched.cases:
        return 1
    # Before the broker and the node start: Ctrl-C during their start must end them, too.
    stopping = _stopping()
    with contextlib.ExitStack() as stack:
        mqtt = _mqtt(args.url, stack)
        folder = stack.enter_context(_scratch.scratch("edgenode-demo-"))
        runner = Runner(fetched, mqtt, folder)
        _log_to(runner.log)
        with _show.view(_title(mqtt), as_json=args.json) as show:
            try:
                result = runner.run(show, args.seconds, stopping)
            except BrokerError as error:
                raise BrokerError(as_options(str(error))) from error
        if args.json:
            print(msgspec.json.encode(result).decode(), flush=True)
        else:
            _totals.print_totals(result)
        return 1 if _failed(runner, result, may_be_silent=bool(args.source or args.scene)) else 0


def _chosen(args: argparse.Namespace) -> scenario.Scenario:
    cases = scenario.MODEL_SETS[args.models]
    if args.source:
        chosen = scenario.own_files(cases, args.source)
    elif args.scene:
        chosen = scenario.scene(cases, args.scene)
    else:
        chosen = (
            scenario.real_recordings(cases) if args.models == "coral" else scenario.scene(cases)
        )
    loop = chosen.loop or args.forever or args.seconds is not None
    return dataclasses.replace(chosen, loop=loop)


def _fetch(chosen: scenario.Scenario, args: argparse.Namespace) -> Fetched:
    # Imported here because of urllib, which is slow to import: only this command needs it.
    from edgenode.catalogue.origin import origin

    with contextlib.ExitStack() as bars:

        def begin(pin: Pin) -> Bar:
            # The bar of the file before is finished.
            bars.close()
            bar = Bar(pin.name, sys.stderr)
            bars.callback(bar.erase)
            bar(0, pin.size)
            return bar

        return Fetcher(Store.at(args.store), origin(args.mirror), begin).fetch(chosen)


def _print_missing(fetched: Fetched) -> None:
    print("edgenode: could not get:", *fetched.faults, sep="\n  ", file=sys.stderr)
    if fetched.missing:
        print(f"edgenode: cannot run: {', '.join(fetched.missing)}", file=sys.stderr)
    print(
        "Put these files into a folder, anywhere under it, and name the folder with --mirror "
        "(`make demo MIRROR=DIR`).",
        file=sys.stderr,
    )


def _mqtt(url: str | None, stack: contextlib.ExitStack) -> Mqtt:
    """Return the settings of the broker: the one at *url*, or one that is started here."""
    if url is not None:
        return settings({"url": url})
    from edgenode.demo.broker import PROTOCOL, Broker

    return Mqtt(url=stack.enter_context(Broker()).url, protocol=PROTOCOL)


def _stopping() -> threading.Event:
    """Return an event that Ctrl-C, SIGTERM and SIGHUP (the terminal was closed) set.

    Under nohup SIGHUP is ignored, and stays ignored.
    """
    before = signal.getsignal(signal.SIGHUP)
    stopping = Signals().stopping
    ignored = before is signal.SIG_IGN
    signal.signal(signal.SIGHUP, before if ignored else signal.getsignal(signal.SIGTERM))
    return stopping


def _log_to(path: Path) -> None:
    """Write this process's log into the node's log: on the terminal it would break the table."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s demo: %(message)s"))
    logging.getLogger("edgenode").addHandler(handler)


def _title(mqtt: Mqtt) -> str:
    return (
        f"edgenode demo: recordings in, findings out over MQTT. Ctrl-C ends it.\n"
        f"Elsewhere: edgenode watch --url {mqtt.url}"
    )


def _failed(runner: Runner, result: Totals, *, may_be_silent: bool) -> bool:
    """Return whether the demo has failed; print the reason and the end of the log on stderr."""
    if runner.status:
        print("edgenode: the node ended by itself; its log ends with:", file=sys.stderr)
    elif result.silent and not may_be_silent:
        silent = ", ".join(result.silent)
        print(f"edgenode: nothing found by {silent}; the node's log ends with:", file=sys.stderr)
    else:
        return False
    lines = runner.log.read_text("utf-8", "replace").splitlines()
    print(*lines[-LOG_LINES:], sep="\n", file=sys.stderr)
    return True
