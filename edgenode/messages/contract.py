"""Which payload is on which topic, and the JSON Schema of all payloads."""

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
    """Return one JSON Schema (2020-12): the payloads under ``$defs``, and a ref for each topic."""
    _, structs = msgspec.json.schema_components(SENT.values(), ref_template=REF)
    enums: dict[str, Any] = {}
    for name, struct in structs.items():
        _describe(struct, getattr(findings, name, None) or getattr(node, name))
        enums |= _named(struct)
        # A later version may add fields: a consumer must accept what it does not know.
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
    """Return *schema* with patterns for JavaScript, in which ``$`` is the very end of a text."""
    return dict(json.loads(json.dumps(schema).replace("\\\\Z", "$")))


def _describe(component: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Add the descriptions in the docstring of *kind* to the properties."""
    # So those docstrings are part of the contract: the golden schema changes with them.
    about, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
    component["description"] = about
    for names, text in _ATTRIBUTE.findall(attributes):
        for name in component["properties"].keys() & names.split(", "):
            component["properties"][name]["description"] = " ".join(text.split())


def _named(struct: dict[str, Any]) -> dict[str, Any]:
    """Move the enumerations out of *struct* and return them by name.

    A generator of code would give an enumeration without a name a number: ``State1``.
    """
    enums: dict[str, Any] = {}
    for field, place in struct["properties"].items():
        if "enum" in place:
            name = f"{struct['title']}{field.capitalize()}"
            enums[name] = {"title": name, "enum": place.pop("enum")}
            place["$ref"] = REF.format(name=name)
    return enums
