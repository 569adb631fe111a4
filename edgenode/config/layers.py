"""What the configuration file and its drop-ins say together, and which file said what."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgenode.config.faults import Key


@dataclass(frozen=True)
class Layers:
    """The merged tables.

    Attributes:
        table: tables merge, scalars and arrays of a later file replace.
        origins: the file each key came from: for a table the first that opened it.
        faults: one line for each file that cannot be read.
    """

    table: dict[str, Any] = field(default_factory=dict)
    origins: dict[Key, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(path: Path) -> Layers:
    """Return what *path* and ``<stem>.d/*.toml`` beside it say, drop-ins in the order of names."""
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
            layers.faults.append(f"{file}: not TOML: {error}")
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
