"""Print a JSON Schema (2020-12): of the configuration, for editors, or of every MQTT message."""

import argparse
import json

from edgenode import messages
from edgenode.sense import schema

HELP = "print the JSON Schema of the configuration or of the messages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("of", choices=["config", "messages"], help="what the schema describes")


def run(args: argparse.Namespace) -> int:
    """Print the schema. That of the configuration includes every plugin that is installed."""
    made = schema.of_config() if args.of == "config" else messages.schema()
    print(json.dumps(made, indent=2, ensure_ascii=False))
    return 0
