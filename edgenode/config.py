"""Configuration: one TOML file and its drop-ins, parsed once into frozen structs."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from edgenode import layers
from edgenode.errors import ConfigError
from edgenode.faults import Fault, Key, show
from edgenode.messages import Name
from edgenode.paths import CredentialPath, FilePath
from edgenode.settle import settle

DEFAULT_PATH = Path("/etc/edgenode/edgenode.toml")
SECRET_FILES = ("password_file", "ca_file", "cert_file", "key_file")


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the tables: unknown keys are faults."""


class Node(Table, frozen=True, kw_only=True):
    """Table ``[node]``: who this node is."""

    id: Annotated[
        Name | None, Meta(description="in topics and as client id; default: made from the serial")
    ] = None
    name: Annotated[str | None, Meta(description="for people; default: the host name")] = None
    site: Annotated[str, Meta(description="where it stands, for people")] = ""


class Mqtt(Table, frozen=True, kw_only=True):
    """Table ``[mqtt]``: the broker. Secrets come by file or systemd credential only."""

    url: Annotated[
        str,
        Meta(
            description="mqtt://HOST:PORT or mqtts://HOST:PORT (TLS), "
            "without user and password: they have keys of their own",
            examples=["mqtt://broker.example:1883", "mqtts://broker.example:8883"],
            pattern=r"^mqtts?://([^/@:?#\s\[\]]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?/?$",
        ),
    ] = "mqtt://localhost:1883"
    prefix: Annotated[
        str,
        Meta(
            description="what every topic starts with",
            examples=["edgenode/v1", "acme/plant-3/edgenode/v1"],
            pattern=r"^[a-z0-9_-]+(/[a-z0-9_-]+)*$",
        ),
    ] = "edgenode/v1"
    protocol: Annotated[
        Literal["auto", "5", "3.1.1"], Meta(description='"auto" tries 5, then 3.1.1')
    ] = "auto"
    username: Annotated[str | None, Meta(description="default: none")] = None
    password_file: Annotated[
        CredentialPath | None,
        Meta(description="file with the password; a bare name: in $CREDENTIALS_DIRECTORY"),
    ] = None
    ca_file: Annotated[
        FilePath | None, Meta(description="whom to trust (PEM); default: the system's authorities")
    ] = None
    cert_file: Annotated[
        FilePath | None, Meta(description="this node's certificate (PEM), with key_file")
    ] = None
    key_file: Annotated[
        CredentialPath | None,
        Meta(description="the certificate's key (PEM); a bare name: in $CREDENTIALS_DIRECTORY"),
    ] = None
    keep_alive_s: Annotated[
        int, Meta(description="silence after which the broker is asked", ge=5, le=3600)
    ] = 30
    result_qos: Annotated[
        Literal[0, 1], Meta(description="0: results may be lost, events never")
    ] = 1


class Outbox(Table, frozen=True, kw_only=True):
    """Table ``[outbox]``: what waits while the broker is away; oldest results go before events."""

    messages: Annotated[int, Meta(description="most messages that wait", ge=10)] = 10_000
    bytes: Annotated[int, Meta(description="most bytes that wait", ge=10_000)] = 16 * 1024 * 1024
    result_ttl_s: Annotated[
        float, Meta(description="a result older than this is dropped", gt=0)
    ] = 3600.0
    event_ttl_s: Annotated[float, Meta(description="an event older than this is dropped", gt=0)] = (
        7 * 86400.0
    )


class Handover(Table, frozen=True, kw_only=True):
    """Table ``[handover]``: the socket between sense and uplink."""

    socket: Annotated[FilePath, Meta(description="its path")] = "/run/edgenode/handover.sock"
    findings: Annotated[
        int, Meta(ge=10, description="kept by sense while the uplink is away; the oldest go first")
    ] = 10_000


class Health(Table, frozen=True, kw_only=True):
    """Table ``[health]``: the counters that are published from time to time."""

    period_s: Annotated[float, Meta(description="how often", ge=1)] = 60.0


class Models(Table, frozen=True, kw_only=True):
    """Table ``[models]``: where models are."""

    store: Annotated[
        FilePath | None,
        Meta(description="where pulled files are; default: see `edgenode models list`"),
    ] = None
    folders: Annotated[
        tuple[FilePath, ...],
        Meta(description="folders with your own NAME/model.toml, searched first"),
    ] = ()


