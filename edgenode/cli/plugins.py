"""List what is installed (sources, plugins, triggers, filters), and with NAME its options."""

import argparse
import json
import textwrap
from difflib import get_close_matches
from typing import Any

import msgspec

from edgenode.config.allowed import allowed, description
from edgenode.errors import PluginError
from edgenode.sense import registry

HELP = "list sources, plugins, triggers and filters, and their options"

INDENT = " " * 6
WIDTH = 96


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="show its options")
    parser.add_argument("--json", action="store_true", help="one JSON array")


def run(args: argparse.Namespace) -> int:
    """Print what is installed; a plugin that does not load is listed with its error."""
    listed = [
        _about(group, name, with_options=args.name is not None)
        for group in registry.KINDS
        for name in registry.names(group)
        if args.name in (None, name)
    ]
    if not listed:
        what = f"no source, plugin, trigger or filter {args.name!r} is installed"
        raise PluginError(f"{what}; {_near(args.name)}")
    if args.json:
        print(json.dumps(listed, indent=2))
    elif args.name is None:
        _print_table(listed)
    else:
        for entry in listed:
            _print_entry(entry)
    return 0


def _near(name: str) -> str:
    # With its kind: the nearest name of all need not be that of a plugin.
    kinds = {one: kind for group, kind in registry.KINDS.items() for one in registry.names(group)}
    found = get_close_matches(name, kinds, n=1)
    return (
        f"did you mean the {kinds[found[0]]} {found[0]!r}?" if found else "see `edgenode plugins`"
    )


def _about(group: str, name: str, *, with_options: bool) -> dict[str, Any]:
    about = {"kind": registry.KINDS[group], "name": name, "from": "", "summary": "", "error": ""}
    try:
        about["from"] = registry.origin(registry.find(group, name))
        options = _options(group, name)
        about["summary"] = registry.summary(group, name)
    except PluginError as error:
        return {**about, "error": str(error)}
    return {**about, "options": options} if with_options else about


def _options(group: str, name: str) -> list[dict[str, Any]]:
    required, refused = registry.required(group, name), registry.refused(group, name)
    return [
        {
            "name": field.encode_name,
            "type": allowed(field.type),
            "required": (needed := field.required or field.encode_name in required),
            "default": None if needed else _default(field),
            "description": description(field.type),
        }
        for field in msgspec.structs.fields(registry.options(group, name))
        if field.encode_name not in refused
    ]


def _default(field: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401 whatever TOML has
    made = field.default_factory
    value = field.default if made is msgspec.NODEFAULT else made()
    return msgspec.to_builtins(value)


def _print_table(listed: list[dict[str, Any]]) -> None:
    name, origin = (max(len(entry[key]) for entry in listed) for key in ("name", "from"))
    for entry in listed:
        text = entry["error"] or entry["summary"]
        print(f"{entry['kind']:7} {entry['name']:{name}}  {entry['from']:{origin}}  {text}")


def _print_entry(entry: dict[str, Any]) -> None:
    print(f"{entry['kind']} {entry['name']} ({entry['from'] or 'claimed twice'})")
    print(f"  {entry['error'] or entry['summary']}")
    for option in entry.get("options", []):
        value = option["default"]
        shown = "(not set)" if value is None else f"= {json.dumps(value, ensure_ascii=False)}"
        print(f"\n  {option['name']} {'(required)' if option['required'] else shown}")
        about = f": {option['description']}" if option["description"] else ""
        print(textwrap.indent(textwrap.fill(f"{option['type']}{about}", WIDTH), INDENT))
    print()
