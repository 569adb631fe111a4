"""How a process says in a file whether it is well, and what both files make of a node."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from edgenode import status
from edgenode.exits import Exit
from edgenode.service import Signals, serve
from edgenode.status import ProcessStatus, StatusFile
from tests.test_service import Fake, RecordingNotifier

NOW = 1000.0


def said(role: status.Role, *reasons: str, since: float = 990.0) -> ProcessStatus:
    return ProcessStatus(
        role=role, pid=os.getpid(), config="/c", reasons=reasons, since=since, written_at=NOW
    )


@pytest.fixture
def dead() -> Iterator[int]:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        yield process.pid


def test_a_node_is_well_since_the_later_of_both_became_so() -> None:
    found = status.of_node([said("sense"), said("uplink", since=996.5)], NOW)

    assert (found.state, found.reasons, found.well_s) == ("well", (), 3.5)
    assert list(found.processes) == ["uplink", "sense"]


def test_every_reason_is_told_with_the_process_that_gives_it() -> None:
    found = status.of_node(
        [said("uplink", "the broker is away: refused"), said("sense", "plugin 'a': failed: x")], NOW
    )

    assert (found.state, found.well_s) == ("unwell", None)
    assert found.reasons == (
        "uplink: the broker is away: refused",
        "sense: plugin 'a': failed: x",
    )


def test_a_process_that_speaks_while_the_files_are_read_advances() -> None:
    later = replace(said("sense"), written_at=NOW + 0.01)

    assert status.of_node([said("uplink"), later], NOW).reasons == ()


def test_a_process_that_says_nothing_more_does_not_advance() -> None:
    silent = replace(said("sense"), written_at=NOW - 42)

    found = status.of_node([said("uplink"), silent], NOW)

    assert found.reasons == ("sense: has not advanced for 42 s",)


def test_a_process_that_is_dead_does_not_run_whatever_it_said(dead: int) -> None:
    found = status.of_node([said("uplink"), replace(said("sense"), pid=dead)], NOW)

    assert (found.state, found.reasons) == ("unwell", ("sense: is not running",))


def test_without_a_process_the_node_does_not_run(dead: int) -> None:
    nothing = status.of_node([], NOW)
    ended = status.of_node([replace(said("sense"), pid=dead)], NOW)

    assert nothing == ended
    assert nothing.state == "not running"


def test_the_last_word_of_a_process_counts() -> None:
    earlier = replace(said("sense", "is stopping"), written_at=NOW - 5)

    found = status.of_node([said("sense"), earlier, said("uplink")], NOW)

    assert found.state == "well"


def test_a_status_is_written_as_it_changes_and_since_then(tmp_path: Path) -> None:
    told = StatusFile("sense", Path("/c.toml"), tmp_path)
    told.say("starting", ["is starting"])
    first = status.read(tmp_path, "sense")
    told.say("1 running", [])
    well = status.read(tmp_path, "sense")
    told.say("2 running", [])

    still = status.read(tmp_path, "sense")

    assert first is not None
    assert well is not None
    assert still is not None
    assert (first.pid, first.config, first.reasons) == (os.getpid(), "/c.toml", ("is starting",))
    assert first.since < well.since == still.since < still.written_at
    assert (still.line, still.reasons) == ("2 running", ())


def test_what_has_not_changed_is_not_written_again_at_once(tmp_path: Path) -> None:
    told = StatusFile("sense", Path("/c.toml"), tmp_path)
    told.say("running", [])
    before = (tmp_path / status.FILE).stat().st_ino

    told.say("running", [])

    assert (tmp_path / status.FILE).stat().st_ino == before


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    told = StatusFile("sense", Path("/c.toml"))

    told.say("running", [])
    told.remove()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_logged_once_and_written_to_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "gone"
    told = StatusFile("sense", Path("/c.toml"), folder)

    told.say("1 running", [])
    told.say("2 running", [])
    folder.mkdir()
    told.say("3 running", [])

    back = status.read(folder, "sense")
    assert back is not None
    assert back.line == "3 running"
    assert len(caplog.messages) == 1
    assert "until it works `edgenode status` is wrong" in caplog.text


def test_what_is_no_status_is_none(tmp_path: Path) -> None:
    nothing = status.read(tmp_path, "sense")
    (tmp_path / status.FILE).write_bytes(b'{"role": "sense"')

    assert (
        nothing
        is status.read(tmp_path, "sense")
        is status.read(tmp_path / status.FILE, "sense")
        is None
    )


@pytest.mark.parametrize("pid", ["0", "-1", "4194305", "99999999999999999999", "null"])
def test_a_process_that_cannot_be_is_none(tmp_path: Path, pid: str) -> None:
    text = f'{{"role": "sense", "pid": {pid}, "config": "/c"}}'
    (tmp_path / status.FILE).write_text(text)

    assert status.read(tmp_path, "sense") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / status.FILE)

    assert status.read(tmp_path, "sense") is None


class Watched(Fake):
    """Notes at each turn what the status file says."""

    def __init__(self, folder: Path, *turns: Exit | None) -> None:
        super().__init__(*turns)
        self.folder = folder
        self.seen: list[tuple[str, ...]] = []

    def _see(self) -> None:
        now = status.read(self.folder, "sense")
        assert now is not None
        assert now.written_at <= time.monotonic()
        self.seen.append(now.reasons)

    def start(self) -> None:
        self._see()

    def turn(self) -> Exit | None:
        self._see()
        return super().turn()

    def reload(self) -> list[str]:
        self._see()
        return super().reload()

    def stop(self) -> None:
        self._see()


def test_a_service_says_what_fails_what_was_refused_and_what_it_does(
    signals: Signals, tmp_path: Path
) -> None:
    service = Watched(tmp_path, None, Exit.DONE)
    service.fails, service.faults = ["plugin 'a': failed"], ["a = 1: unknown key"]
    os.kill(os.getpid(), signal.SIGHUP)

    serve(service, signals, StatusFile("sense", Path("/c"), tmp_path), RecordingNotifier())

    assert service.seen == [
        ("is starting",),
        ("applies a changed configuration",),
        ("applies a changed configuration",),
        ("plugin 'a': failed", "configuration refused: a = 1: unknown key"),
        ("is stopping",),
    ]
    assert status.read(tmp_path, "sense") is None
