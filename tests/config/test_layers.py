import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgenode.config import layers

READ = """
import pathlib, sys
from edgenode.config import layers
print(*layers.read(pathlib.Path(sys.argv[1])).faults, sep="\\n")
"""
AS_USERS_ARE = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
)


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

    assert found.faults == [f"{tmp_path}: cannot be read: Is a directory; name a file"]


def test_what_editors_and_systems_leave_there_is_no_drop_in_and_is_named(file: Path) -> None:
    file.write_text("")
    left = ["._10.toml", ".10.toml.swp", "10.TOML", "10.toml.dpkg-old", "10.toml~", "30.conf"]
    names = [drop_in(file, name, "\x00 not TOML") for name in left]
    lock = file.parent / "node.d" / ".#10.toml"
    lock.symlink_to("someone@host.1234:5678")
    drop_in(file, "10.toml", "a = 1")

    found = layers.read(file)

    assert (found.table, found.faults) == ({"a": 1}, [])
    assert found.ignored == [
        f"{name}: not read, a drop-in is named like 10-site.toml"
        for name in sorted([*names, str(lock)])
    ]


def test_a_link_that_leads_nowhere_is_a_fault(file: Path) -> None:
    file.write_text("")
    name = drop_in(file, "10.toml", "")
    Path(name).unlink()
    Path(name).symlink_to("/nowhere")

    found = layers.read(file)

    assert found.faults == [f"{name}: a link that leads nowhere; mend it, or remove it"]


def test_drop_ins_that_are_no_folder_are_a_fault(file: Path) -> None:
    file.write_text("")
    folder = file.parent / "node.d"
    folder.write_text("a = 1")
    plain = layers.read(file).faults
    folder.unlink()
    folder.symlink_to("/nowhere")

    lost = layers.read(file).faults

    assert plain == [f"{folder}: no folder, but drop-ins would be in one of this name; rename it"]
    assert lost == [f"{folder}: a link that leads nowhere; mend it, or remove it"]


def test_drop_ins_that_may_not_be_read_are_a_fault(file: Path) -> None:
    file.write_text("")
    folder = Path(drop_in(file, "10.toml", "a = 1")).parent
    folder.chmod(0)

    ended = subprocess.run(
        [*AS_USERS_ARE, sys.executable, "-c", READ, file],
        check=False,
        capture_output=True,
        text=True,
    )
    folder.chmod(0o700)

    cure = "let this user read it, see `ls -l`"
    assert ended.stdout == f"{folder}: cannot be read: Permission denied; {cure}\n"
