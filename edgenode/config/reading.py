"""Reads and checks the whole configuration at once; nothing reads it later."""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from edgenode.config import broker_url, layers
from edgenode.config.convert import convert
from edgenode.config.faults import Fault, Key, show
from edgenode.config.tables import Config, Handover, Models, Mqtt, Tables
from edgenode.errors import ConfigError
from edgenode.paths import LONGEST_SOCKET
from edgenode.text import one_line

DEFAULT_PATH = Path("/etc/edgenode/edgenode.toml")
SECRET_FILES = ("password_file", "ca_file", "cert_file", "key_file")

BESIDE = {"cert_file": "key_file", "key_file": "cert_file", "password_file": "username"}
"""Keys of ``[mqtt]`` that have no effect without another."""

UNREADABLE = "may not be read by this user: let it, or in a unit pass it by LoadCredential="

LONGEST_PASSWORD = 65_535
"""Most bytes of a password in MQTT."""


def read(path: Path, *, secrets: bool = True) -> Config:
    """Return the configuration at *path*; raise ``ConfigError`` with all faults.

    With *secrets* False the password and certificate files are not checked: sense may not see them.
    """
    config, faults = examine(path, secrets=secrets)
    if faults:
        raise ConfigError(faults)
    return config


def examine(path: Path, *, secrets: bool = True) -> tuple[Config, list[str]]:
    """Return the configuration, with defaults for wrong values, and a line for each fault."""
    found = layers.read(path)
    config = Config(
        path=str(path),
        digest=digest(found.table),
        origins=found.origins,
        ignored=tuple(map(one_line, found.ignored)),
    )
    tables, faults = convert(found.table, Tables, folder=config.folder)
    if tables is None:
        # Again without the wrong keys, so that the checks below and sense's find their faults too.
        tables, _ = convert(_without(found.table, faults), Tables, folder=config.folder)
    if tables is not None:
        config = msgspec.structs.replace(config, **msgspec.structs.asdict(tables))
    faults += broker_faults(config.mqtt, secrets=secrets) + _folders(config.models)
    faults += _socket(config.handover)
    return config, [*map(one_line, found.faults), *map(config.line, faults)]


def _without(table: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """Return *table* without the wrong keys, and without the second-level keys they are in."""
    wrong = {fault.key[:2] for fault in faults} | {fault.key for fault in faults}
    return {
        name: {key: item for key, item in value.items() if (name, key) not in wrong}
        if isinstance(value, dict)
        else value
        for name, value in table.items()
        if (name,) not in wrong
    }


def digest(table: Mapping[str, Any]) -> str:
    """Return twelve hexadecimal digits of the hash of *table*."""
    text = json.dumps(table, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def password(mqtt: Mqtt) -> bytes | None:
    """Return the broker's password, None if there is none; raise ``ConfigError`` if unreadable."""
    if mqtt.password_file is None:
        return None
    where = f"mqtt.password_file = {mqtt.password_file!r}"
    try:
        with Path(mqtt.password_file).open("rb") as file:
            content = file.read(LONGEST_PASSWORD + 3)
    except OSError as error:
        problem = f"cannot be read: {error.strerror}; a bare name needs LoadCredential= in the unit"
        raise ConfigError([f"{where}: {problem}"]) from error
    # Editors end a file with a newline, which is no part of the password.
    secret = content.rstrip(b"\r\n")
    if not 0 < len(secret) <= LONGEST_PASSWORD:
        fault = "is empty" if not secret else f"holds more than {LONGEST_PASSWORD} bytes"
        raise ConfigError([f"{where}: {fault}; write the password into it, and nothing else"])
    return secret


def broker_faults(mqtt: Mqtt, *, secrets: bool) -> list[Fault]:
    """Return what is wrong with *mqtt* though each of its values may be right.

    With *secrets* False the password and certificate files are not checked.
    """
    faults = []
    for name, other in BESIDE.items():
        if getattr(mqtt, name) is not None and getattr(mqtt, other) is None:
            faults.append(_fault(("mqtt", name), getattr(mqtt, name), f"needs {other} beside it"))
    # The pattern cannot tell all: not the range of a port, nor whether an address is one.
    if problem := broker_url.problem(mqtt.url):
        faults.append(_fault(("mqtt", "url"), mqtt.url, problem))
    if mqtt.ca_file is not None and broker_url.split(mqtt.url).scheme not in ("mqtts", "wss"):
        about = "is for TLS: write mqtts:// or wss:// in mqtt.url, or remove this"
        faults.append(_fault(("mqtt", "ca_file"), mqtt.ca_file, about))
    names = SECRET_FILES if secrets else ()
    return faults + [fault for name in names for fault in _readable(mqtt, name)]


def _readable(mqtt: Mqtt, name: str) -> list[Fault]:
    path: str | None = getattr(mqtt, name)
    # A name without a folder is a credential that only systemd provides, when the uplink starts.
    if path is None or "/" not in path:
        return []
    if problem := _absent(path, stat.S_ISREG, "file"):
        return [_fault(("mqtt", name), path, problem)]
    if not os.access(path, os.R_OK):
        return [_fault(("mqtt", name), path, UNREADABLE)]
    return []


def _folders(models: Models) -> list[Fault]:
    return [
        _fault(("models", "folders", place), folder, problem)
        for place, folder in enumerate(models.folders)
        if (problem := _absent(folder, stat.S_ISDIR, "folder"))
    ]


def _absent(path: str, is_kind: Callable[[int], bool], kind: str) -> str:
    """Return why *path* is no such file or folder, empty if it is one."""
    try:
        return "" if is_kind(Path(path).stat().st_mode) else f"is no {kind}; name one"
    except (FileNotFoundError, NotADirectoryError):
        return f"no such {kind}"
    except OSError as error:
        return f"cannot be read: {error.strerror}; let this user into the folders above it"


def _socket(handover: Handover) -> list[Fault]:
    length = len(os.fsencode(handover.socket))
    if length <= LONGEST_SOCKET:
        return []
    fault = (
        f"is a path of {length} bytes, a socket has at most {LONGEST_SOCKET}; name a shorter one"
    )
    return [_fault(("handover", "socket"), handover.socket, fault)]


def _fault(key: Key, value: object, problem: str) -> Fault:
    return Fault(key, problem, show(key, value))
