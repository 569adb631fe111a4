"""Manifests: what a model is, where its files are published, and what its plugin must know."""

import contextlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode import files
from edgenode.catalogue.pin import Pin
from edgenode.errors import ModelError

Kind: TypeAlias = Literal["cpu", "edgetpu", "labels"]

FILE = "model.toml"

MOST_BYTES = 1 << 20
"""Size limit of a manifest: one with 4,096 labels has less."""

MANY_PARTS = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}""")

_package = Path(__file__).parent.parent
BUILT_IN = next(
    (folder for folder in (_package / "models", _package.parent / "models") if folder.is_dir()),
    _package / "models",
)
"""The manifests that come with edgenode: inside the wheel, or beside the package in a checkout."""


class Files(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table ``[files]``: the same model for the CPU and for the Edge TPU, and its labels."""

    cpu: Pin | None = None
    edgetpu: Pin | None = None
    labels: Pin | None = None

    def __post_init__(self) -> None:
        if self.cpu is None and self.edgetpu is None:
            raise ValueError("a model needs [files.cpu] or [files.edgetpu]")


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table ``[input]``: the model's only input tensor, as in the file."""

    shape: Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(min_length=1)]
    dtype: Literal["uint8", "int8", "int16", "float32"]


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``model.toml`` as it is written.

    Attributes:
        task: what it is for: ``object-detection``, ``keyword-spotting``, ...
        title: one line for people.
        source: repository or publisher, and the commit.
        labels: by class id.
        labels_from: ``"labels"`` if they are in ``[files.labels]``, one per line.
        labels_until: a label ends before the first occurrence of this text; synonyms follow it.
        traits: further facts for the plugin: ``fit``, ``output_order``, ``front_end``, ...
    """

    task: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    licence: Annotated[str, Meta(min_length=1)]
    source: Annotated[str, Meta(min_length=1)]
    labels: tuple[str, ...] = ()
    labels_from: Literal["labels"] | None = None
    labels_until: str = ""
    files: Files
    input: Input
    traits: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.labels_from is not None and self.files.labels is None:
            raise ValueError("`labels_from` needs [files.labels]")
        if self.labels_from is not None and self.labels:
            raise ValueError("`labels` and `labels_from` exclude each other")


class Manifest(Card, frozen=True, kw_only=True):
    """A card and its folder; ``id`` is the folder's name."""

    id: str
    folder: Path

    def kind_for(self, device: str) -> Literal["cpu", "edgetpu"]:
        """Return which file runs on *device*; ``auto`` and ``cpu`` mean the CPU.

        Raise ``ModelError`` if the model has no such file.
        """
        if device.startswith("edgetpu"):
            if self.files.edgetpu is None:
                raise ModelError(
                    f"model {self.id!r} is not compiled for the Edge TPU: use another, or set"
                    ' device = "auto": it answers on the CPU'
                )
            return "edgetpu"
        if self.files.cpu is None:
            raise ModelError(
                f'model {self.id!r} exists for the Edge TPU only: set device = "edgetpu", or use'
                " another model"
            )
        return "cpu"

    @property
    def pins(self) -> dict[Kind, Pin]:
        """The pins of the files that the model has."""
        pins: dict[Kind, Pin | None] = {
            "cpu": self.files.cpu,
            "edgetpu": self.files.edgetpu,
            "labels": self.files.labels,
        }
        return {kind: pin for kind, pin in pins.items() if pin is not None}


def find(name: str, folders: Iterable[Path | str] = (), task: str | None = None) -> Manifest:
    """Return the manifest of model *name*; *folders* are searched before the built-in models.

    Raise ``ModelError`` if there is none, naming the most similar one for *task*, or if it is
    wrong.
    """
    found = _folders(folders)
    if name in found:
        return read(found[name])
    hint = "see `edgenode models list`"
    for near in reversed(get_close_matches(name, found)):
        with contextlib.suppress(ModelError):
            if task in (None, read(found[near]).task):
                hint = f"did you mean {near!r}?"
    raise ModelError(f"no model {name!r}; {hint}")


def every(folders: Iterable[Path | str] = ()) -> Iterator[Manifest]:
    """Yield all manifests in the order of their ids; raise ``ModelError`` at a wrong one."""
    for _, folder in sorted(_folders(folders).items()):
        yield read(folder)


def read(folder: Path) -> Manifest:
    """Return the manifest in *folder*; raise ``ModelError`` naming file, key and fault."""
    path = folder / FILE
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folder.name):
        raise ModelError(f"{path}: model id {folder.name!r} must be of a-z, 0-9 and '-'")
    try:
        card = msgspec.convert(tomllib.loads(_text(path)), Card)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; mend it") from error
    except msgspec.ValidationError as error:
        raise ModelError(f"{path}: {_plain(str(error))}") from error
    except RecursionError as error:
        raise ModelError(f"{path}: nested too deep; a manifest has tables in tables") from error
    except ValueError as error:
        # TOML's own, that of text which is not UTF-8, and that of a number of 5,000 digits.
        raise ModelError(f"{path}: {str(error).partition(';')[0]}") from error
    fields = {field: getattr(card, field) for field in card.__struct_fields__}
    return Manifest(id=folder.name, folder=folder, **fields)


def _text(path: Path) -> str:
    """Return the text of a manifest; raise ``OSError`` or ``ValueError`` if it cannot be read."""
    text = files.content(path, MOST_BYTES).decode("utf-8")
    # Not left to tomllib, which takes minutes for a key of thousands of parts.
    if MANY_PARTS.search(text):
        raise ValueError("a key of many parts (a.b.c...); a manifest has tables in tables")
    return text


def _folders(folders: Iterable[Path | str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in (*map(Path, folders), BUILT_IN):
        if not root.is_dir():
            raise ModelError(f"no folder {str(root)!r} to search for models; see `models.folders`")
        for path in root.glob(f"*/{FILE}"):
            # The first folder wins: a user's model replaces a built-in one of the same name.
            found.setdefault(path.parent.name, path.parent)
    return found


def _plain(fault: str) -> str:
    """Return msgspec's *fault*, starting with the key; an unknown key with the most similar one."""
    message, _, where = fault.partition(" - at `$")
    where = where.strip(".`")
    unknown = re.search(r"unknown field `(.+)`", message)
    if unknown is None:
        return f"{where}: {message}" if where else message
    key = unknown[1]
    near = get_close_matches(key, _table(where).__struct_fields__, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "remove it"
    return f"unknown key {f'{where}.{key}' if where else key!r}; {hint}"


def _table(where: str) -> type[msgspec.Struct]:
    if where.startswith("files."):
        return Pin
    tables: dict[str, type[msgspec.Struct]] = {"files": Files, "input": Input}
    return tables.get(where, Card)
