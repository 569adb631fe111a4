"""The tables of the configuration as structs: their keys, types, defaults and descriptions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode.config import broker_url
from edgenode.config.faults import Fault, Key
from edgenode.messages import Codec, Name
from edgenode.paths import CredentialPath, FilePath
from edgenode.text import one_line
from edgenode.values import exactly

TableName: TypeAlias = Annotated[Name, Meta(examples=["front-door"])]

Line: TypeAlias = Annotated[
    str,
    exactly(r"[^\x00-\x1f\x7f]{0,512}", "one line of text, of at most 512 characters"),
]
"""A text for people: as long as the contract's ``Text``."""

LARGEST = 10_000_000
"""Most messages that may wait: each takes memory."""

MOST_TABLES = 256
"""Most sources, and most plugins, of a node: each plugin has a topic that the broker retains."""

YEARS_S = 315_360_000.0
"""Ten years in seconds."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the tables: unknown keys are faults."""


class Node(Table, frozen=True, kw_only=True):
    """Table ``[node]``: who this node is."""

    id: Annotated[
        Name | None,
        Meta(
            description="in topics and as client id; default: made from the serial",
            examples=["dock-1"],
        ),
    ] = None
    name: Annotated[Line | None, Meta(description="for people; default: the host name")] = None
    site: Annotated[Line, Meta(description="where it stands, for people")] = ""


class Mqtt(Table, frozen=True, kw_only=True):
    """Table ``[mqtt]``: the broker. Secrets come by file or systemd credential only."""

    url: Annotated[
        str,
        exactly(broker_url.PATTERN, broker_url.WORDS, broker_url.problem),
        Meta(
            description=f"{broker_url.WORDS}, "
            "without user and password: they have keys of their own",
            examples=["mqtt://broker.example:1883", "mqtts://broker.example:8883"],
        ),
    ] = "mqtt://localhost:1883"
    prefix: Annotated[
        str,
        exactly(
            "[a-z0-9_-]+(/[a-z0-9_-]+)*",
            "text of a to z, 0 to 9, - and _, with one / between its parts, at most 256 in all",
        ),
        Meta(
            max_length=256,
            description="what every topic starts with",
            examples=["edgenode/v1", "acme/plant-3/edgenode/v1"],
        ),
    ] = "edgenode/v1"
    protocol: Annotated[
        Literal["auto", "5", "3.1.1"], Meta(description='"auto" tries 5, then 3.1.1')
    ] = "auto"
    username: Annotated[
        Annotated[
            str,
            # MQTT has 65,535 bytes for it, and a character takes up to four.
            exactly(r"[^\x00-\x1f\x7f]{1,16383}", "one line of text, of 1 to 16383 characters"),
        ]
        | None,
        Meta(description="who we are to the broker; default: nobody"),
    ] = None
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
    reply_s: Annotated[
        Annotated[float, Meta(gt=0, le=3600)] | None,
        Meta(
            description="most seconds the broker may take to let us in; "
            "default: 5 for the connection and 10 for the answer, 2 on this machine"
        ),
    ] = None
    result_qos: Annotated[
        Literal[0, 1], Meta(description="0: results may be lost, events never")
    ] = 1
    codec: Annotated[
        Codec,
        Meta(description='of results and events; "msgpack" has a third of the bytes of "json"'),
    ] = "json"


class Outbox(Table, frozen=True, kw_only=True):
    """Table ``[outbox]``: what waits while the broker is away; oldest results go before events."""

    messages: Annotated[int, Meta(description="most messages that wait", ge=10, le=LARGEST)] = (
        10_000
    )
    bytes: Annotated[int, Meta(description="most bytes that wait", ge=10_000, le=2**40)] = (
        16 * 1024 * 1024
    )
    result_ttl_s: Annotated[
        float, Meta(description="a result older than this is dropped", gt=0, le=YEARS_S)
    ] = 3600.0
    event_ttl_s: Annotated[
        float, Meta(description="an event older than this is dropped", gt=0, le=YEARS_S)
    ] = 7 * 86400.0
    folder: Annotated[
        FilePath | None,
        Meta(
            description="where the uplink keeps what must outlive it; "
            "default: $STATE_DIRECTORY, else ~/.local/state/edgenode"
        ),
    ] = None


class Handover(Table, frozen=True, kw_only=True):
    """Table ``[handover]``: the socket between sense and uplink."""

    socket: Annotated[FilePath, Meta(description="path of the socket")] = (
        "/run/edgenode/handover.sock"
    )
    sense_user: Annotated[
        Line, Meta(description="the only user whose sense is let in; default: the uplink's own")
    ] = ""
    findings: Annotated[
        int,
        Meta(
            ge=10,
            le=LARGEST,
            description="kept while the uplink is away; the oldest result is dropped first",
        ),
    ] = 10_000


class Health(Table, frozen=True, kw_only=True):
    """Table ``[health]``: the counters that are published from time to time."""

    period_s: Annotated[float, Meta(description="how often", ge=1, le=86_400)] = 60.0


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
    """All tables. ``sources`` and ``plugins`` stay untyped: ``sense.plan`` converts them."""

    node: Node = Node()
    mqtt: Mqtt = Mqtt()
    outbox: Outbox = Outbox()
    handover: Handover = Handover()
    health: Health = Health()
    models: Models = Models()
    sources: Annotated[dict[TableName, dict[str, Any]], Meta(max_length=MOST_TABLES)] = {}
    plugins: Annotated[dict[TableName, dict[str, Any]], Meta(max_length=MOST_TABLES)] = {}


class Config(Tables, frozen=True, kw_only=True):
    """The tables of the file and its drop-ins together, and where they are from.

    Attributes:
        path: the file, empty for a configuration made in a program.
        digest: twelve hexadecimal digits of the hash of all tables.
        origins: the file each key is from.
        ignored: one line for each file beside the drop-ins that is none.
    """

    path: str = ""
    digest: str = ""
    origins: Mapping[Key, str] = {}
    ignored: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder for relative paths: that of the file, or the current one without a file."""
        return Path(self.path).absolute().parent if self.path else Path.cwd()

    def line(self, fault: Fault) -> str:
        """Return the fault on one line, with the file its key is from."""
        names = tuple(part for part in fault.key if isinstance(part, str))
        # A missing key is in no file: the table it belongs to is, or a table above that.
        starts = (names[:length] for length in range(len(names), 0, -1))
        file = next((self.origins[key] for key in starts if key in self.origins), self.path)
        return one_line(f"{file}: {fault}") if file else str(fault)
