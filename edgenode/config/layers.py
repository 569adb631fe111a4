"""Merges the configuration file with its drop-ins, and remembers which file each key is from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgenode.config.faults import Key
from edgenode.config.toml import load, unreadable
from edgenode.errors import ConfigError


@dataclass(frozen=True)
class Layers:
    """The merged files.

    Attributes:
        table: tables are merged; a scalar or an array of a later file replaces the earlier one.
        origins: the file each key is from; for a table the first file that has it.
        faults: one line for each file that cannot be read.
        ignored: one line for each file among the drop-ins that is none.
    """

    table: dict[str, Any] = field(default_factory=dict)
    origins: dict[Key, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def read(path: Path) -> Layers:
    """Return *path* merged with ``<stem>.d/*.toml`` beside it, in the order of their names."""
    layers = Layers()
    for file in _files(path, layers):
        try:
            table = load(file)
        except FileNotFoundError:
            layers.faults.append(f"{file}: {_absent(file, path)}")
        except ConfigError as error:
            layers.faults.extend(error.faults)
        else:
            _merge(layers, layers.table, table, (), str(file))
    return layers


def _files(path: Path, layers: Layers) -> Iterator[Path]:
    yield path
    yield from _drop_ins(path.parent / f"{path.stem}.d", layers)


def _drop_ins(folder: Path, layers: Layers) -> list[Path]:
    """Return the drop-ins in *folder*; what cannot be one is in ``ignored`` of *layers*.

    Editors put a link or a file with a dot before its name beside a file that is open, and macOS a
    ``._`` file beside any: they may have any content, or none.
    """
    try:
        files = sorted(folder.iterdir())
    except FileNotFoundError:
        if folder.is_symlink():
            layers.faults.append(f"{folder}: a link that leads nowhere; mend it, or remove it")
        return []
    except NotADirectoryError:
        layers.faults.append(
            f"{folder}: no folder, but drop-ins would be in one of this name; rename it"
        )
        return []
    except OSError as error:
        layers.faults.append(unreadable(folder, error))
        return []
    taken = [file for file in files if file.suffix == ".toml" and not file.name.startswith(".")]
    layers.ignored.extend(
        f"{file}: not read, a drop-in is named like 10-site.toml"
        for file in files
        if file not in taken
    )
    return taken


def _absent(file: Path, path: Path) -> str:
    if file.is_symlink():
        return "a link that leads nowhere; mend it, or remove it"
    if file == path:
        return "no such file; `edgenode defaults` prints one to start from"
    return "gone while it was read; read it again"


def _merge(
    layers: Layers, into: dict[str, Any], table: dict[str, Any], key: Key, file: str
) -> None:
    for name, value in table.items():
        path = (*key, name)
        if not isinstance(value, dict):
            into[name] = value
            layers.origins[path] = file
            continue
        if not isinstance(into.get(name), dict):
            into[name] = {}
            layers.origins[path] = file
        _merge(layers, into[name], value, path, file)
