import os
import socket
from pathlib import Path

import pytest

from edgenode.systemd import Notifier, is_journal


@pytest.fixture
def systemd(tmp_path: Path) -> tuple[socket.socket, dict[str, str]]:
    """Return the end systemd listens on, and the environment it gives a service."""
    path = tmp_path / "notify"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(10)
    return listener, {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "60000000"}


def test_a_service_notifies_ready_alive_and_stopping(
    systemd: tuple[socket.socket, dict[str, str]],
) -> None:
    listener, environment = systemd
    notifier = Notifier(environment)

    with listener:
        notifier.ready("running")
        notifier.alive()
        notifier.status("3 plugins")
        notifier.stopping()

        received = [listener.recv(1024).decode() for _ in range(4)]

    assert received == ["READY=1\nSTATUS=running", "WATCHDOG=1", "STATUS=3 plugins", "STOPPING=1"]
    assert notifier.watchdog_s == 60.0


def test_a_reload_carries_the_time_systemd_asks_for(
    systemd: tuple[socket.socket, dict[str, str]],
) -> None:
    listener, environment = systemd

    with listener:
        Notifier(environment).reloading()

        assert listener.recv(1024).decode().startswith("RELOADING=1\nMONOTONIC_USEC=")


def test_without_systemd_nothing_is_sent() -> None:
    notifier = Notifier({})

    notifier.ready("running")
    notifier.alive()

    assert notifier.watchdog_s is None


def test_a_socket_that_is_gone_is_no_reason_to_fail(tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1000000"})

    notifier.ready("running")

    assert notifier.watchdog_s == 1.0


def test_another_process_s_watchdog_is_not_ours(
    systemd: tuple[socket.socket, dict[str, str]],
) -> None:
    listener, environment = systemd
    listener.close()

    assert Notifier({**environment, "WATCHDOG_PID": str(os.getpid() + 1)}).watchdog_s is None


def test_an_output_is_the_journals_where_it_is_the_one_that_was_given(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as ours, (tmp_path / "other").open("w") as other:
        status = os.fstat(ours.fileno())
        given = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}

        assert is_journal(ours, given)
        assert not is_journal(other, given)
        assert not is_journal(ours, {})
    assert not is_journal(ours, given)
