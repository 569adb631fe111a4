"""The temporary folder of a command: made, locked, and taken away whatever became of it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from edgenode.cli._scratch import mine, scratch
from edgenode.errors import ConfigError

HOLD = """
import sys, tempfile
from edgenode.cli._scratch import scratch
tempfile.tempdir = sys.argv[1]
with scratch("edgenode-test-") as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_is_this_users_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch("edgenode-test-") as folder:
        mode = folder.stat().st_mode & 0o777
        found = mine("edgenode-test-")

    assert (mode, found) == (0o700, [folder])
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_command_left_is_taken_away_and_what_is_in_use_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as one:
        assert one.stdout is not None
        used = Path(one.stdout.readline().strip())
        with scratch("edgenode-test-"):
            beside = used.is_dir()
        one.kill()
        one.wait()
        left = used.is_dir()
        with scratch("edgenode-test-") as folder:
            remaining = mine("edgenode-test-")

    assert (beside, left) == (True, True)
    assert remaining == [folder]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "edgenode-test-link").symlink_to(kept)

    with scratch("edgenode-test-"):
        pass

    assert kept.is_dir()


def test_without_a_folder_to_write_to_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    with pytest.raises(ConfigError) as caught, scratch("edgenode-test-"):
        pass

    cure = "name a folder that this user may write to: TMPDIR=FOLDER"
    assert str(caught.value) == f"no temporary folder: No such file or directory; {cure}"
