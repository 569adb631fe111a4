"""Mutated manifests and label files through what `try`, `check` and a start read them with.

A case is the content of a manifest and that of its label file. Whatever is wrong with them must be
an error of edgenode: nothing else may be raised.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TypeAlias

from edgenode.catalogue import manifest
from edgenode.catalogue.labels import read
from edgenode.catalogue.manifest import FILE, Manifest
from edgenode.catalogue.store import Store
from edgenode.errors import EdgenodeError
from edgenode.plugin import Model, TensorSpec
from edgenode.sense import checks, registry
from tests.sense.manifests import MANIFEST, USUAL

Case: TypeAlias = tuple[bytes, bytes]

COUNT = 5_000
"""How many cases are asked for."""

DIGEST = "0" * 64
TRAITS = """fit = "crop"
output_order = "split"
threshold = { a = 0.5, default = 0.25 }
mean = [123.675, 116.28, 103.53]
std = [58.395, 57.12, 57.375]
"""
FILES = f"""labels_from = "labels"
labels_until = ","
[files.labels]
name = "labels.txt"
sha256 = "{DIGEST}"
"""
LISTED = 'labels = ["a", "b"]\n'

LABELS = (
    *("cat\ndog\ncafé\n", "0 cat\n1 dog\n7 owl\n", "0: cat\r\n1: dog\r\n", "???\ncat, felis\n"),
    *('["cat", "dog"]', "item {\n  id: 1\n  name: 'cat'\n}\n", "names:\n  0: cat\n  1: dog\n"),
    *("5 euro\n10 euro\n", "0,cat\n1,dog\n", "cat\n" * 5000, "9" * 40 + " cat\n"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be")

PIECES = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n", b"\r\n", b"\n\n", b"\x1b[2J"),
    *(b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\t", b" " * 300),
    *(b"0", b"-1", b"4096 x", b"1e308", b"nan", b"-inf", b"9" * 5000, b"0x" + b"f" * 400),
    *(b"true", b"1979-05-27", b'""', b'"\\u0000"', b'"\\u001b"', b"[]", b"{}", b"[[]]", b"{a = 1}"),
    *(b"[" * 1500, b"{a=" * 500, b"[1.0, 2.0]", b"[0, 0, 0]", b"x" * 5000, b'"', b"'", b"=", b"#"),
    *(
        b"\nlabels_until = ''",
        b"\n[files.edgetpu]",
        b"\ntraits = 1",
        b"\n[traits.fit]",
        b"\nstd = 0",
    ),
)


def cases(random: Random) -> Iterator[Case]:
    """Yield cases without end: up to six mutations of a manifest, and of a label file."""
    while True:
        task = random.choice(("object-detection", *registry.names(registry.PLUGINS)))
        changed = {"task": task, "traits": TRAITS, "shape": [1, 32, 32, 3], "dtype": "int8"}
        text = MANIFEST.format(sha256=DIGEST, **USUAL | changed)
        if random.random() < 0.5:  # noqa: PLR2004 one of two
            head, files, rest = text.partition("[files.")
            where, _, pins = FILES.partition("[files.")
            text = head.replace(LISTED, where) + "[files." + pins + files + rest
        labels = random.choice(LABELS).encode(random.choice(ENCODINGS))
        yield (
            mutated(random, text.encode(), random.randint(0, 6)),
            mutated(random, labels, random.randint(0, 6)),
        )


def mutated(random: Random, content: bytes, times: int) -> bytes:
    """Return *content* with so many parts cut, repeated, exchanged or put in."""
    for _ in range(times):
        start, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
        end = min(end, start + random.choice((0, 1, 8, 64, 4096)))
        part = random.choice(
            (b"", random.choice(PIECES), content[start:end] * 2, random.randbytes(2))
        )
        content = content[:start] + part + content[end:]
    return content


def try_one(case: Case) -> None:
    """Read the case as a model of its own; raise what is no error of edgenode."""
    text, labels = case
    with tempfile.TemporaryDirectory(prefix="edgenode-fuzz-") as root:
        folder = Path(root) / "own-model"
        folder.mkdir()
        # The digest is no part of the case: a label file is mutated after it was pinned.
        digest = hashlib.sha256(labels).hexdigest().encode()
        (folder / FILE).write_bytes(text.replace(DIGEST.encode(), digest))
        (folder / "labels.txt").write_bytes(labels)
        for step in (_labels, _whole):
            try:
                step(folder, labels)
            except EdgenodeError as error:
                _check_line(str(error))


def _labels(_folder: Path, labels: bytes) -> None:
    for label in read(labels, "labels.txt"):
        _check_line(label)


def _whole(folder: Path, _labels: bytes) -> None:
    found = manifest.find("own-model", [folder.parent])
    for line in (found.title, found.licence, found.source):
        _check_line(line)
    labels = Store(folder.parent / "store").labels(found)
    cls = registry.plugin(found.task)
    for fault in checks.traits(cls, found, ("plugins", "own")):
        _check_line(str(fault))
    cls(cls.Options(source="front"), _model(found, labels))


def _model(found: Manifest, labels: tuple[str, ...]) -> Model:
    spec = TensorSpec(
        name="input", shape=found.input.shape, dtype=found.input.dtype, scale=0.0186, zero_point=-15
    )
    shapes = ((1, 21, 64), (1, 21, len(labels)))
    outputs = tuple(TensorSpec(name=str(one), shape=one, dtype="float32") for one in shapes)
    return Model(id=found.id, labels=labels, input=spec, outputs=outputs, traits=found.traits)


def _check_line(text: str) -> None:
    if "\n" in text or "\x1b" in text:
        raise AssertionError(f"not one line of plain text: {text!r}")
