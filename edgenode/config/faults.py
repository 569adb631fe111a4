"""What a fault in the configuration is and how it reads; a secret never shows in one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TypeAlias

import msgspec

Key: TypeAlias = tuple[str | int, ...]

SECRETS = ("password", "passwd", "passphrase", "secret", "token", "api_key", "private_key", "pwd")
"""Keys, alone or after an underscore, that may not stand in a configuration."""

LONGEST = 80
"""Characters of a value that a message shows."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, with which value, and what would be right.

    Attributes:
        key: the path of the key; numbers count from 0 in an array.
        problem: what is wrong, and the cure.
        value: the value as shown to people (see ``show``), empty where there is none.
    """

    key: Key
    problem: str
    value: str = ""

    def __str__(self) -> str:
        """Return ``KEY.PATH = VALUE: what is wrong``."""
        equals = f" = {self.value}" if self.value else ""
        return f"{spell(self.key)}{equals}: {self.problem}"


def spell(key: Key) -> str:
    """Return a key's path as people write it: ``plugins.people.zones.door.polygon[0]``."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else repr(part)
            text += f".{name}" if text else name
    return text


def show(key: Key, value: object) -> str:
    """Return *value* as a message may show it: short, and never a secret."""
    if _looks_secret(key):
        return "(hidden)"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "an array"
    text = repr(value) if isinstance(value, str | int | float | list) else str(value)
    text = re.sub(r"//.*@", "//(hidden)@", text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def near(name: str, names: Iterable[str]) -> str:
    """Return ``; did you mean 'X'?`` for the nearest of *names*, or nothing."""
    found = get_close_matches(name, list(names), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def is_secret(name: str) -> bool:
    """Tell whether *name* is a key for a secret."""
    plain = _plain(name)
    return any(plain == secret or plain.endswith(f"_{secret}") for secret in SECRETS)


def _looks_secret(key: Key) -> bool:
    """Tell whether the key is a secret's, or a misspelt one's."""
    names = [part for part in key if isinstance(part, str)]
    name = _plain(names[-1]) if names else ""
    if name.endswith("_file"):
        return False
    alike = get_close_matches(name, SECRETS, n=1, cutoff=0.75)
    return bool(alike) or any(secret in name for secret in SECRETS)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