class Tables(Table, frozen=True, kw_only=True):
    """What the file may say. ``sources`` and ``plugins`` stay raw: ``sense.plan`` types them."""

    node: Node = Node()
    mqtt: Mqtt = Mqtt()
    outbox: Outbox = Outbox()
    handover: Handover = Handover()
    health: Health = Health()
    models: Models = Models()
    sources: dict[Name, dict[str, Any]] = {}
    plugins: dict[Name, dict[str, Any]] = {}


class Config(Tables, frozen=True, kw_only=True):
    """What the file and its drop-ins say together, and where it stands.

    Attributes:
        path: the file, empty for a configuration made in a program.
        digest: of all it says, twelve hexadecimal digits: the same configuration, the same digest.
        origins: the file each key came from.
    """

    path: str = ""
    digest: str = ""
    origins: Mapping[Key, str] = {}

    @property
    def folder(self) -> Path:
        """The folder that relative paths are beside: the file's, without one the current one."""
        return Path(self.path).absolute().parent if self.path else Path.cwd()

    def line(self, fault: Fault) -> str:
        """Return the fault on one line, with the file its key came from."""
        names = tuple(part for part in fault.key if isinstance(part, str))
        starts = (names[:length] for length in range(len(names), 0, -1))
        file = next((self.origins[key] for key in starts if key in self.origins), self.path)
        return f"{file}: {fault}" if file else str(fault)


def read(path: Path, *, secrets: bool = True) -> Config:
    """Return the configuration at *path*; raise ``ConfigError`` with everything that is wrong.

    With *secrets* False the broker's files need not be there: sense cannot and must not see them.
    """
    config, faults = examine(path, secrets=secrets)
    if faults:
        raise ConfigError(faults)
    return config


def examine(path: Path, *, secrets: bool = True) -> tuple[Config, list[str]]:
    """Return what can be read, defaults in place of what is wrong, and all faults, one a line."""
    found = layers.read(path)
    config = Config(path=str(path), digest=digest(found.table), origins=found.origins)
    tables, faults = settle(found.table, Tables, folder=config.folder)
    if tables is None:
        tables, _ = settle(_without(found.table, faults), Tables, folder=config.folder)
    if tables is not None:
        config = msgspec.structs.replace(config, **msgspec.structs.asdict(tables))
    faults += _broker(config.mqtt, secrets=secrets) + _folders(config.models)
    return config, found.faults + [config.line(fault) for fault in faults]


def _without(table: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """Return *table* without the keys that are wrong, at most two deep."""
    wrong = {fault.key[:2] for fault in faults} | {fault.key for fault in faults}
    return {
        name: {key: item for key, item in value.items() if (name, key) not in wrong}
        if isinstance(value, dict)
        else value
        for name, value in table.items()
        if (name,) not in wrong
    }


def digest(table: Mapping[str, Any]) -> str:
    """Return twelve hexadecimal digits that stand for all *table* says."""
    text = json.dumps(table, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def password(mqtt: Mqtt) -> bytes | None:
    """Return the broker's password or None; raise ``ConfigError`` where it cannot be read."""
    if mqtt.password_file is None:
        return None
    try:
        return Path(mqtt.password_file).read_bytes().rstrip(b"\r\n")
    except OSError as error:
        says = f"cannot be read: {error.strerror}; a bare name needs LoadCredential= in the unit"
        raise ConfigError([f"mqtt.password_file = {mqtt.password_file!r}: {says}"]) from error


def _broker(mqtt: Mqtt, *, secrets: bool) -> list[Fault]:
    faults = []
    for name, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if getattr(mqtt, name) is not None and getattr(mqtt, other) is None:
            faults.append(_fault(("mqtt", name), getattr(mqtt, name), f"needs {other} beside it"))
    try:
        urlsplit(mqtt.url).port  # noqa: B018 reading it checks it
    except ValueError:
        faults.append(_fault(("mqtt", "url"), mqtt.url, "the port must be from 0 to 65535"))
    names = SECRET_FILES if secrets else ()
    return faults + [fault for name in names for fault in _readable(mqtt, name)]


def _readable(mqtt: Mqtt, name: str) -> list[Fault]:
    path: str | None = getattr(mqtt, name)
    # A name still bare is a credential that only systemd can show: uplink finds out.
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


def _fault(key: Key, value: object, says: str) -> Fault:
    return Fault(key, says, show(key, value))
