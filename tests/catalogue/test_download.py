import socket
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from edgenode.catalogue.download import Downloads, Task
from edgenode.errors import ModelError

QUICK = {"pause_s": 0.01, "silence_s": 5.0}


def task(web: ThreadingHTTPServer, name: str, part: Path, limit: int = 1 << 20) -> Task:
    return Task(web.url(name), part, limit, lambda _have, _total: None)


def test_a_file_arrives_whole_and_its_progress_is_reported(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    calls: list[tuple[int, int | None]] = []

    Downloads(**QUICK).fetch(
        Task(web.url("m"), tmp_path / "part", 1 << 20, lambda *call: calls.append(call))
    )

    assert (tmp_path / "part").read_bytes() == content
    assert calls[-1] == (len(content), len(content))
    assert calls == sorted(calls)


def test_a_connection_that_dies_is_taken_up_where_it_ended(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    web.cuts = [100_000, 50_000]

    Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert (tmp_path / "part").read_bytes() == content
    assert [wanted for _, wanted in web.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_server_without_ranges_starts_anew(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    web.ranges = False
    web.cuts = [100_000]

    Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert (tmp_path / "part").read_bytes() == content
    assert len(web.asked) == 2


def test_an_earlier_download_is_gone_on_with(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    (tmp_path / "part").write_bytes(content[:1000])

    Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert (tmp_path / "part").read_bytes() == content
    assert web.asked == [("/m", "bytes=1000-")]


def test_a_part_that_is_already_whole_stays(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    (tmp_path / "part").write_bytes(content)

    Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert (tmp_path / "part").read_bytes() == content


def test_a_server_that_is_busy_is_asked_again(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    web.refusals = [503, 429, 500]

    Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert (tmp_path / "part").read_bytes() == content


def test_a_server_that_stays_busy_is_given_up(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    web.refusals = [503] * 9

    with pytest.raises(ModelError, match="the server says 503"):
        Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert len(web.asked) == 4


def test_what_is_not_there_is_asked_for_once(web: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"/m: the server says 404 Not Found"):
        Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part"))

    assert len(web.asked) == 1


def test_a_server_that_falls_silent_is_given_up_and_what_came_is_kept(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content
    web.stalls = threading.Event()

    with pytest.raises(ModelError, match="fell silent"):
        Downloads(tries=1, silence_s=0.2).fetch(task(web, "m", tmp_path / "part"))

    assert (tmp_path / "part").read_bytes() == content[: len(content) // 2]


def test_a_download_that_takes_too_long_ends(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path
) -> None:
    web.files["m"] = content

    with pytest.raises(ModelError, match="not done in 0 s"):
        Downloads(limit_s=0.0).fetch(task(web, "m", tmp_path / "part"))


@pytest.mark.parametrize("sized", [1, 0], ids=["length known", "length not known"])
def test_more_than_expected_is_never_kept(
    web: ThreadingHTTPServer, content: bytes, tmp_path: Path, sized: int
) -> None:
    web.files["m"] = content
    web.sized = sized

    with pytest.raises(ModelError, match="larger than the 1000 bytes expected"):
        Downloads(**QUICK).fetch(task(web, "m", tmp_path / "part", limit=1000))

    assert (tmp_path / "part").stat().st_size <= 1000


def test_a_host_that_cannot_be_reached_costs_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    downloads = Downloads(tries=2, pause_s=0.01)
    fetch = Task(f"http://127.0.0.1:{port}/m", tmp_path / "part", 9, lambda _have, _total: None)
    with pytest.raises(ModelError, match="cannot reach the server"):
        downloads.fetch(fetch)
    downloads.pause_s = 3600.0

    with pytest.raises(ModelError, match="cannot reach the server"):
        downloads.fetch(fetch)
