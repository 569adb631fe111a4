"""`edgenode status` of the services, as the two write it into their folders."""

import os
from pathlib import Path

import pytest

from edgenode import __version__
from edgenode.cli import main, status
from edgenode.config import DEFAULT_PATH
from edgenode.status import StatusFile


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return the folders of the services: the uplink's and sense's."""
    uplink, sense = tmp_path / "edgenode", tmp_path / "edgenode-sense"
    uplink.mkdir()
    sense.mkdir()
    monkeypatch.setattr(status, "SERVICES", {"uplink": uplink, "sense": sense})
    return uplink, sense


def test_the_services_are_asked_where_no_file_is_named(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    StatusFile("uplink", DEFAULT_PATH, folders[0]).say("connected, MQTT 5; sense here", [])
    StatusFile("sense", DEFAULT_PATH, folders[1]).say("1 running", [])

    ended = main(["status"])

    about = f"({__version__}, process {os.getpid()})"
    assert ended == 0
    assert capsys.readouterr().out.splitlines() == [
        "well for 0 s",
        f"uplink {about}: connected, MQTT 5; sense here",
        f"sense {about}: 1 running",
    ]


def test_the_reasons_stand_below(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    StatusFile("uplink", DEFAULT_PATH, folders[0]).say("away", ["the broker is away: refused"])

    ended = main(["status"])

    assert ended == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "unwell",
        "  sense: is not running",
        "  uplink: the broker is away: refused",
    ]


def test_without_either_it_says_how_to_start(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ended = main(["status", "--wait", "0.1"])

    assert ended == 2
    assert capsys.readouterr().out.splitlines() == [
        "not running",
        "  neither sense nor uplink runs",
        "start it: `systemctl start edgenode.target`, or `edgenode run FILE`",
    ]


def test_the_services_are_not_the_node_of_another_file(folders: tuple[Path, Path]) -> None:
    StatusFile("uplink", DEFAULT_PATH, folders[0]).say("connected", [])

    ended = main(["status", "other.toml"])

    assert ended == 2


def test_a_link_is_not_followed_but_named(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (folders[0] / "status.json").symlink_to("/dev/zero")

    ended = main(["status"])

    assert ended == 1
    fault = (
        f"{folders[0]}/status.json: cannot be read: Too many levels of symbolic links; see `ls -l`"
    )
    assert capsys.readouterr().err == f"edgenode: {fault}\n"


def test_a_line_that_another_user_wrote_moves_no_cursor(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    StatusFile("sense", DEFAULT_PATH, folders[1]).say("\x1b[2Jwell", ["\x1b[1A\nwell for 9 s"])

    main(["status"])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "sense: \\x1b[1A\\nwell for 9 s" in out


def test_a_process_speaks_for_itself_alone(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    StatusFile("uplink", DEFAULT_PATH, folders[1]).say("connected", [])

    assert main(["status"]) == 2
