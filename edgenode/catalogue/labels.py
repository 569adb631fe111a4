"""The names of a model's classes, by class id: the only module that reads label files.

The rules are in docs/plugins.md, "Labels". What a node could not publish is refused here, so that
it is a fault of its model alone.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

from edgenode.errors import ModelError
from edgenode.text import forbidden
from edgenode.values import LONGEST_LABEL, MOST_LABELS

SHOWN = 40
"""Characters of a wrong label that a message quotes."""

# That of UTF-16 is how that of UTF-32 begins.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUMBERED = re.compile(r"([0-9]{1,9})(?:\s*[:,;]\s*|\s+)(\S.*)")
_FORMATS = {
    "JSON": re.compile(r"\A\s*(?:\{|\[\s*[\"'{\]])"),
    "a label map of TensorFlow (pbtxt)": re.compile(r"^[ \t]*item[ \t]*:?[ \t]*\{", re.MULTILINE),
    "YAML": re.compile(r"\A\s*(?:---|names\s*:|- )"),
}
_AGAIN = "and give its new sha256 in model.toml"


def read(content: bytes, name: str, until: str = "") -> tuple[str, ...]:
    """Return the labels in a label file by class id; each ends before *until*, if that is given.

    A class id without a line is ``class-N``. Raise ``ModelError`` naming the file by *name*, the
    line, what is wrong with it and the cure.
    """
    text = _decoded(content, name)
    for kind, pattern in _FORMATS.items():
        if pattern.search(text):
            raise ModelError(
                f"{name}: is {kind}; write one label per line, in the order of the class ids from"
                f" 0, {_AGAIN}"
            )
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise ModelError(f"{name}: has no labels; write one per line, {_AGAIN}")
    named = _by_id(lines, name) or tuple((f"line {n}", one) for n, one in enumerate(lines, 1))
    return _checked(named, name, until)


def listed(labels: Sequence[str], name: str, until: str = "") -> tuple[str, ...]:
    """Return the labels that a manifest lists itself; raise ``ModelError`` as ``read`` does."""
    return _checked([(f"labels[{n}]", one) for n, one in enumerate(labels)], name, until)


def _checked(named: Sequence[tuple[str, str]], name: str, until: str) -> tuple[str, ...]:
    """Return the labels of *named*, pairs of a place and a label; raise ``ModelError`` as above."""
    if len(named) > MOST_LABELS:
        raise ModelError(f"{name}: {len(named)} labels; a node publishes at most {MOST_LABELS}")
    labels = [one.split(until)[0].strip() if until else one for _, one in named]
    for fault in _faults([place for place, _ in named], labels):
        raise ModelError(f"{name}: {fault}")
    return tuple(labels)


def _faults(places: Iterable[str], labels: Iterable[str]) -> Iterator[str]:
    for place, label in zip(places, labels, strict=True):
        if not label:
            yield f"{place} is empty; write the name of that class, or ??? if it has none"
        elif wrong := forbidden(label):
            yield f"{place}, {_quoted(label)}: {wrong!a} is a control character; remove it"
        elif len(label) > LONGEST_LABEL:
            yield (
                f"{place}, {_quoted(label)}: {len(label)} characters, a label has at most"
                f" {LONGEST_LABEL}; shorten it, or say with `labels_until` where labels end"
            )


def _quoted(label: str) -> str:
    return repr(label) if len(label) <= SHOWN else f"{label[:SHOWN]!r}..."


def _decoded(content: bytes, name: str) -> str:
    mark, encoding = next((one for one in _MARKS if content.startswith(one[0])), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, len(mark) + error.start) + 1
        raise ModelError(
            f"{name}: line {line} is no {encoding.upper()}; save the file as UTF-8, {_AGAIN}"
        ) from error
    if "\0" in text:
        raise ModelError(
            f"{name}: has zero bytes, so it is no text, or UTF-16 without a byte order mark;"
            f" save it as UTF-8, {_AGAIN}"
        )
    return text


def _by_id(lines: Sequence[str], name: str) -> list[tuple[str, str]]:
    """Return a place and a label for each class id, if the lines begin with ids; else nothing."""
    found = [_NUMBERED.fullmatch(line) for line in lines]
    ids = [int(one[1]) for one in found if one]
    plain = [place for place, one in enumerate(found) if not one]
    if not ids or 2 * len(ids) <= len(lines) or _are_amounts(found):
        return []
    if plain and ids == sorted(set(ids)):
        raise ModelError(
            f"{name}: line {plain[0] + 1}, {_quoted(lines[plain[0]])}, has no class id, line"
            f" {found.index(next(filter(None, found))) + 1} has: give every line one, or none"
        )
    return [] if plain else _filled(ids, [one[2] for one in found if one], name)


def _are_amounts(found: Iterable[re.Match[str] | None]) -> bool:
    """Whether the numbers belong to the names, as in ``5 euro``, ``10 euro``: all are alike."""
    names = [one[2] for one in found if one]
    return len(names) > 1 and len(set(names)) == 1


def _filled(ids: Sequence[int], names: Sequence[str], name: str) -> list[tuple[str, str]]:
    lines = {class_id: line for line, class_id in reversed([*enumerate(ids, 1)])}
    for line, class_id in enumerate(ids, 1):
        if lines[class_id] != line:
            raise ModelError(
                f"{name}: line {line} has class id {class_id} again, after line {lines[class_id]};"
                " if the numbers belong to the names, put the class id before them"
            )
        if class_id >= MOST_LABELS:
            raise ModelError(
                f"{name}: line {line} has class id {class_id}; a node publishes those below"
                f" {MOST_LABELS}"
            )
    labels = dict(zip(ids, names, strict=True))
    return [
        (f"line {lines.get(n, 0)}", labels.get(n, f"class-{n}")) for n in range(max(labels) + 1)
    ]
