"""What a file of the configuration may hold, whoever wrote it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgenode import config

Faults = Callable[[Path], list[str]]


def test_a_byte_order_mark_is_no_part_of_the_text(file: Path) -> None:
    file.write_text('[node]\nsite = "dock"\n', "utf-8-sig")

    found = config.read(file)

    assert found.node.site == "dock"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named_with_the_way_out(file: Path, encoding: str, faults: Faults) -> None:
    file.write_text('[node]\nsite = "dock"\n', encoding)

    lines = faults(file)

    cure = "save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)"
    assert lines == [f"UTF-16 and not UTF-8; {cure}"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[node]\nsite = “dock”\n", '; text needs straight quotes: "text"'),
        ('[node]\nsite = "dock\n', "; text ends on the line where it begins: close its quotes"),
        ('[models]\nstore = "C:\\models"\n', "; text with a backslash needs 'single quotes'"),
        ("[node]\nid = 'a'\nid = 'b'\n", "; a key may be in a table only once: remove one of them"),
        ("[node]\n[node]\n", "; a table may be opened only once: put its keys together"),
        ("%\n", "; a line is `[table]`, `key = value` or `# words`"),
    ],
)
def test_what_is_no_toml_is_told_with_its_cure(
    file: Path, text: str, fault: str, faults: Faults
) -> None:
    file.write_text(text)

    (line,) = faults(file)

    assert line.startswith("not TOML: ")
    assert "at line" in line
    assert line.endswith(fault)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = " + "[" * 3000, id="arrays that do not end"),
        pytest.param("a = " + "[" * 100 + "]" * 100, id="arrays"),
        pytest.param("a = " + "{a = " * 100 + "1" + "}" * 100, id="tables"),
        pytest.param(".".join("a" * 2000) + " = 1", id="dots"),
        pytest.param("[" + ".".join("a" * 2000) + "]", id="a table's name"),
    ],
)
def test_what_is_too_deep_is_a_fault(file: Path, text: str, faults: Faults) -> None:
    file.write_text(text)

    (line,) = faults(file)

    assert line.endswith("more than 32 tables or arrays within each other; write it flatter")


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, str(2**63), str(-(2**63) - 1)])
def test_a_whole_number_beyond_64_bits_is_a_fault(file: Path, number: str, faults: Faults) -> None:
    file.write_text(f"[plugins.people]\nuse = 'x'\nlimit = {number}\n")

    (line,) = faults(file)

    cure = "a whole number of more than 64 bits; write a smaller one, or text in quotes"
    assert line.endswith(cure)
    assert len(line) < 200


def test_a_file_without_an_end_is_no_configuration(faults: Faults) -> None:
    lines = faults(Path("/dev/zero"))

    assert lines == ["larger than 1 MiB, so no configuration; name another file"]


def test_a_name_too_long_for_a_file_is_a_fault(tmp_path: Path, faults: Faults) -> None:
    lines = faults(tmp_path / ("x" * 300))

    assert lines[0] == "cannot be read: File name too long; give it a shorter name"


def test_a_fault_is_one_line_whatever_the_key_is_called(file: Path, faults: Faults) -> None:
    file.write_text('[node]\n"a\\nb\\u001b[2J" = "\\u009b"\n[plugins]\n"' + "x" * 3000 + '" = 1\n')

    lines = faults(file)

    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 300
