"""Which message goes with which topic, and the JSON Schema of them all."""

import inspect
import json
import re
from typing import Any

import msgspec

from edgenode.messages import findings, node
from edgenode.messages.findings import Dropped, Event, ResultMessage, State
from edgenode.messages.node import Birth, Health, Status
from edgenode.messages.terms import VERSION

SENT: dict[str, type[msgspec.Struct]] = {
    "status": Status,
    "meta": Birth,
    "result": ResultMessage,
    "event": Event,
    "event/_outbox": Dropped,
    "state": State,
    "health": Health,
}
"""Payload type by the part of the topic after the node."""

_ATTRIBUTE = re.compile(r"^    (\w+(?:, \w+)*): (.+(?:\n {8}.+)*)", re.MULTILINE)


def schema() -> dict[str, Any]:
    """Return one JSON Schema (2020-12) with every payload under ``$defs``, topics beside them."""
    _, components = msgspec.json.schema_components(SENT.values(), ref_template="#/$defs/{name}")
    for name, component in components.items():
        _describe(component, getattr(findings, name, None) or getattr(node, name))
        # Fields are only added: who reads the messages must let unknown ones pass.
        component.pop("additionalProperties", None)
    return for_all_readers(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"edgenode messages, version {VERSION}",
            "topics": {topic: {"$ref": f"#/$defs/{kind.__name__}"} for topic, kind in SENT.items()},
            "$defs": components,
        }
    )


def for_all_readers(schema: dict[str, Any]) -> dict[str, Any]:
    """Return *schema* with patterns as JavaScript reads them: its ``$`` means the very end."""
    return dict(json.loads(json.dumps(schema).replace("\\\\Z", "$")))


def _describe(component: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Give the properties the descriptions that the docstring of *kind* has."""
    about, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
    component["description"] = about
    for names, text in _ATTRIBUTE.findall(attributes):
        for name in component["properties"].keys() & names.split(", "):
            component["properties"][name]["description"] = " ".join(text.split())
