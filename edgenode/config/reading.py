"""Reads and checks the whole configuration at once; nothing reads it later."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from edgenode.config import broker_url, layers
from edgenode.config.convert import convert
from edgenode.config.faults import Fault, Key, show
from edgenode.config.tables import Config, Models, Mqtt, Tables
from edgenode.errors import ConfigError

DEFAULT_PATH = Path("/etc/edgenode/edgenode.toml")
SECRET_FILES = ("password_file", "ca_file", "cert_file", "key_file")


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
    config = Config(path=str(path), digest=digest(found.table), origins=found.origins)
    tables, faults = convert(found.table, Tables, folder=config.folder)
    if tables is None:
        # Again without the wrong keys, so that the checks below and sense's find their faults too.
        tables, _ = convert(_without(found.table, faults), Tables, folder=config.folder)
    if tables is not None:
        config = msgspec.structs.replace(config, **msgspec.structs.asdict(tables))
    faults += broker_faults(config.mqtt, secrets=secrets) + _folders(config.models)
    return config, found.faults + [config.line(fault) for fault in faults]


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
    try:
        # Editors end a file with a newline, which is no part of the password.
        return Path(mqtt.password_file).read_bytes().rstrip(b"\r\n")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}; a bare name needs LoadCredential= in the unit"
        raise ConfigError([f"mqtt.password_file = {mqtt.password_file!r}: {problem}"]) from error


def broker_faults(mqtt: Mqtt, *, secrets: bool) -> list[Fault]:
    """Return what is wrong with *mqtt* though each of its values may be right.

    With *secrets* False the password and certificate files are not checked.
    """
    faults = []
    for name, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
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
    if not Path(path).is_file():
        return [_fault(("mqtt", name), path, "no such file")]
    if not os.access(path, os.R_OK):
        return [_fault(("mqtt", name), path, "may not be read by this user; check its owner")]
    return []


def _folders(models: Models) -> list[Fault]:
    return [
        _fault(("models", "folders", place), folder, "no such folder")
        for place, folder in enumerate(models.folders)
        if not Path(folder).is_dir()
    ]


def _fault(key: Key, value: object, problem: str) -> Fault:
    return Fault(key, problem, show(key, value))
