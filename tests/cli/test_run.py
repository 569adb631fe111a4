from pathlib import Path

import pytest

from edgenode.cli import main
from edgenode.cli.run import _socket


def test_the_configured_socket_is_taken_where_we_may_make_it(tmp_path: Path) -> None:
    configured = tmp_path / "handover.sock"

    assert _socket(str(configured), tmp_path / "private") == configured


def test_without_the_folder_of_the_configured_socket_a_private_one_is_made(tmp_path: Path) -> None:
    chosen = _socket("/nowhere/at/all/handover.sock", tmp_path)

    assert chosen == tmp_path / "handover.sock"


@pytest.mark.parametrize("role", ["run", "sense", "uplink"])
def test_a_configuration_that_is_not_there_is_one_line_with_the_cure(
    role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing.toml"

    status = main([role, "--config", str(file)])

    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"edgenode: {file}: no such file; ")
