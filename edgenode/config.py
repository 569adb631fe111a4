"""Configuration: one TOML file and its drop-ins, parsed once into frozen structs."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edgenode.messages import Name


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
        str, Meta(description="mqtt://HOST:PORT or mqtts://HOST:PORT", pattern=r"^mqtts?://")
    ] = "mqtt://localhost:1883"
    prefix: Annotated[
        str,
        Meta(description="what every topic starts with", pattern=r"^[a-z0-9_-]+(/[a-z0-9_-]+)*$"),
    ] = "edgenode/v1"
    protocol: Annotated[
        Literal["auto", "5", "3.1.1"], Meta(description='"auto" tries 5, then 3.1.1')
    ] = "auto"
    username: str | None = None
    password_file: Annotated[
        str | None,
        Meta(description="file with the password; a bare name: in $CREDENTIALS_DIRECTORY"),
    ] = None
    ca_file: Annotated[str | None, Meta(description="default: the system's authorities")] = None
    cert_file: str | None = None
    key_file: str | None = None
    keep_alive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    result_qos: Annotated[
        Literal[0, 1], Meta(description="0: results may be lost, events never")
    ] = 1


class Outbox(Table, frozen=True, kw_only=True):
    """Table ``[outbox]``: what waits while the broker is away; oldest results go before events."""

    messages: Annotated[int, Meta(ge=10)] = 10_000
    bytes: Annotated[int, Meta(ge=10_000)] = 16 * 1024 * 1024
    result_ttl_s: Annotated[float, Meta(gt=0)] = 3600.0
    event_ttl_s: Annotated[float, Meta(gt=0)] = 7 * 86400.0


class Handover(Table, frozen=True, kw_only=True):
    """Table ``[handover]``: the socket between sense and uplink."""

    socket: str = "/run/edgenode/handover.sock"
    findings: Annotated[
        int, Meta(ge=10, description="kept by sense while the uplink is away; the oldest go first")
    ] = 10_000


class Health(Table, frozen=True, kw_only=True):
    """Table ``[health]``."""

    period_s: Annotated[float, Meta(ge=1)] = 60.0


class Models(Table, frozen=True, kw_only=True):
    """Table ``[models]``."""

    store: Annotated[
        str | None, Meta(description="where pulled files are; default: see `edgenode models list`")
    ] = None
    folders: Annotated[
        tuple[str, ...], Meta(description="folders with your own NAME/model.toml, searched first")
    ] = ()


class Config(Table, frozen=True, kw_only=True):
    """The whole file. ``sources`` and ``plugins`` stay raw here: ``sense.plan`` types them."""

    node: Node = Node()
    mqtt: Mqtt = Mqtt()
    outbox: Outbox = Outbox()
    handover: Handover = Handover()
    health: Health = Health()
    models: Models = Models()
    sources: dict[Name, dict[str, Any]] = {}
    plugins: dict[Name, dict[str, Any]] = {}
