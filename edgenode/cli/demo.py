"""Watch a whole node at work: recordings in place of camera and microphone, findings over MQTT.

Plays a rendered scene once, on models that come with edgenode, and says at the end how much the
node has seen, how little it has published, and how right that was. Runs a broker of its own unless
--url names one. Exit status: 0 all was played, or as much as was asked for, and every plugin has
found something, which with --source and --scene need not be; 1 not so; 2 wrong use.
"""

import argparse
import contextlib
import dataclasses
import logging
import signal
import sys
import tempfile
import threading
from pathlib import Path

import msgspec

from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.cli import _service, _show, _sums
from edgenode.cli.bar import Bar
from edgenode.cli.watch import as_options, settings
from edgenode.config import Mqtt
from edgenode.demo import play
from edgenode.demo.stage import Stage
from edgenode.demo.supplies import Purveyor, Supplies
from edgenode.demo.tally import Sums
from edgenode.errors import BrokerError
from edgenode.service import Signals

HELP = "watch a whole node at work on recordings"

LOG_LINES = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--models",
        choices=tuple(play.CASTS),
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
        const=play.SCENE,
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
    """Gather, play, tell."""
    supplies = _gather(_chosen(args), args)
    if supplies.faults:
        _tell_absent(supplies)
    if not supplies.parts:
        return 1
    stopping = _stopping()
    with contextlib.ExitStack() as stack:
        mqtt = _mqtt(args.url, stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgenode-demo-")))
        stage = Stage(supplies, mqtt, folder)
        _log_to(stage.log)
        with _show.view(_title(mqtt), as_json=args.json) as show:
            try:
                result = stage.play(show, args.seconds, stopping)
            except BrokerError as error:
                raise BrokerError(as_options(str(error))) from error
        if args.json:
            print(msgspec.json.encode(result).decode(), flush=True)
        else:
            _sums.tell(result)
        return 1 if _failed(stage, result, may_be_silent=bool(args.source or args.scene)) else 0


def _chosen(args: argparse.Namespace) -> play.Play:
    parts = play.CASTS[args.models]
    if args.source:
        chosen = play.own(parts, args.source)
    elif args.scene:
        chosen = play.scene(parts, args.scene)
    else:
        chosen = play.real(parts) if args.models == "coral" else play.scene(parts)
    loop = chosen.loop or args.forever or args.seconds is not None
    return dataclasses.replace(chosen, loop=loop)


def _gather(chosen: play.Play, args: argparse.Namespace) -> Supplies:
    # With urllib in it, and only wanted here: other commands start sooner without.
    from edgenode.catalogue.origin import origin

    with contextlib.ExitStack() as bars:

        def begin(pin: Pin) -> Bar:
            bars.close()
            bar = Bar(pin.name, sys.stderr)
            bars.callback(bar.erase)
            bar(0, pin.size)
            return bar

        return Purveyor(Store.at(args.store), origin(args.mirror), begin).gather(chosen)


def _tell_absent(supplies: Supplies) -> None:
    print("edgenode: could not get:", *supplies.faults, sep="\n  ", file=sys.stderr)
    if supplies.absent:
        print(f"edgenode: cannot run: {', '.join(supplies.absent)}", file=sys.stderr)
    print(
        "Put these files into a folder, anywhere under it, and name the folder with --mirror "
        "(`make demo MIRROR=DIR`).",
        file=sys.stderr,
    )


def _mqtt(url: str | None, stack: contextlib.ExitStack) -> Mqtt:
    """Return where to publish: the broker that is asked for, else one of our own."""
    if url is not None:
        return settings({"url": url})
    from edgenode.demo.broker import PROTOCOL, Broker

    return Mqtt(url=stack.enter_context(Broker()).url, protocol=PROTOCOL)


def _stopping() -> threading.Event:
    """Return what Ctrl-C, SIGTERM and the end of the terminal set; the last not under nohup."""
    before = signal.getsignal(signal.SIGHUP)
    stopping = Signals().stopping
    ignored = before is signal.SIG_IGN
    signal.signal(signal.SIGHUP, before if ignored else signal.getsignal(signal.SIGTERM))
    return stopping


def _log_to(path: Path) -> None:
    """Have our own log go where the node's goes: the table must not be torn."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s demo: %(message)s"))
    logging.getLogger("edgenode").addHandler(handler)


def _title(mqtt: Mqtt) -> str:
    return (
        f"edgenode demo: recordings in, findings out over MQTT. Ctrl-C ends it.\n"
        f"Elsewhere: edgenode watch --url {mqtt.url}"
    )


def _failed(stage: Stage, result: Sums, *, may_be_silent: bool) -> bool:
    """Return whether the demo has failed, and why on stderr."""
    if stage.status:
        print("edgenode: the node ended by itself; its log ends with:", file=sys.stderr)
    elif result.silent and not may_be_silent:
        silent = ", ".join(result.silent)
        print(f"edgenode: nothing found by {silent}; the node's log ends with:", file=sys.stderr)
    else:
        return False
    lines = stage.log.read_text("utf-8", "replace").splitlines()
    print(*lines[-LOG_LINES:], sep="\n", file=sys.stderr)
    return True
