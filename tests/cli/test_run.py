from pathlib import Path

import pytest

from edgenode.cli import main
from edgenode.cli.run import _socket
from edgenode.config import Handover
from edgenode.errors import ConfigError


def test_a_configured_socket_is_taken(tmp_path: Path) -> None:
    assert _socket("/srv/handover.sock", tmp_path) == Path("/srv/handover.sock")


def test_the_socket_of_the_services_is_not_taken_for_another_uplink_may_listen_there(
    tmp_path: Path,
) -> None:
    assert _socket(Handover().socket, tmp_path) == tmp_path / "handover.sock"


@pytest.mark.parametrize("role", ["run", "sense", "uplink"])
def test_a_configuration_that_is_not_there_is_one_line_with_the_cure(
    role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing.toml"

    status = main([role, "--config", str(file)])

    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"edgenode: {file}: no such file; ")


def test_a_temporary_folder_that_is_too_long_for_a_socket_is_told_with_the_cure(
    tmp_path: Path,
) -> None:
    folder = tmp_path / ("x" * 100)

    with pytest.raises(ConfigError, match=r"a socket has at most 107 bytes; .* TMPDIR=FOLDER"):
        _socket(Handover().socket, folder)
