"""Shipping: a finished model goes where nodes find it, with its digest and its figures.

A model's folder holds its manifest and its card, written by hand but for the digest, the size and
the blocks of figures and a trait that a recipe chooses, which are written here.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent.parent
"""Where the models of this repository are."""

CARD = "README.md"
MANIFEST = "model.toml"
FIGURES = "figures.json"


def ship(
    name: str, model: bytes, figures: Mapping[str, Any], blocks: Mapping[str, str], out: Path | None
) -> Path:
    """Write model *name* into its folder and return that.

    Args:
        name: id of the model: its folder and, with ``.tflite``, its file.
        model: the TFLite file.
        figures: what was measured; goes to ``figures.json``.
        blocks: Markdown by name; goes into the card between the marks of that name.
        out: another folder than ``models/NAME``; manifest and card are copied to it.

    Raises:
        ValueError: the card has no such block, or the manifest does not pin the file.
    """
    home = MODELS / name
    folder = out or home
    folder.mkdir(parents=True, exist_ok=True)
    for written in (MANIFEST, CARD):
        if folder.resolve() != home.resolve():
            shutil.copyfile(home / written, folder / written)
    card = _filled((folder / CARD).read_text("utf-8"), blocks)
    manifest = _pinned((folder / MANIFEST).read_text("utf-8"), f"{name}.tflite", model)
    (folder / f"{name}.tflite").write_bytes(model)
    (folder / MANIFEST).write_text(manifest, "utf-8")
    (folder / CARD).write_text(card, "utf-8")
    (folder / FIGURES).write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return folder


def settle(folder: Path, trait: str, value: str) -> None:
    """Write *value*, TOML, after ``trait = `` into the manifest in *folder*.

    Raises:
        ValueError: the manifest has not one such line.
    """
    manifest = folder / MANIFEST
    line = re.compile(rf"^{re.escape(trait)} = .*$", re.MULTILINE)
    told, count = line.subn(lambda _: f"{trait} = {value}", manifest.read_text("utf-8"))
    if count != 1:
        raise ValueError(f"{manifest}: {count} lines '{trait} = ...', wanted one in [traits]")
    manifest.write_text(told, "utf-8")


def refill(name: str, blocks: Mapping[str, str]) -> None:
    """Write *blocks* into the card of model *name*, as ``ship`` does, and leave all else."""
    card = MODELS / name / CARD
    card.write_text(_filled(card.read_text("utf-8"), blocks), "utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; its first column is text, the others are figures."""
    rule = ("---", *("--:" for _ in heads[1:]))
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (heads, rule, *rows))


def _filled(card: str, blocks: Mapping[str, str]) -> str:
    for name, text in blocks.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, found, rest = card.partition(begin)
        _, closed, tail = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"the card has no block {name!r}: add '{begin}' and '{end}'")
        card = f"{head}{begin}\n\n{text.strip()}\n\n{end}{tail}"
    return card


def _pinned(manifest: str, file: str, model: bytes) -> str:
    """Return *manifest* with digest and size of *file*, whose table begins with its name."""
    pin = re.compile(rf'(name = "{re.escape(file)}"\n)(?:sha256 = ".*"\n)?(?:size = \d+\n)?')
    if not pin.search(manifest):
        raise ValueError(f"the manifest does not name {file!r} in [files.cpu]")
    digest = hashlib.sha256(model).hexdigest()
    return pin.sub(lambda found: f'{found[1]}sha256 = "{digest}"\nsize = {len(model)}\n', manifest)
