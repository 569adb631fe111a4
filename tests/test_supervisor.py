"""A child of the supervisor is a real ``edgenode``, in a configuration that lets it live or not."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgenode import supervisor
from edgenode.supervisor import Child, Node

Until = Callable[..., None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration whose broker is away."""
    file = tmp_path / "edgenode.toml"
    socket = tmp_path / "handover.sock"
    file.write_text(f'[mqtt]\nurl = "mqtt://127.0.0.1:1"\n[handover]\nsocket = "{socket}"\n')
    return file


@pytest.fixture
def uplink(config: Path) -> Iterator[Child]:
    one = Child("uplink", ["--config", str(config)])
    yield one
    one.stop()


def gone(child: Child) -> bool:
    return child.check() is None and child.pid is None


def test_a_wrong_configuration_is_final(tmp_path: Path, until: Until) -> None:
    child = Child("uplink", ["--config", str(tmp_path / "missing.toml")])

    child.start()

    until(lambda: child.check() == 2)


def test_a_child_that_was_killed_is_started_again_after_a_pause(
    uplink: Child,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF_S", (0.05,))
    uplink.start()
    first = uplink.pid
    assert first

    os.kill(first, signal.SIGKILL)
    until(lambda: gone(uplink))
    until(lambda: uplink.check() is None and uplink.pid is not None)

    assert uplink.pid != first
    assert caplog.messages == ["uplink ended with status -9; starting it again in 0.05 s"]


def test_a_child_that_dies_again_and_again_is_started_later_and_later(
    uplink: Child,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF_S", (0.01, 0.02, 0.03))

    for _ in range(4):
        until(lambda: uplink.check() is None and uplink.pid is not None)
        assert uplink.pid
        os.kill(uplink.pid, signal.SIGKILL)
        until(lambda: gone(uplink))

    pauses = [message.split(" in ")[1] for message in caplog.messages]
    assert pauses == ["0.01 s", "0.02 s", "0.03 s", "0.03 s"]


def test_a_child_that_ran_long_enough_is_forgiven(
    uplink: Child,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(supervisor, "BACK_OFF_S", (0.01, 0.02))
    monkeypatch.setattr(supervisor, "STEADY_S", 0.0)

    for _ in range(2):
        until(lambda: uplink.check() is None and uplink.pid is not None)
        assert uplink.pid
        os.kill(uplink.pid, signal.SIGKILL)
        until(lambda: gone(uplink))

    assert [message.split(" in ")[1] for message in caplog.messages] == ["0.01 s", "0.01 s"]


def test_a_child_that_does_not_end_is_killed(
    uplink: Child,
    tmp_path: Path,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(supervisor, "STOP_S", 0.05)
    uplink.start()
    assert uplink.pid
    until((tmp_path / "handover.sock").exists)
    os.kill(uplink.pid, signal.SIGSTOP)

    uplink.stop()

    assert caplog.messages == ["uplink does not end: killed"]
    with pytest.raises(ProcessLookupError):
        os.kill(uplink.pid, 0)


def test_a_signal_for_a_child_that_is_away_is_dropped(uplink: Child) -> None:
    uplink.signal(signal.SIGHUP)

    assert uplink.pid is None


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
