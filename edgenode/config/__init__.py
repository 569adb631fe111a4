"""Configuration: one TOML file and its drop-ins, parsed once into frozen structs."""

from edgenode.config.reading import DEFAULT_PATH, digest, examine, password, read
from edgenode.config.tables import Config, Handover, Health, Models, Mqtt, Node, Outbox, Tables

__all__ = [
    "DEFAULT_PATH",
    "Config",
    "Handover",
    "Health",
    "Models",
    "Mqtt",
    "Node",
    "Outbox",
    "Tables",
    "digest",
    "examine",
    "password",
    "read",
]
