"""The configuration as JSON Schema, with the options of all that is installed."""

from typing import Any

import msgspec

from edgenode.config import Tables
from edgenode.errors import PluginError
from edgenode.messages.contract import for_all_readers
from edgenode.sense import registry


def of_config() -> dict[str, Any]:
    """Return the schema (2020-12); a table is told from others by the constant of its ``use``."""
    defs: dict[str, Any] = {}
    for group, kind in registry.KINDS.items():
        tables = [_table(group, name, defs) for name in registry.names(group)]
        defs[kind] = {"oneOf": tables} if tables else {"type": "object"}
    top = _struct(Tables, defs)
    for kind in ("source", "plugin"):
        top["properties"][f"{kind}s"]["additionalProperties"] = {"$ref": f"#/$defs/{kind}"}
    made = {
        **top,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of edgenode",
        "$defs": defs,
    }
    return for_all_readers(made)


def _table(group: str, name: str, defs: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a table that says ``use = name``; open where it does not load."""
    use = {"use": {"const": name}}
    try:
        table = _struct(registry.options(group, name), defs)
        needed = registry.required(group, name)
    except PluginError as error:
        return {"description": str(error), "properties": use, "required": ["use"]}
    if group == registry.PLUGINS:
        for kind in ("trigger", "filter"):
            table["properties"][f"{kind}s"]["items"] = {"$ref": f"#/$defs/{kind}"}
    return {
        **table,
        "title": f"{registry.KINDS[group]} {name}",
        "properties": {**use, **table["properties"]},
        "required": ["use", *dict.fromkeys((*needed, *table.get("required", ())))],
    }


def _struct(kind: type[msgspec.Struct], defs: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of *kind*; what it refers to goes into *defs*, under names of its own."""
    prefix = "" if kind is Tables else f"{kind.__module__}."
    (found,), parts = msgspec.json.schema_components(
        [kind], ref_template=f"#/$defs/{prefix}{{name}}"
    )
    own = found["$ref"].removeprefix(f"#/$defs/{prefix}")
    top: dict[str, Any] = parts[own]
    defs.update({f"{prefix}{name}": part for name, part in parts.items() if name != own})
    return top
