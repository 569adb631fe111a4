"""Mutated configurations through what `edgenode check`, a start and a reload read them with.

A case is the content of a file and that of a drop-in. Whatever is wrong with them must be a line of
text: nothing else may be raised.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from random import Random
from typing import TypeAlias

from edgenode.cli import main
from edgenode.cli.defaults import text
from edgenode.config import password, read
from edgenode.errors import EdgenodeError
from tests.configurations import WHOLE

Case: TypeAlias = tuple[bytes, bytes]

COUNT = 5_000
"""How many cases are asked for."""

VALUES = [
    *('""', "''", '"\\u0000"', '"\\n"', '"a\\nb"', '"' + "x" * 5000 + '"', '"' + "é" * 300 + '"'),
    *("0", "-1", "1e308", "5e-324", "nan", "-inf", "9" * 5000, "0x" + "f" * 5000, "2" * 19),
    *("true", "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "0001-01-01T00:00:00+23:59"),
    *("[]", "[[]]", "{}", "{a = 1}", "[" * 2000, "[" * 200 + "]" * 200, "['a', 1]", "[{}]"),
    *('"edgetpu:' + "9" * 5000 + '"', '"/dev/zero"', '"/"', '"."', '"../.."', '"mqtt://h:0"'),
    *(
        '"' + "/x" * 3000 + '"',
        '"(" ',
        '"%s{0}"',
        '"\\uFFFF"',
        '"\\U0010FFFF"',
        '"\u043c\u0438\u0440"',
        "\u201ca\u201d",
    ),
]
KEYS = [
    *('""', '"\\u0000"', '"a\\nb"', "password", "x" * 3000, ".".join("a" * 300), "a.b.c", "use"),
    *("é", '"' + "é" * 100 + '"', "-", "_", "source", "sources", "plugins", "models", "node"),
]
BYTES = [b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\r\n", b"\x1b[2J", b"[", b"]", b'"']


def cases(random: Random) -> Iterator[Case]:
    """Yield cases without end: two to eight mutations of a whole configuration each."""
    seeds = (WHOLE.encode(), re.sub(r"(?m)^# ?(?=[a-z_]+ = )", "", text()).encode())
    while True:
        file, drop_in = random.choice(seeds), random.choice((b"", b"", *seeds))
        for _ in range(random.randint(2, 8)):
            file = random.choice(MUTATIONS)(random, file)
        if drop_in:
            drop_in = random.choice(MUTATIONS)(random, drop_in)
        yield file, drop_in


def try_one(case: Case) -> None:
    """Check *case*; raise ``AssertionError`` for a fault that is not one line of the file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "edgenode.toml"
        file.write_bytes(case[0])
        if case[1]:
            drop_in = Path(folder) / "edgenode.d" / "10.toml"
            drop_in.parent.mkdir()
            drop_in.write_bytes(case[1])
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as err:
            status = main(["check", str(file)])
        lines = err.getvalue().splitlines()
        if status != (2 if lines else 0):
            raise AssertionError(f"exit status {status} with {len(lines)} faults")
        for line in lines:
            if not (line.isprintable() and line.startswith(folder)):
                raise AssertionError(f"not one line that names the file: {line!r}")
        with suppress(EdgenodeError):
            password(read(file).mqtt)


def _value(random: Random, content: bytes) -> bytes:
    """Replace the value of one key."""
    return _one(random, content, rb"(?m)(?<== ).*$", random.choice(VALUES).encode())


def _key(random: Random, content: bytes) -> bytes:
    """Replace the name of one key or table."""
    return _one(random, content, rb"(?m)^[\w.-]+|(?<=^\[)[\w.-]+", random.choice(KEYS).encode())


def _line(random: Random, content: bytes) -> bytes:
    """Move, repeat or remove a line."""
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    line = random.choice(lines)
    if random.randrange(2):
        lines.remove(line)
    else:
        lines.insert(random.randrange(len(lines)), line)
    return b"".join(lines)


def _cut(random: Random, content: bytes) -> bytes:
    """Remove a piece, or all from there on."""
    start = random.randrange(len(content) + 1)
    end = start + random.choice((1, 3, 30, len(content)))
    return content[:start] + content[end:]


def _insert(random: Random, content: bytes) -> bytes:
    """Put a byte that means something, or any, somewhere."""
    place = random.choice((0, random.randrange(len(content) + 1)))
    extra = random.choice((*BYTES, random.randbytes(3)))
    return content[:place] + extra + content[place:]


def _one(random: Random, content: bytes, pattern: bytes, new: bytes) -> bytes:
    found = list(re.finditer(pattern, content))
    if not found:
        return content
    place = random.choice(found)
    return content[: place.start()] + new + content[place.end() :]


MUTATIONS = (_value, _value, _value, _key, _line, _cut, _insert)
