import hashlib
import io
import zipfile
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from edgenode.catalogue.origin import origin
from edgenode.catalogue.pin import Pin
from edgenode.errors import ModelError


def ignore_progress(_have: int, _total: int | None) -> None: ...


def zipped(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, content)
    return archive.getvalue()


def archived(web: ThreadingHTTPServer, content: bytes, archive: bytes) -> Pin:
    web.files["models.zip"] = archive
    pin = web.pin("model.tflite", content)
    return Pin(
        name=pin.name,
        url=web.url("models.zip"),
        member="detect.tflite",
        sha256=pin.sha256,
        size=pin.size,
    )


def test_a_member_comes_out_of_its_archive_and_the_archive_goes(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    pin = archived(web, content, zipped("detect.tflite", content))

    origin().fetch(pin, tmp_path / "part", ignore_progress)

    assert (tmp_path / "part").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


@pytest.mark.parametrize(
    "archive",
    [b"<html>log in to this network</html>", zipped("other.tflite", b"x")],
    ids=["no archive at all", "an archive without the member"],
)
def test_an_archive_without_the_member_is_refused(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path, archive: bytes
) -> None:
    pin = archived(web, content, archive)

    with pytest.raises(ModelError, match=r"no 'detect.tflite' to be had from http"):
        origin().fetch(pin, tmp_path / "part", ignore_progress)

    assert list(tmp_path.iterdir()) == []


def test_a_member_larger_than_its_pin_is_not_unpacked_whole(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    pin = archived(web, content, zipped("detect.tflite", content + bytes(50_000_000)))

    origin().fetch(pin, tmp_path / "part", ignore_progress)

    assert (tmp_path / "part").stat().st_size == len(content) + 1


def test_a_pin_without_a_url_says_what_to_do(tmp_path: Path) -> None:
    pin = Pin(name="own.tflite", sha256="0" * 64)

    with pytest.raises(ModelError, match=r"'own.tflite' has no url: put it beside its manifest"):
        origin().fetch(pin, tmp_path / "part", ignore_progress)


def test_a_mirror_on_the_web_has_the_files_by_name(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["mirror/model.tflite"] = content
    pin = Pin(
        name="model.tflite",
        url="http://unreachable.invalid/model.tflite",
        sha256=hashlib.sha256(content).hexdigest(),
    )

    origin(web.url("mirror/")).fetch(pin, tmp_path / "part", ignore_progress)

    assert (tmp_path / "part").read_bytes() == content


@pytest.mark.parametrize("name", ["model.tflite", "renamed.bin"])
@pytest.mark.parametrize("known", ["sha256", "sha256 and size", "git_sha1"])
def test_a_folder_has_the_files_under_any_name(
    content: bytes, tmp_path: Path, name: str, known: str
) -> None:
    deep = tmp_path / "usb" / "models"
    deep.mkdir(parents=True)
    (deep / name).write_bytes(content)
    (deep / "decoy.tflite").write_bytes(content[::-1])
    (tmp_path / "usb" / "model.tflite").write_bytes(b"another one of that name")
    blob = b"blob %d\0" % len(content) + content
    pin = Pin(
        name="model.tflite",
        sha256=hashlib.sha256(content).hexdigest() if "sha256" in known else None,
        git_sha1=hashlib.sha1(blob, usedforsecurity=False).hexdigest() if "git" in known else None,
        size=len(content) if "size" in known else None,
    )

    origin(str(tmp_path / "usb")).fetch(pin, tmp_path / "part", ignore_progress)

    assert (tmp_path / "part").read_bytes() == content


def test_a_folder_without_the_file_is_named(tmp_path: Path) -> None:
    pin = Pin(name="model.tflite", sha256="0" * 64)

    with pytest.raises(ModelError, match=rf"'model.tflite' is not in the mirror '{tmp_path}'"):
        origin(str(tmp_path)).fetch(pin, tmp_path / "part", ignore_progress)


def test_a_mirror_that_is_nothing_is_named() -> None:
    with pytest.raises(ModelError, match="mirror '/no/such' is neither a folder nor a URL"):
        origin("/no/such")
