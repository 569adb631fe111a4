"""A child of the supervisor is a real ``edgenode``, in a configuration that lets it live or not."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgenode.supervisor import Child, Node, Timing, _environment

Until = Callable[..., None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration whose broker is away."""
    file = tmp_path / "edgenode.toml"
    socket = tmp_path / "handover.sock"
    file.write_text(f'[mqtt]\nurl = "mqtt://127.0.0.1:1"\n[handover]\nsocket = "{socket}"\n')
    return file


@pytest.fixture
def uplink(config: Path) -> Iterator[Callable[[Timing], Child]]:
    """Return a function that makes an uplink, stopped at the end of the test."""
    with contextlib.ExitStack() as ends:

        def make(timing: Timing) -> Child:
            child = Child("uplink", ["--config", str(config)], timing=timing)
            ends.callback(child.stop)
            return child

        yield make


def gone(child: Child) -> bool:
    return child.check() is None and child.pid is None


def test_a_wrong_configuration_is_final(tmp_path: Path, until: Until) -> None:
    child = Child("uplink", ["--config", str(tmp_path / "missing.toml")])

    child.start()

    until(lambda: child.check() == 2)


def test_a_child_that_was_killed_is_started_again_after_a_pause(
    uplink: Callable[[Timing], Child],
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    child = uplink(Timing(back_off=(0.05,)))
    child.start()
    first = child.pid
    assert first

    os.kill(first, signal.SIGKILL)
    until(lambda: gone(child))
    until(lambda: child.check() is None and child.pid is not None)

    assert child.pid != first
    assert caplog.messages == ["uplink ended with status -9; starting it again in 0.05 s"]


def test_a_child_that_dies_again_and_again_is_started_later_and_later(
    uplink: Callable[[Timing], Child],
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    child = uplink(Timing(back_off=(0.01, 0.02, 0.03)))

    for _ in range(4):
        until(lambda: child.check() is None and child.pid is not None)
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        until(lambda: gone(child))

    pauses = [message.split(" in ")[1] for message in caplog.messages]
    assert pauses == ["0.01 s", "0.02 s", "0.03 s", "0.03 s"]


def test_a_child_that_ran_long_enough_is_forgiven(
    uplink: Callable[[Timing], Child],
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    child = uplink(Timing(back_off=(0.01, 0.02), steady=0.0))

    for _ in range(2):
        until(lambda: child.check() is None and child.pid is not None)
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        until(lambda: gone(child))

    assert [message.split(" in ")[1] for message in caplog.messages] == ["0.01 s", "0.01 s"]


def test_a_child_that_does_not_end_is_killed(
    uplink: Callable[[Timing], Child],
    tmp_path: Path,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    child = uplink(Timing(stop=0.05))
    child.start()
    assert child.pid
    until((tmp_path / "handover.sock").exists)
    os.kill(child.pid, signal.SIGSTOP)

    child.stop()

    # Threads that earlier tests have left may log as well.
    ours = [one.getMessage() for one in caplog.records if one.name == "edgenode.supervisor"]
    assert ours == ["uplink does not end: killed"]
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_signal_for_a_child_that_is_away_is_dropped(uplink: Callable[[Timing], Child]) -> None:
    child = uplink(Timing())

    assert not child.signal(signal.SIGHUP)
    assert child.pid is None


def test_a_reload_that_is_asked_of_a_child_that_is_just_starting_waits_until_it_has_started(
    config: Path, tmp_path: Path, until: Until
) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        child = Child("uplink", ["--config", str(config)], log_to=out.fileno())
        child.start()

        asked = child.signal(signal.SIGHUP)
        until(lambda: "in force" in log.read_text())
        lives = child.check() is None and child.pid is not None
        child.stop()

    assert (asked, lives) == (True, True)


def test_a_node_ends_both_when_it_is_asked_to(config: Path, tmp_path: Path, until: Until) -> None:
    node = Node(config, tmp_path / "node.sock")
    stopping = threading.Event()
    ended: list[int] = []
    running = threading.Thread(target=lambda: ended.append(node.run(stopping)))
    running.start()
    until(lambda: bool(node.sense.pid and node.uplink.pid) and (tmp_path / "node.sock").exists())
    pids = [node.sense.pid, node.uplink.pid]

    stopping.set()
    running.join(20)

    assert ended == [0]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid or 0, 0)


def test_the_uplink_alone_is_told_where_the_secrets_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    monkeypatch.setenv("LANG", "C")

    environments = {role: _environment(role) for role in ("sense", "uplink")}

    assert "CREDENTIALS_DIRECTORY" not in environments["sense"]
    assert environments["sense"]["LANG"] == "C"
    assert environments["uplink"]["CREDENTIALS_DIRECTORY"] == "/run/credentials/x"
