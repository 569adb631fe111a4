"""Servers, mirrors and archives that mean harm, or are broken; and who is told a password."""

import base64
import hashlib
import io
import random
import struct
import zipfile
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from edgenode.catalogue.download import Downloads
from edgenode.catalogue.origin import Published, WebMirror, origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull
from edgenode.catalogue.store import Store
from edgenode.cli import main
from edgenode.errors import ModelError

SECRET = "pa%3Ass%2Fw%40rd"  # noqa: S105 of the test
PLAIN = "pa:ss/w@rd"
HEADER = "Basic " + base64.b64encode(f"bob:{PLAIN}".encode()).decode()


def once() -> Downloads:
    return Downloads(tries=1, silence_s=5.0)


def secret(url: str) -> str:
    return url.replace("http://", f"http://bob:{SECRET}@")


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "gopher://127.0.0.1/"],
)
def test_a_server_leads_to_the_web_or_nowhere(
    web: ThreadingHTTPServer, content: bytes, store: Store, target: str
) -> None:
    pin = web.pin("model.tflite", content)
    web.moved["/model.tflite"] = (302, target)

    with pytest.raises(ModelError, match=r"^http://127.0.0.1:\d+/model.tflite: ") as refused:
        pull(pin, store, Published(once()))

    assert "\n" not in str(refused.value)
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_may_lead_to_another(
    web: ThreadingHTTPServer,
    elsewhere: ThreadingHTTPServer,
    content: bytes,
    store: Store,
    status: int,
) -> None:
    elsewhere.pin("there", content)
    pin = web.pin("model.tflite", content)
    web.moved["/model.tflite"] = (status, elsewhere.url("there"))

    assert pull(pin, store, Published(once())).read_bytes() == content


