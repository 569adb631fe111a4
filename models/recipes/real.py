"""What every ``python -m recipes.NAME.real`` has in common: its command line, where figures go.

It measures a shipped model on recordings and pictures that are not this repository's to give, so
it is a step of its own: where they are not at hand its figures stay as they are.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgenode.catalogue.store import Store
from recipes import shipping

FIGURES = "real.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where recordings and pictures are, and the catalogued models that have been pulled."""

    media: Path
    store: Store


def asked(name: str) -> Asked:
    """Return what the command line of ``recipes.NAME.real`` asks for."""
    parser = argparse.ArgumentParser(prog=f"python -m recipes.{name}.real")
    parser.add_argument(
        "--media", type=Path, required=True, help="folder of images, video and speech"
    )
    parser.add_argument("--store", help="where pulled models are")
    args = parser.parse_args()
    if not args.media.is_dir():
        parser.error(f"no folder {str(args.media)!r}: say where images, video and speech are")
    return Asked(args.media, Store.at(args.store))


def fill(name: str, figures: Mapping[str, Any], blocks: Mapping[str, str]) -> None:
    """Write *figures* beside model *name*, and *blocks* into its card.

    Raises:
        ValueError: the card has no such block.
    """
    shipping.refill(name, blocks)
    written = json.dumps(figures, indent=2) + "\n"
    (shipping.MODELS / name / FIGURES).write_text(written, "utf-8")
