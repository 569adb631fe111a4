"""Manifests that no editor writes: each is one line that names the file, never a traceback."""

import os
from pathlib import Path

import pytest

from edgenode.catalogue import manifest
from edgenode.cli import main
from edgenode.errors import ModelError

GOOD = (
    'task = "t"\ntitle = "t"\nlicence = "l"\nsource = "s"\n'
    f'files.cpu = {{ name = "m", sha256 = "{"0" * 64}" }}\n'
    'input = { shape = [1], dtype = "int8" }\n'
)
DEEP = 5000

HOSTILE: dict[str, tuple[bytes, str]] = {
    "deep arrays": (b"traits.x = " + b"[" * DEEP + b"]" * DEEP, "nested too deep"),
    "deep tables": (b"traits.x = " + b"{a=" * DEEP + b"1" + b"}" * DEEP, "nested too deep"),
    "a key of many parts": (b"traits." + b"a." * 60_000 + b"b = 1", "a key of many parts"),
    "a quoted key of many parts": (b"traits." + b"'a' . " * 60_000 + b"b = 1", "many parts"),
    "5,000 digits": (b"traits.x = " + b"1" * 5000, "4300 digits"),
    "a null byte": (b"traits.x = '\0'", "invalid character"),
    "no UTF-8": (b"traits.x = '\xff\xfe'", "(?i)utf-8"),
    "2 MB": (b"# " + b"x" * (2 << 20), "larger than 1048576 bytes"),
    "a number too large": (b"traits.x = 0x" + b"f" * 5000 + b"\nmore = 1", "more = 1: unknown key"),
    "a name too long": (b"files.edgetpu = { name = '" + b"n" * 300 + b"' }", "files.edgetpu"),
    "a date that is none": (b"traits.x = 2001-02-31", "Invalid date"),
}


def folder(tmp_path: Path, content: bytes) -> Path:
    place = tmp_path / "own"
    place.mkdir()
    (place / "model.toml").write_bytes(GOOD.encode() + content)
    return place


def test_the_manifest_without_them_is_good(tmp_path: Path) -> None:
    assert manifest.read(folder(tmp_path, b"")).id == "own"


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_manifest_is_one_line(what: str, tmp_path: Path) -> None:
    content, words = HOSTILE[what]
    place = folder(tmp_path, content)

    with pytest.raises(ModelError, match=words) as refused:
        manifest.read(place)

    assert str(refused.value).startswith(f"{place / 'model.toml'}: ")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("what", HOSTILE)
def test_the_commands_say_that_line(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(tmp_path, HOSTILE[what][0])

    for action in ("list", "verify"):
        assert main(["models", action, "--folder", str(tmp_path)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("edgenode: ")


def test_a_manifest_that_is_no_file_is_named(tmp_path: Path) -> None:
    for name in ("pipe", "folder"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "pipe/model.toml")
    (tmp_path / "folder/model.toml").mkdir()

    with pytest.raises(ModelError, match=r"model.toml: not a regular file; mend it"):
        manifest.read(tmp_path / "pipe")
    with pytest.raises(ModelError, match=r"model.toml: Is a directory; mend it"):
        manifest.read(tmp_path / "folder")
