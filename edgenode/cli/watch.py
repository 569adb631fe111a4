"""Watch the messages of all nodes of a broker: a live table, or lines without a terminal.

Exit status: 0 ended by --seconds or Ctrl-C, 1 the broker cannot be reached or refuses us.
"""

import argparse
import logging
import time
from collections.abc import Collection
from pathlib import Path

import msgspec

from edgenode import config
from edgenode.backend.board import Board
from edgenode.backend.subscriber import Subscriber
from edgenode.cli import _service, _show
from edgenode.config import Mqtt
from edgenode.config.convert import convert
from edgenode.config.reading import broker_faults
from edgenode.errors import BrokerError, ConfigError

HELP = "watch what all nodes of a broker say"

POLL_S = 0.25
OPTIONS = ("url", "prefix", "username", "password_file", "ca_file", "cert_file", "key_file")
"""Keys of ``[mqtt]`` that are options of the command."""

UNDECODABLE = "messages arrive that are not in the contract; is the node a newer edgenode?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    defaults = Mqtt()
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="take [mqtt] from this node's configuration"
    )
    parser.add_argument("--url", help=f"the broker; default {defaults.url}")
    parser.add_argument("--prefix", help=f"of the topics; default {defaults.prefix}")
    parser.add_argument("--username", help="at the broker")
    parser.add_argument("--password-file", metavar="FILE", help="file with the password")
    parser.add_argument("--ca-file", metavar="FILE", help="whom to trust (PEM)")
    parser.add_argument("--cert-file", metavar="FILE", help="our certificate (PEM)")
    parser.add_argument("--key-file", metavar="FILE", help="its key (PEM)")
    parser.add_argument("--json", action="store_true", help="one JSON object per message")
    parser.add_argument("--seconds", type=_service.seconds, metavar="N", help="end after so long")


def run(args: argparse.Namespace) -> int:
    """Watch until ``--seconds`` are over or Ctrl-C; return 0."""
    # The view shows the same troubles that the client logs: keep the log off the terminal.
    logging.getLogger("edgenode").addHandler(logging.NullHandler())
    given = {key: getattr(args, key) for key in OPTIONS if getattr(args, key) is not None}
    mqtt = settings(given, args.config)
    try:
        _watch(mqtt, args)
    except BrokerError as error:
        # Beside a file only what was given as an option is one.
        raise BrokerError(as_options(str(error), given if args.config else OPTIONS)) from error
    except KeyboardInterrupt:
        pass
    return 0


def _watch(mqtt: Mqtt, args: argparse.Namespace) -> None:
    ends = time.monotonic() + (args.seconds or float("inf"))
    board = Board()
    title = f"edgenode watch {mqtt.url} {mqtt.prefix}"
    with Subscriber(mqtt) as subscriber, _show.view(title, as_json=args.json) as show:
        while (left := ends - time.monotonic()) > 0:
            arrival = subscriber.take(min(POLL_S, left))
            if arrival is not None:
                board.add(arrival)
            show(
                arrival, board, subscriber.trouble or (subscriber.undecodable and UNDECODABLE) or ""
            )


def settings(given: dict[str, str], file: Path | None = None) -> Mqtt:
    """Return the settings of *file* and, before them, those *given* by the names of the options.

    Raise ``ConfigError`` if one is wrong.
    """
    base = config.read(file, secrets=False).mqtt if file else Mqtt()
    mqtt, faults = convert(given, Mqtt)
    if mqtt is not None:
        chosen = {key: getattr(mqtt, key) for key in given}
        mqtt = msgspec.structs.replace(base, **chosen)
        faults = broker_faults(mqtt, secrets=True)
    if mqtt is None or faults:
        lines = [str(fault if fault.key[0] == "mqtt" else f"mqtt.{fault}") for fault in faults]
        raise ConfigError([as_options(line, given if file else OPTIONS) for line in lines])
    return mqtt


def as_options(text: str, options: Collection[str] = OPTIONS) -> str:
    """Return *text* with the names of the *options* instead of the configuration's keys."""
    for key in options:
        text = text.replace(f"mqtt.{key}", f"--{key.replace('_', '-')}")
    if "cannot be reached" in text:
        text += "; start a broker there, or name another with --url"
    return text
