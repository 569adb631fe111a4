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

REF = "#/$defs/{name}"

_ATTRIBUTE = re.compile(r"^    (\w+(?:, \w+)*): (.+(?:\n {8}.+)*)", re.MULTILINE)


def schema() -> dict[str, Any]:
    """Return one JSON Schema (2020-12) with every payload under ``$defs``, topics beside them."""
    _, structs = msgspec.json.schema_components(SENT.values(), ref_template=REF)
    enums: dict[str, Any] = {}
    for name, struct in structs.items():
        _describe(struct, getattr(findings, name, None) or getattr(node, name))
        enums |= _named(struct)
        # Fields are only added: who reads the messages must let unknown ones pass.
        struct.pop("additionalProperties", None)
    topics = {topic: {"$ref": REF.format(name=kind.__name__)} for topic, kind in SENT.items()}
    return for_all_readers(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"edgenode messages, version {VERSION}",
            "anyOf": list(topics.values()),
            "topics": topics,
            "$defs": structs | enums,
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


def _named(struct: dict[str, Any]) -> dict[str, Any]:
    """Take the enumerations out of *struct* and return them by name.

    Generators of code name what has no name by its field, and count: ``State1``.
    """
    enums: dict[str, Any] = {}
    for field, place in struct["properties"].items():
        if "enum" in place:
            name = f"{struct['title']}{field.capitalize()}"
            enums[name] = {"title": name, "enum": place.pop("enum")}
            place["$ref"] = REF.format(name=name)
    return enums
