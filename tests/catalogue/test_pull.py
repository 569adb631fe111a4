import errno
import hashlib
import multiprocessing
import os
import shutil
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from edgenode.catalogue.download import Downloads
from edgenode.catalogue.origin import Published, origin
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError


def names(store: Store) -> set[str]:
    return {path.name for path in store.folder.rglob("*") if path.is_file()}


def test_a_pulled_file_is_whole_and_nothing_is_left_beside_it(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)

    path = pull(pin, store, origin())

    assert path.read_bytes() == content
    assert names(store) == {"model.tflite", ".lock"}


def test_what_is_there_is_not_fetched_again(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    pull(pin, store, origin())

    pull(pin, store, origin())

    assert len(web.asked) == 1


def test_a_damaged_file_is_fetched_again(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    pull(pin, store, origin()).write_bytes(content[:-1] + b"x")

    path = pull(pin, store, origin())

    assert path.read_bytes() == content


def test_a_wrong_hash_is_refused_and_leaves_nothing(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    web.files["model.tflite"] = content[::-1]

    with pytest.raises(ModelError, match=r"refused 'model.tflite' from http.*: sha256 is '"):
        pull(pin, store, origin())

    assert names(store) == {".lock"}


def test_a_page_in_place_of_the_file_is_refused(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    web.files["model.tflite"] = b"<html>log in to this network</html>"

    with pytest.raises(ModelError, match="size is 35, pinned is 524288"):
        pull(pin, store, origin())

    assert names(store) == {".lock"}


def test_an_interrupted_pull_leaves_a_part_from_which_the_next_goes_on(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    web.cuts = [200_000]
    with pytest.raises(ModelError, match="the connection ended after 200000 of 524288 bytes"):
        pull(pin, store, Published(Downloads(tries=1)))
    assert names(store) == {"model.tflite.part", ".lock"}

    path = pull(pin, store, origin())

    assert path.read_bytes() == content
    assert [wanted for _, wanted in web.asked] == [None, "bytes=200000-"]


@pytest.mark.parametrize("length", [1000, 524_288, 600_000], ids=["shorter", "as long", "longer"])
def test_a_part_of_something_else_is_thrown_away(
    web: ThreadingHTTPServer, content: bytes, store: Store, length: int
) -> None:
    pin = web.pin("model.tflite", content)
    place = store.place(pin)
    place.parent.mkdir(parents=True)
    place.with_name("model.tflite.part").write_bytes(b"?" * length)

    path = pull(pin, store, origin())

    assert path.read_bytes() == content


def test_two_manifests_that_share_a_file_share_its_place(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    one = web.pin("labels.txt", content)
    two = Pin(name="labels.txt", url=web.url("elsewhere"), sha256=one.sha256)

    paths = [pull(pin, store, origin()) for pin in (one, two)]

    assert paths[0] == paths[1]
    assert len(web.asked) == 1


def pull_in_a_process(pin: Pin, folder: Path, started: "multiprocessing.synchronize.Event") -> None:
    started.set()
    pull(pin, Store(folder), origin())


def test_two_pulls_at_once_fetch_once_and_spoil_nothing(
    web: ThreadingHTTPServer, content: bytes, store: Store
) -> None:
    pin = web.pin("model.tflite", content)
    web.stalls = threading.Event()
    spawn = multiprocessing.get_context("spawn")
    started = [spawn.Event() for _ in range(2)]
    pullers = [
        spawn.Process(target=pull_in_a_process, args=(pin, store.folder, event))
        for event in started
    ]
    for puller in pullers:
        puller.start()
    for event in started:
        assert event.wait(30)

    web.stalls.set()
    for puller in pullers:
        puller.join(30)

    assert [puller.exitcode for puller in pullers] == [0, 0]
    assert store.place(pin).read_bytes() == content
    assert len(web.asked) == 1


def test_a_full_disk_is_seen_before_the_download(
    web: ThreadingHTTPServer, content: bytes, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 << 20))
    pin = web.pin("model.tflite", content)

    with pytest.raises(ModelError, match=r"no room for 'model.tflite' .* 3 MiB free, 17 needed"):
        pull(pin, store, origin())

    assert web.asked == []


def test_a_disk_that_fails_is_named_with_the_cure(
    web: ThreadingHTTPServer, content: bytes, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    pin = web.pin("model.tflite", content)

    with pytest.raises(ModelError, match="Input/output error; mend that or give another folder"):
        pull(pin, store, origin())

    assert not store.place(pin).exists()


def test_a_store_that_cannot_be_is_named(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    pin = web.pin("model.tflite", content)

    with pytest.raises(ModelError, match=r"cannot store 'model.tflite' in '.*/file': "):
        pull(pin, Store(tmp_path / "file"), origin())


def test_a_git_hash_alone_is_enough(web: ThreadingHTTPServer, content: bytes, store: Store) -> None:
    blob = b"blob %d\0" % len(content) + content
    web.files["model.tflite"] = content
    pin = Pin(
        name="model.tflite",
        url=web.url("model.tflite"),
        git_sha1=hashlib.sha1(blob, usedforsecurity=False).hexdigest(),
    )

    path = pull(pin, store, origin())

    assert path.read_bytes() == content
