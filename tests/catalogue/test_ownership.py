"""A store is written only where no other user could have put something in the way."""

import os
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from edgenode.catalogue.origin import origin
from edgenode.catalogue.ownership import own
from edgenode.catalogue.pin import Pin
from edgenode.catalogue.pull import pull
from edgenode.catalogue.store import Store
from edgenode.errors import ModelError

STRANGER = 54321

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


@pytest.fixture
def pin(web: ThreadingHTTPServer, content: bytes) -> Pin:
    made: Pin = web.pin("model.tflite", content)
    return made


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """Return a file that must not be written."""
    file = tmp_path / "shadow"
    file.write_text("precious")
    return file


@as_root
@pytest.mark.parametrize("which", ["store", "store/above", "store/above/all"])
def test_a_store_that_belongs_to_another_is_refused(pin: Pin, tmp_path: Path, which: str) -> None:
    folder = tmp_path / "store/above/all"
    folder.mkdir(parents=True)
    os.chown(tmp_path / which, STRANGER, STRANGER)

    message = rf"'{folder}' is not safe to write: '{tmp_path / which}' belongs to user {STRANGER},"
    with pytest.raises(ModelError, match=message):
        pull(pin, Store(folder), origin())

    assert list(folder.iterdir()) == []


@as_root
def test_a_link_of_another_to_a_store_of_ones_own_cannot_be_turned_while_it_is_used(
    pin: Pin, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "own")
    os.chown(tmp_path / "link", STRANGER, STRANGER, follow_symlinks=False)

    path = pull(pin, Store(tmp_path / "link"), origin())

    assert path.is_relative_to(tmp_path / "own")


@pytest.mark.parametrize(
    ("mode", "who"), [(0o777, "anyone"), (0o1777, ""), (0o775, ""), (0o700, "")]
)
def test_a_folder_that_others_may_change_is_refused(tmp_path: Path, mode: int, who: str) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)

    if who:
        with pytest.raises(ModelError, match=f"can be changed by {who}; `chmod go-w` it, or give"):
            own(folder, "give another")
    else:
        assert own(folder, "give another") == folder


@as_root
def test_a_folder_that_a_group_may_change_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 0, STRANGER)
    tmp_path.chmod(0o775)

    with pytest.raises(ModelError, match=f"can be changed by the group {STRANGER}; "):
        own(tmp_path / "store", "give another")


def link(place: Path, target: Path) -> None:
    place.symlink_to(target)


def pipe(place: Path, _target: Path) -> None:
    os.mkfifo(place)


@pytest.mark.parametrize("suffix", ["", ".part", ".part.zip"])
@pytest.mark.parametrize("put", [link, pipe])
def test_what_stands_where_a_file_is_to_be_written_is_not_followed(
    pin: Pin, store: Store, precious: Path, suffix: str, put: Callable[[Path, Path], None]
) -> None:
    place = store.place(pin)
    place.parent.mkdir(parents=True)
    put(place.with_name(place.name + suffix), precious)

    with pytest.raises(ModelError, match=r"(symbolic link|no regular file) where a file is to be"):
        pull(pin, store, origin())

    assert precious.read_text() == "precious"


def test_a_lock_that_is_a_link_does_not_empty_what_it_names(
    pin: Pin, store: Store, precious: Path
) -> None:
    place = store.place(pin)
    place.parent.mkdir(parents=True)
    place.with_name(".lock").symlink_to(precious)

    with pytest.raises(ModelError, match=r"\.lock: is a symbolic link where a file is to be"):
        pull(pin, store, origin())

    assert precious.read_text() == "precious"


def test_a_folder_in_the_store_that_is_a_link_is_refused(
    pin: Pin, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.folder.mkdir()
    store.place(pin).parent.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ModelError, match="is a symbolic link; remove it"):
        pull(pin, store, origin())

    assert list((tmp_path / "elsewhere").iterdir()) == []
