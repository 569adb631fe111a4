import hashlib
import io
import subprocess
from pathlib import Path

import msgspec
import pytest

from edgenode.catalogue.pin import Pin


def test_a_file_that_is_as_pinned_has_no_fault() -> None:
    content = b"weights"
    pin = Pin(name="a.tflite", sha256=hashlib.sha256(content).hexdigest(), size=len(content))

    assert pin.fault(io.BytesIO(content)) is None


def test_another_size_is_seen_before_any_hash() -> None:
    pin = Pin(name="a.tflite", sha256="0" * 64, size=3)

    assert pin.fault(io.BytesIO(b"weights")) == "size is 7, pinned is 3"


def test_another_content_is_named_with_both_hashes() -> None:
    pin = Pin(name="a.tflite", sha256="0" * 64, size=7)

    fault = pin.fault(io.BytesIO(b"weights"))

    found = hashlib.sha256(b"weights").hexdigest()
    assert fault == f"sha256 is {found!r}, pinned is {'0' * 64!r}"


def test_the_git_hash_is_the_one_git_gives(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"weights" * 1000)
    said = subprocess.run(
        ["git", "hash-object", path], capture_output=True, text=True, check=True
    ).stdout.strip()

    pin = Pin(name="file", git_sha1=said)

    with path.open("rb") as file:
        assert pin.fault(file) is None


def test_where_both_hashes_are_pinned_both_must_be_right() -> None:
    content = b"weights"
    pin = Pin(name="a", sha256=hashlib.sha256(content).hexdigest(), git_sha1="0" * 40)

    fault = pin.fault(io.BytesIO(content))

    assert fault is not None
    assert fault.startswith("git_sha1 is ")


@pytest.mark.parametrize(
    "raw",
    [
        {"name": "a"},
        {"name": "../a", "sha256": "0" * 64},
        {"name": "a", "sha256": "0" * 63},
        {"name": "a", "sha256": "0" * 64, "url": "file:///etc/passwd"},
        {"name": "a", "sha256": "0" * 64, "size": 0},
    ],
    ids=["no digest", "a path for a name", "a short digest", "a local URL", "an empty file"],
)
def test_a_pin_that_cannot_be_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, Pin)
