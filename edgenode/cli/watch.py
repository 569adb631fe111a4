"""Watch the messages of all nodes of a broker: a live table, or lines without a terminal.

Exit status: 0 ended by --seconds or Ctrl-C, 1 the broker cannot be reached or refuses us.
"""

import argparse
import logging
import time

from edgenode.backend.board import Board
from edgenode.backend.subscriber import Subscriber
from edgenode.cli import _service, _show
from edgenode.config import Mqtt
from edgenode.config.convert import convert
from edgenode.errors import BrokerError, ConfigError

HELP = "watch what all nodes of a broker say"

POLL_S = 0.25
OPTIONS = ("url", "prefix", "username", "password_file", "ca_file")
"""Keys of ``[mqtt]`` that are options of the command."""

UNDECODABLE = "messages arrive that are not in the contract; is the node a newer edgenode?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    defaults = Mqtt()
    parser.add_argument("--url", default=defaults.url, help=f"the broker; default {defaults.url}")
    parser.add_argument("--prefix", default=defaults.prefix, help=f"default {defaults.prefix}")
    parser.add_argument("--username", help="at the broker")
    parser.add_argument("--password-file", metavar="FILE", help="file with the password")
    parser.add_argument("--ca-file", metavar="FILE", help="whom to trust (PEM)")
    parser.add_argument("--json", action="store_true", help="one JSON object per message")
    parser.add_argument("--seconds", type=_service.seconds, metavar="N", help="end after so long")


def run(args: argparse.Namespace) -> int:
    """Watch until ``--seconds`` are over or Ctrl-C; return 0."""
    # The view shows the same troubles that the client logs: keep the log off the terminal.
    logging.getLogger("edgenode").addHandler(logging.NullHandler())
    given = {key: getattr(args, key) for key in OPTIONS}
    mqtt = settings({key: value for key, value in given.items() if value is not None})
    try:
        _watch(mqtt, args)
    except BrokerError as error:
        raise BrokerError(as_options(str(error))) from error
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


def settings(given: dict[str, str]) -> Mqtt:
    """Return the settings for options of these names; raise ``ConfigError`` if one is wrong."""
    mqtt, faults = convert(given, Mqtt)
    if mqtt is None:
        raise ConfigError([as_options(f"mqtt.{fault}") for fault in faults])
    return mqtt


def as_options(text: str) -> str:
    """Return *text* with the names of the options instead of the configuration's keys."""
    for key in OPTIONS:
        text = text.replace(f"mqtt.{key}", f"--{key.replace('_', '-')}")
    if "cannot be reached" in text:
        text += "; start a broker there, or name another with --url"
    return text