def test_a_server_that_leads_in_a_circle_is_one_line(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    web.moved["/model.tflite"] = (302, web.url("model.tflite"))

    with pytest.raises(ModelError, match="the server says 302 ") as refused:
        pull(pin, store, Published(once()))

    assert "\n" not in str(refused.value)


def test_a_password_reaches_its_own_server_and_no_other(
    web: ThreadingHTTPServer, elsewhere: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = elsewhere.pin("model.tflite", content)
    web.moved["/m/model.tflite"] = (302, web.url("n"))
    web.moved["/n"] = (302, elsewhere.url("model.tflite"))

    pull(pin, store, origin(secret(web.url("m/"))))

    assert web.secrets == [HEADER, HEADER]
    assert elsewhere.secrets == [None]


def test_a_password_is_never_printed(
    web: ThreadingHTTPServer, content: bytes, store: Store, tmp_path: Path
) -> None:
    pin = web.pin("model.tflite", content)
    web.files["wrong/model.tflite"] = content[::-1]
    mirrors = [secret(web.url("absent")), secret(web.url("wrong")), secret("http://127.0.0.1:1")]

    for mirror in mirrors:
        with pytest.raises(ModelError) as refused:
            pull(pin, store, WebMirror(mirror, once()))
        assert "http://127.0.0.1" in str(refused.value)
        assert not [word for word in ("bob", SECRET, PLAIN) if word in str(refused.value)]


@pytest.mark.parametrize(
    ("mirror", "words"),
    [
        (f"ftp://bob:{SECRET}@host/x", "ftp:// is not http:// or https://"),
        (f"https://bob:{PLAIN}@host/x", "in a password, are written as %2F"),
        (f"https://bob:{SECRET}@host:99999/x", "no URL such as"),
        (f"https://host/x?token={SECRET}", "a folder's URL, without ? or #"),
        (f"bob:{SECRET}@host/x", "is neither a folder nor a URL"),
        (f"https://bob:{SECRET}@h\u00f6st/x", "no URL such as"),
        ("https:///x", "no URL such as"),
        ("http://[::1", "no URL such as"),
        ("http://a b/", "no URL such as"),
    ],
)
def test_a_mirror_that_cannot_be_is_told_without_its_password(
    mirror: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["models", "pull", "kws-ref", "--mirror", mirror])

    (line,) = capsys.readouterr().err.splitlines()
    assert status == 1
    assert words in line
    assert "ss%2Fw" not in line
    assert "ss/w" not in line


def test_a_host_that_cannot_be_one_is_one_line(store: Store) -> None:
    pin = Pin(name="m", url=f"http://{'h' * 70}.example/m", sha256="0" * 64)

    with pytest.raises(ModelError, match=r"^http://hhh"):
        pull(pin, store, Published(once()))


@pytest.mark.parametrize("words", ["\x1b[2Jgone", "one\\rtwo"])
def test_what_a_server_says_reaches_no_terminal_as_control_characters(
    web: ThreadingHTTPServer,
    content: bytes,
    store: Store,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pin = web.pin("model.tflite", content)
    web.refusals = [403]
    monkeypatch.setitem(web.RequestHandlerClass.responses, 403, (words, ""))

    with pytest.raises(ModelError, match="the server says 403") as refused:
        pull(pin, store, Published(once()))

    assert str(refused.value).isprintable()


def archives() -> dict[str, bytes]:
    made = {}
    for name, method in {
        "deflated": zipfile.ZIP_DEFLATED,
        "bzip2": zipfile.ZIP_BZIP2,
        "lzma": zipfile.ZIP_LZMA,
    }.items():
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as opened:
            opened.writestr("m", hashlib.shake_256(b"m").digest(3000) + bytes(3000))
        made[name] = file.getvalue()
    encrypted = bytearray(made["deflated"])
    struct.pack_into("<H", encrypted, encrypted.index(b"PK\1\2") + 8, 1)
    unknown = bytearray(made["deflated"])
    struct.pack_into("<H", unknown, unknown.index(b"PK\1\2") + 10, 77)
    return made | {"encrypted": bytes(encrypted), "unknown method": bytes(unknown)}


def fault(pin: Pin, part: Path) -> str:
    """Fetch the file; return what is wrong with it."""
    try:
        Published(once()).fetch(pin, part, lambda *_: None)
    except ModelError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", archives())
def test_a_damaged_archive_is_one_line_and_leaves_nothing(
    web: ThreadingHTTPServer, tmp_path: Path, kind: str
) -> None:
    chance = random.Random(kind)  # noqa: S311 no secret
    whole = archives()[kind]
    pin = Pin(name="m", url=web.url("m.zip"), member="m", sha256="0" * 64, size=6000)

    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 3, 50))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        web.files["m.zip"] = bytes(damaged)
        told = fault(pin, tmp_path / "part")
        assert told == "" or told.startswith("no 'm' to be had from http")
        assert [path.name for path in tmp_path.iterdir()] == ([] if told else ["part"])


def test_a_member_is_taken_by_its_name_and_written_to_its_place(
    web: ThreadingHTTPServer, content: bytes, store: Store, tmp_path: Path
) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("../../evil", content)
    pin = web.pin("model.tflite", content)
    web.files["m.zip"] = file.getvalue()
    inside = Pin(name=pin.name, url=web.url("m.zip"), member="../../evil", sha256=pin.sha256)

    path = pull(inside, store, Published(once()))

    assert path == store.place(pin)
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "x\n", "x" * 129, "a\0b"])
def test_a_name_that_leads_out_of_the_store_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "own").mkdir()
    quoted = name.replace("\n", "\\n").replace("\0", "\\u0000")
    text = f'name = "{quoted}"\nsha256 = "{"0" * 64}"\n'
    manifest = f'task = "t"\ntitle = "t"\nlicence = "l"\nsource = "s"\n[files.cpu]\n{text}'
    (tmp_path / "own/model.toml").write_text(manifest + '[input]\nshape = [1]\ndtype = "int8"\n')

    assert main(["models", "verify", "own", "--folder", str(tmp_path)]) == 1
