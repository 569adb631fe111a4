"""Watch a whole node at work: recordings in place of camera and microphone, findings over MQTT.

Pulls the models and recordings it needs, runs a broker of its own unless --url names one, and says
at the end how much the node has seen and how little it has published. Exit status: 0 every plugin
that could run has found something, 1 not so.
"""

import argparse
import contextlib
import logging
import sys
import tempfile
from pathlib import Path

import msgspec

from edgenode.catalogue.pin import Pin
from edgenode.catalogue.store import Store
from edgenode.cli import _service, _show
from edgenode.cli._lines import amounts, size
from edgenode.cli.bar import Bar
from edgenode.cli.watch import as_options, settings
from edgenode.config import Mqtt
from edgenode.demo.stage import Stage
from edgenode.demo.supplies import Supplies, gather
from edgenode.demo.tally import Sums
from edgenode.errors import BrokerError

HELP = "watch a whole node at work on recordings"

LOG_LINES = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--seconds", type=_service.seconds, metavar="N", help="end after so long")
    parser.add_argument("--json", action="store_true", help="one JSON object per message, then one")
    parser.add_argument("--url", help="a broker; default: one inside this process")
    parser.add_argument("--mirror", metavar="DIR|URL", help="where to take models and media from")
    parser.add_argument("--store", type=Path, metavar="DIR", help="where pulled files are kept")


def run(args: argparse.Namespace) -> int:
    """Gather, play, tell."""
    supplies = _gather(args)
    if supplies.faults:
        _tell_absent(supplies)
    if not supplies.parts:
        return 1
    stopping = _service.Signals().stopping
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
            _tell(result)
        return 1 if _failed(stage, result) else 0


def _gather(args: argparse.Namespace) -> Supplies:
    # With urllib in it, and only wanted here: other commands start sooner without.
    from edgenode.catalogue.origin import origin

    with contextlib.ExitStack() as bars:

        def begin(pin: Pin) -> Bar:
            bars.close()
            bar = Bar(pin.name, sys.stderr)
            bars.callback(bar.erase)
            bar(0, pin.size)
            return bar

        return gather(Store.at(args.store), origin(args.mirror), begin)


def _tell_absent(supplies: Supplies) -> None:
    print("edgenode: could not get:", *supplies.faults, sep="\n  ", file=sys.stderr)
    if supplies.absent:
        print(f"edgenode: cannot run: {', '.join(supplies.absent)}", file=sys.stderr)
    print(
        "Put these files into a folder, anywhere under it, and name the folder: "
        "`make demo MIRROR=DIR` or `edgenode demo --mirror DIR`.",
        file=sys.stderr,
    )


def _mqtt(url: str | None, stack: contextlib.ExitStack) -> Mqtt:
    """Return where to publish: the broker that is asked for, else one of our own."""
    if url is not None:
        return settings({"url": url})
    from edgenode.demo.broker import PROTOCOL, Broker

    return Mqtt(url=stack.enter_context(Broker()).url, protocol=PROTOCOL)


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


def _tell(result: Sums) -> None:
    print(f"\nIn {result.seconds:.0f} seconds the plugins have")
    print(f"    seen       {size(result.seen_bytes):>9} of pictures and sound, and")
    print(f"    published  {size(result.published_bytes):>9} of findings and health over MQTT:")
    if result.ratio:
        print(f"one byte of {result.ratio:.0f}. No picture and no sound left the node.\n")
    for name, plugin in result.plugins.items():
        found = amounts(plugin.labels) or plugin.error or "nothing"
        print(f"    {name:<10} {plugin.findings:>4} findings: {found}")


def _failed(stage: Stage, result: Sums) -> bool:
    """Return whether the demo has failed, and why on stderr."""
    if stage.ended:
        print("edgenode: the node ended by itself; its log ends with:", file=sys.stderr)
    elif result.silent:
        silent = ", ".join(result.silent)
        print(f"edgenode: nothing found by {silent}; the node's log ends with:", file=sys.stderr)
    else:
        return False
    lines = stage.log.read_text("utf-8", "replace").splitlines()
    print(*lines[-LOG_LINES:], sep="\n", file=sys.stderr)
    return True
