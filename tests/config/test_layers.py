from pathlib import Path

import pytest

from edgenode.config import layers


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "node.toml"


def drop_in(file: Path, name: str, text: str) -> str:
    path = file.parent / "node.d" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


def test_tables_merge_and_values_replace(file: Path) -> None:
    file.write_text("[a]\nx = 1\ny = [1, 2]\n[a.b]\nz = 1\n")
    drop_in(file, "1.toml", "[a]\ny = [3]\n[a.b]\nw = 2\n[c]\n")

    found = layers.read(file)

    assert found.table == {"a": {"x": 1, "y": [3], "b": {"z": 1, "w": 2}}, "c": {}}


def test_the_origin_of_a_key_is_the_file_that_said_it_last(file: Path) -> None:
    file.write_text("[a]\nx = 1\ny = 1\n")
    first = drop_in(file, "1.toml", "[a]\nx = 2\n[b]\n")
    second = drop_in(file, "2.toml", "[a]\nx = 3\n[b]\nz = 1\n")

    found = layers.read(file)

    assert found.origins == {
        ("a",): str(file),
        ("a", "x"): second,
        ("a", "y"): str(file),
        ("b",): first,
        ("b", "z"): second,
    }


def test_a_table_may_replace_a_value_and_a_value_a_table(file: Path) -> None:
    file.write_text("a = 1\n[b]\nx = 1\n")
    name = drop_in(file, "1.toml", "b = 2\n[a]\nx = 1\n")

    found = layers.read(file)

    assert found.table == {"a": {"x": 1}, "b": 2}
    assert found.origins[("a",)] == found.origins[("b",)] == name


def test_drop_ins_of_another_file_and_other_files_are_not_read(file: Path) -> None:
    file.write_text("")
    drop_in(file, "readme.txt", "not TOML")
    (file.parent / "edgenode.d").mkdir()
    (file.parent / "edgenode.d" / "1.toml").write_text("a = 1\n")

    found = layers.read(file)

    assert (found.table, found.faults) == ({}, [])


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    found = layers.read(tmp_path)

    assert found.faults == [f"{tmp_path}: cannot be read: Is a directory"]
