"""What may leave the device: every payload of the MQTT contract, and nothing else.

The JSON Schema of the contract is generated from these types, and the same types encode the
messages, so the two cannot disagree. Times are Unix milliseconds, coordinates fractions of the full
frame with three decimals. Fields that are None, empty or false by default stay off the wire.
"""

from typing import Any

import msgspec

from edgenode.messages.findings import (
    CategoryMessage,
    Dropped,
    Event,
    Object,
    PoseMessage,
    ResultMessage,
    State,
    count,
    result,
)
from edgenode.messages.node import (
    AcceleratorHealth,
    Birth,
    Egress,
    Hardware,
    Health,
    Ingress,
    ModelMeta,
    MqttHealth,
    OutboxHealth,
    PluginHealth,
    PluginMeta,
    Status,
)
from edgenode.messages.terms import (
    LATE_AFTER_S,
    VERSION,
    Amount,
    Codec,
    Coordinates,
    Count,
    Counts,
    EventType,
    Fate,
    Identity,
    Millis,
    Name,
    Point,
    Run,
    Seq,
    Text,
    Version,
    millis,
    new_run,
)

__all__ = [
    "LATE_AFTER_S",
    "SENT",
    "VERSION",
    "AcceleratorHealth",
    "Amount",
    "Birth",
    "CategoryMessage",
    "Codec",
    "Coordinates",
    "Count",
    "Counts",
    "Dropped",
    "Egress",
    "Event",
    "EventType",
    "Fate",
    "Hardware",
    "Health",
    "Identity",
    "Ingress",
    "Millis",
    "ModelMeta",
    "MqttHealth",
    "Name",
    "Object",
    "OutboxHealth",
    "PluginHealth",
    "PluginMeta",
    "Point",
    "PoseMessage",
    "ResultMessage",
    "Run",
    "Seq",
    "State",
    "Status",
    "Text",
    "Version",
    "count",
    "millis",
    "new_run",
    "result",
    "schema",
]

SENT = {
    "status": Status,
    "meta": Birth,
    "result": ResultMessage,
    "event": Event,
    "event/_outbox": Dropped,
    "state": State,
    "health": Health,
}
"""Payload type by the part of the topic after the node."""


def schema() -> dict[str, Any]:
    """Return one JSON Schema (2020-12) with every payload under ``$defs``, topics beside them."""
    _, components = msgspec.json.schema_components(SENT.values(), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"edgenode messages, version {VERSION}",
        "topics": {topic: {"$ref": f"#/$defs/{kind.__name__}"} for topic, kind in SENT.items()},
        "$defs": components,
    }
