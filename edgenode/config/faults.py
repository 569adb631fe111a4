"""A fault in the configuration, and how it is shown without showing a secret."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TypeAlias

import msgspec

from edgenode.text import one_line

Key: TypeAlias = tuple[str | int, ...]

SECRETS = ("password", "passwd", "passphrase", "secret", "token", "api_key", "private_key", "pwd")
"""Keys, alone or after an underscore, that are refused in a configuration."""

NOTHING_TO_RUN = "nothing to run; add a table such as [plugins.people]"
"""What is wrong with a configuration without plugins."""

LONGEST_VALUE = 80
"""Most characters of a value, or of a name in a key, in a message."""


class Fault(msgspec.Struct, frozen=True):
    """One fault: the key, its value, and what would be right.

    Attributes:
        key: the path of the key; a number is a place in an array, counted from 0.
        problem: what is wrong, and the cure.
        value: the value as returned by ``show``, empty if there is none.
    """

    key: Key
    problem: str
    value: str = ""

    def __str__(self) -> str:
        """Return ``KEY.PATH = VALUE: what is wrong``."""
        equals = f" = {self.value}" if self.value else ""
        return one_line(f"{spell(self.key)}{equals}: {self.problem}")


def spell(key: Key) -> str:
    """Return the path of a key as text: ``plugins.people.zones.door.polygon[0]``."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = _short(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else repr(part))
            text += f".{name}" if text else name
    return text


def show(key: Key, value: object) -> str:
    """Return *value* for a message: shortened, and ``(hidden)`` if it may be a secret."""
    if _looks_secret(key):
        return "(hidden)"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "an array"
    text = repr(value) if isinstance(value, str | int | float | list) else str(value)
    # A URL may hold a user and a password.
    text = re.sub(r"//.*@", "//(hidden)@", text)
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def near(name: str, names: Iterable[str]) -> str:
    """Return ``; did you mean 'X'?`` for the nearest of *names*, or nothing."""
    # Comparing takes the square of the length: no name is so long.
    found = get_close_matches(name[:LONGEST_VALUE], list(names), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def is_secret(name: str) -> bool:
    """Return whether *name* is the key of a secret."""
    plain = _plain(name)
    return any(plain == secret or plain.endswith(f"_{secret}") for secret in SECRETS)


def _looks_secret(key: Key) -> bool:
    """Return whether the key is that of a secret, or looks like a misspelt one."""
    names = [part for part in key if isinstance(part, str)]
    name = _plain(names[-1]) if names else ""
    if name.endswith("_file"):
        return False
    # Generous, unlike ``is_secret``: hiding a value too many does no harm.
    alike = get_close_matches(name[:LONGEST_VALUE], SECRETS, n=1, cutoff=0.75)
    return bool(alike) or any(secret in name for secret in SECRETS)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
