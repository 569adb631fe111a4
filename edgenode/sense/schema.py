"""The configuration as JSON Schema, with the options of all that is installed."""

from typing import Any

import msgspec

from edgenode.config import Tables
from edgenode.errors import PluginError
from edgenode.messages.contract import for_all_readers
from edgenode.paths import CREDENTIAL, PATH
from edgenode.sense import registry


def of_config() -> dict[str, Any]:
    """Return the schema (2020-12). The constant ``use`` of a table selects its schema."""
    defs: dict[str, Any] = {}
    for group, kind in registry.KINDS.items():
        tables = [_table(group, name, defs) for name in registry.names(group)]
        defs[kind] = {"oneOf": tables} if tables else {"type": "object"}
    top = _struct(Tables, defs)
    for kind in ("source", "plugin"):
        top["properties"][f"{kind}s"] |= {
            "description": f"a table for each {kind}; its `use` names what it is",
            "additionalProperties": {"$ref": f"#/$defs/{kind}"},
        }
    made = {
        **top,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of edgenode",
        "description": "edgenode.toml, and each of its drop-ins",
        "$defs": defs,
    }
    return for_all_readers(_for_toml(made))


def _table(group: str, name: str, defs: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a table with ``use = name``; any key if *name* does not load."""
    use = {"use": {"const": name}}
    try:
        table = _struct(registry.options(group, name), defs)
        needed = (*registry.required(group, name), *table.get("required", ()))
        about = registry.summary(group, name)
    except PluginError as error:
        return {"description": str(error), "properties": use, "required": ["use"]}
    for key in registry.refused(group, name):
        del table["properties"][key]
    for key in needed:
        table["properties"][key].pop("default", None)
    use["use"]["description"] = about
    if group == registry.PLUGINS:
        for kind in ("trigger", "filter"):
            table["properties"][f"{kind}s"]["items"] = {"$ref": f"#/$defs/{kind}"}
    return {
        **table,
        "title": f"{registry.KINDS[group]} {name}",
        "description": about,
        "properties": {**use, **table["properties"]},
        "required": ["use", *dict.fromkeys(needed)],
    }


def _struct(kind: type[msgspec.Struct], defs: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of *kind*; add the schemas that it refers to to *defs*.

    Their names start with the module: two plugins may have structs of the same name.
    """
    prefix = "" if kind is Tables else f"{kind.__module__}."
    (found,), parts = msgspec.json.schema_components(
        [kind], ref_template=f"#/$defs/{prefix}{{name}}"
    )
    own = found["$ref"].removeprefix(f"#/$defs/{prefix}")
    top: dict[str, Any] = parts[own]
    defs.update({f"{prefix}{name}": part for name, part in parts.items() if name != own})
    return top


def _for_toml(part: Any) -> Any:  # noqa: ANN401 a part of a JSON document
    """Return a part of the schema for files in TOML, and for editors of any draft since 6."""
    if isinstance(part, list):
        return [_for_toml(one) for one in part]
    return _schema(part) if isinstance(part, dict) else part


def _schema(part: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        key: {name: _schema(one) for name, one in value.items()}
        if key in ("properties", "$defs")
        else _for_toml(value)
        for key, value in part.items()
    }
    # TOML has no null; and of a table every key has its own default.
    if isinstance(made.get("default", {}), dict | None):
        made.pop("default", None)
    if made.get("format") in (PATH, CREDENTIAL):
        del made["format"]
    if "description" in made:
        made["description"] = made["description"].replace("``", "")
    if "prefixItems" in made:
        # Where this word is not known, ``items``, which is false beside it, is for all of them.
        made["items"] = _any_of(made.pop("prefixItems"))
    return {**_any_of(made.pop("anyOf")), **made} if "anyOf" in made else made


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema for what one of *schemas* allows, without null."""
    kinds = [one for place, one in enumerate(schemas) if one not in schemas[:place]]
    kinds = [one for one in kinds if one != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
