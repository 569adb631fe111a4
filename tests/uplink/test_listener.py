"""The socket that sense connects to: whose it is, and what is done with a file in its place."""

import contextlib
import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from edgenode.errors import ConfigError
from edgenode.handover.protocol import (
    Hello,
    Inventory,
    ResultRecord,
    packet,
)

if TYPE_CHECKING:
    from tests.uplink.conftest import UplinkWithoutBroker

UplinkAt: TypeAlias = Callable[..., "UplinkWithoutBroker"]
Make: TypeAlias = Callable[..., ResultRecord]
Connect: TypeAlias = Callable[..., Any]
Sockets: TypeAlias = Callable[[int], list[socket.socket]]
Until: TypeAlias = Callable[..., None]

GREETING = packet(Hello(run="1" * 12)) + packet(Inventory())


def test_the_socket_is_for_owner_and_group_and_goes_with_the_uplink(
    path: Path, uplink_at: UplinkAt
) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_over:
        left_over.bind(str(path))
    uplink = uplink_at(path)

    uplink.receiver.start()
    mode = path.stat().st_mode
    uplink.receiver.stop()

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert not path.exists()


def test_a_file_that_is_no_socket_is_never_taken_away(path: Path, uplink_at: UplinkAt) -> None:
    path.parent.mkdir()
    path.write_text("somebody's work")

    with pytest.raises(ConfigError, match="no socket is there, and stays"):
        uplink_at(path).receiver.start()

    assert path.read_text() == "somebody's work"


def test_a_second_uplink_at_the_same_socket_is_told_so(
    uplink: "UplinkWithoutBroker", path: Path, uplink_at: UplinkAt
) -> None:
    second = uplink_at(path)

    with pytest.raises(ConfigError, match="another uplink listens there"):
        second.receiver.start()

    assert uplink.receiver.alive


def test_a_socket_that_cannot_be_is_a_fault_of_the_configuration(
    tmp_path: Path, uplink_at: UplinkAt
) -> None:
    (tmp_path / "file").write_text("")

    for wrong in (tmp_path / "file" / "handover.sock", tmp_path / ("x" * 120)):
        with pytest.raises(ConfigError, match=r"handover\.socket = "):
            uplink_at(wrong).receiver.start()


INTRUDER = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(10)
connection.connect(sys.argv[1])
try:
    connection.sendall(bytes.fromhex(sys.argv[3]))
    print(connection.recv(1))
except OSError:
    print(b"")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_only_the_configured_users_sense_is_let_in(
    tmp_path_factory: pytest.TempPathFactory,
    uplink_at: UplinkAt,
    caplog: pytest.LogCaptureFixture,
    until: Until,
) -> None:
    nobody = pwd.getpwnam("nobody")
    # Nobody may look into the folders of a test.
    folder = Path(f"/tmp/{tmp_path_factory.getbasetemp().name}-{os.getpid()}")  # noqa: S108
    folder.mkdir(mode=0o755)
    path = folder / "handover.sock"

    def greet(uid: int) -> str:
        command = [sys.executable, "-c", INTRUDER, str(path), str(uid), GREETING.hex()]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    with contextlib.ExitStack() as ends:
        ends.callback(folder.rmdir)
        ends.callback(path.with_name("handover.sock.lock").unlink)
        uplink = uplink_at(path, user="nobody")
        uplink.receiver.start()
        ends.callback(uplink.receiver.stop)
        path.chmod(0o666)
        refused, let_in = greet(os.getuid()), greet(nobody.pw_uid)
        until(lambda: len(uplink.telemetry.inventories) == 1)

    assert refused == "b''\n"
    assert let_in != "b''\n"
    assert "is not sense (user" in caplog.text


def test_a_user_that_is_not_there_is_a_fault_of_the_configuration(
    path: Path, uplink_at: UplinkAt
) -> None:
    with pytest.raises(ConfigError, match=r"sense_user = 'no-such-user'.*create it"):
        uplink_at(path, user="no-such-user").receiver.start()
