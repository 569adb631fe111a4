"""Reads one TOML file, and says in one line why it cannot be read."""

import errno
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgenode.config.faults import Key, spell
from edgenode.errors import ConfigError

LARGEST_FILE = 1 << 20
"""Most bytes of a file: far more than any configuration, and far less than a device yields."""

DEEPEST = 32
"""Most tables and arrays within each other."""

INTEGERS = range(-(2**63), 2**63)
"""What TOML promises to hold of whole numbers."""

CURES = {
    "Invalid value": "text needs quotes, true and false need none",
    "Cannot overwrite": "a key may be in a table only once: remove one of them",
    "Cannot declare": "a table may be opened only once: put its keys together",
    "Unescaped": "text with a backslash needs 'single quotes'",
    "Illegal character '\\n'": "text ends on the line where it begins: close its quotes",
    "Invalid statement": "a line is `[table]`, `key = value` or `# words`",
    "Expected newline": "one `key = value` a line, and text in quotes",
}
"""Cures by how the messages of tomllib start."""

TYPOGRAPHIC = "[\u2018-\u201f]"
"""Quotes that word processors put in place of straight ones."""

OPENED = {
    errno.EACCES: "let this user read it, see `ls -l`",
    errno.EISDIR: "name a file",
    errno.ELOOP: "its links lead in a circle: remove them",
    errno.ENAMETOOLONG: "give it a shorter name",
}
"""Cures by the error of opening a file."""


def load(file: Path) -> dict[str, Any]:
    """Return the table in *file*, which may begin with a byte order mark.

    Raise ``ConfigError`` with one line that names the fault and its cure, and ``FileNotFoundError``
    if there is no such file.
    """
    text = _text(file)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file}: not TOML: {error}{_cure(str(error), text)}"]) from error
    except RecursionError as error:
        raise ConfigError([f"{file}: {_too_deep()}"]) from error
    except ValueError as error:
        # int() of more digits than Python converts.
        raise ConfigError([f"{file}: not TOML: {_too_large()}"]) from error
    if faults := [f"{file}: {fault}" for fault in _beyond(table)]:
        raise ConfigError(faults)
    return table


def unreadable(path: Path, error: OSError) -> str:
    """Return one line that says why *path* cannot be read, and the cure where it is known."""
    cure = OPENED.get(error.errno or 0)
    return f"{path}: cannot be read: {error.strerror or error}" + (f"; {cure}" if cure else "")


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError([unreadable(file, error)]) from error
    if len(content) > LARGEST_FILE:
        raise ConfigError([f"{file}: larger than 1 MiB, so no configuration; name another file"])
    # UTF-16 with its mark, or without one: then the first characters bring zero bytes.
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        cure = "save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)"
        raise ConfigError([f"{file}: UTF-16 and not UTF-8; {cure}"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = f"not UTF-8 at line {line} (byte {error.start}); save it as UTF-8"
        raise ConfigError([f"{file}: {fault}"]) from error


def _cure(message: str, text: str) -> str:
    if message.startswith("Invalid value") and re.search(TYPOGRAPHIC, text):
        return '; text needs straight quotes: "text"'
    found = next((cure for start, cure in CURES.items() if message.startswith(start)), "")
    return f"; {found}" if found else ""


def _beyond(table: dict[str, Any]) -> Iterator[str]:
    """Yield a fault for each value that what reads the table after us could not take."""
    # Not recursive: keys with dots make tables of any depth.
    waiting: list[tuple[Key, Any]] = [((), table)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict | list):
            if len(key) >= DEEPEST:
                yield f"{spell(key[:3])}: {_too_deep()}"
                return
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [((*key, name), item) for name, item in items]
        elif isinstance(value, int) and value not in INTEGERS:
            yield f"{spell(key)}: {_too_large()}"


def _too_deep() -> str:
    return f"more than {DEEPEST} tables or arrays within each other; write it flatter"


def _too_large() -> str:
    return "a whole number of more than 64 bits; write a smaller one, or text in quotes"
