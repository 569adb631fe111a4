"""Merges the configuration file with its drop-ins, and remembers which file each key is from."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgenode.config.faults import Key


@dataclass(frozen=True)
class Layers:
    """The merged files.

    Attributes:
        table: tables are merged; a scalar or an array of a later file replaces the earlier one.
        origins: the file each key is from; for a table the first file that has it.
        faults: one line for each file that cannot be read.
    """

    table: dict[str, Any] = field(default_factory=dict)
    origins: dict[Key, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(path: Path) -> Layers:
    """Return *path* merged with ``<stem>.d/*.toml`` beside it, in the order of their names."""
    layers = Layers()
    drop_ins = path.parent / f"{path.stem}.d"
    for file in (path, *sorted(drop_ins.glob("*.toml"))):
        try:
            table = tomllib.loads(file.read_bytes().decode())
        except FileNotFoundError:
            layers.faults.append(
                f"{file}: no such file; `edgenode defaults` prints one to start from"
            )
        except OSError as error:
            layers.faults.append(f"{file}: cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            layers.faults.append(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8")
        except tomllib.TOMLDecodeError as error:
            bare = str(error).startswith("Invalid value")
            cure = "; text needs quotes, true and false need none" if bare else ""
            layers.faults.append(f"{file}: not TOML: {error}{cure}")
        else:
            _merge(layers, layers.table, table, (), str(file))
    return layers


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
