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
from edgenode.config.convert import convert
from edgenode.errors import ModelError
from edgenode.text import FORBIDDEN, printable
from edgenode.values import exactly

Kind: TypeAlias = Literal["cpu", "edgetpu", "labels"]

FILE = "model.toml"

MOST_SHOWN = 200
"""Characters of another library's message."""

Line: TypeAlias = Annotated[
    str, exactly(f"[^{FORBIDDEN}]+", "one line of text, without control characters")
]
"""Something for people to read."""
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

    task: Annotated[
        str,
        exactly("[a-z0-9]+(-[a-z0-9]+)*", "what it is for, such as 'object-detection'"),
    ]
    title: Annotated[Line, Meta(max_length=100)]
    licence: Line
    source: Annotated[Line, Meta(description="where it is from")]
    labels: tuple[str, ...] = ()
    labels_from: Literal["labels"] | None = None
    labels_until: str = ""
    files: Annotated[Files, Meta(description="[files.cpu] or [files.edgetpu]: name and sha256")]
    input: Annotated[
        Input, Meta(description="shape and dtype, which `edgenode models inspect FILE` prints")
    ]
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
    folders = [*folders]
    found = _folders(folders)
    if name in found:
        return read(found[name])
    hint = "see `edgenode models list`"
    for near in reversed(get_close_matches(name, found)):
        with contextlib.suppress(ModelError):
            if task in (None, read(found[near]).task):
                hint = f"did you mean {near!r}?"
    empty = [str(one) for one in folders if not any(Path(one).glob(f"*/{FILE}"))]
    hint += "".join(f"; {one!r} has no NAME/{FILE}" for one in empty)
    raise ModelError(f"no model {name!r}; {hint}")


def every(folders: Iterable[Path | str] = ()) -> Iterator[Manifest]:
    """Yield all manifests in the order of their ids; raise ``ModelError`` at a wrong one."""
    for _, folder in sorted(_folders(folders).items()):
        yield read(folder)


def read(folder: Path) -> Manifest:
    """Return the manifest in *folder*; raise ``ModelError`` naming file, keys and all faults."""
    path = folder / FILE
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folder.name):
        raise ModelError(f"{path}: model id {folder.name!r} must be of a-z, 0-9 and '-'")
    card, faults = convert(_table(path), Card)
    if card is None:
        # A rule of the whole table has no key.
        listed = "; ".join(str(fault) if fault.key else fault.problem for fault in faults)
        raise ModelError(f"{path}: {listed}; see docs/plugins.md")
    fields = {field: getattr(card, field) for field in card.__struct_fields__}
    return Manifest(id=folder.name, folder=folder, **fields)


def _table(path: Path) -> dict[str, Any]:
    """Return the TOML in the file at *path*; raise ``ModelError`` if it cannot be read."""
    try:
        return tomllib.loads(_text(path))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; mend it") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: is no UTF-8; save it as UTF-8") from error
    except RecursionError as error:
        raise ModelError(f"{path}: nested too deeply; write it anew") from error
    # Beside its own error tomllib raises that of int for a number of thousands of digits.
    except ValueError as error:
        raise ModelError(f"{path}: is no TOML: {printable(str(error))[:MOST_SHOWN]}") from error


def _text(path: Path) -> str:
    """Return the text of a manifest; raise ``OSError`` or ``ValueError`` if it cannot be read."""
    # Editors on Windows put a byte order mark before a text, TOML has none.
    text = files.content(path, MOST_BYTES).decode("utf-8-sig")
    # Not left to tomllib, which takes minutes for a key of thousands of parts.
    if MANY_PARTS.search(text):
        raise ValueError("a key of many parts (a.b.c...); a manifest has tables in tables")
    return text


def _folders(folders: Iterable[Path | str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in (*map(Path, folders), BUILT_IN):
        if not root.is_dir():
            raise ModelError(f"no folder {str(root)!r} to search for models; see `models.folders`")
        if (root / FILE).is_file():
            raise ModelError(
                f"folder {str(root)!r} is that of one model; name the folder above it,"
                f" {str(root.resolve().parent)!r}, and the model {root.resolve().name!r}"
            )
        for path in root.glob(f"*/{FILE}"):
            # The first folder wins: a user's model replaces a built-in one of the same name.
            found.setdefault(path.parent.name, path.parent)
    return found
