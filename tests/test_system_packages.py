"""What `make` installs on a bare Debian, by tools/system-packages."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT

APT = """#!/bin/sh
echo "$@" >> {folder}/asked
case "$*" in *install*) /bin/ln -sf {python} {folder}/bin/python3 ;; esac
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return the folder of all programs there are: root, an apt, and no Python."""
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {
        "apt-get": APT.format(folder=tmp_path, python=sys.executable),
        "id": "#!/bin/sh\necho 0\n",
        "dpkg-query": "#!/bin/sh\nexit 1\n",
        "old": "#!/bin/sh\nexit 1\n",
    }
    for name, script in scripts.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    for name in ("env", "grep"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    return programs


def install(programs: Path, *packages: str, **env: str) -> "subprocess.CompletedProcess[str]":
    script = ROOT / "tools/system-packages"
    return subprocess.run(
        ["/bin/sh", script, *packages],
        env={"PATH": str(programs), **env},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_machine_without_python_gets_one(bare: Path) -> None:
    ended = install(bare, "python-venv", "mosquitto")

    asked = (bare.parent / "asked").read_text().splitlines()
    assert ended.returncode == 0
    assert ended.stderr.startswith("installing Debian packages: python3 python3-venv mosquitto\n")
    assert asked[-1].endswith("--no-install-recommends python3 python3-venv mosquitto")


def test_a_python_that_is_too_old_is_refused_with_the_way_out(bare: Path) -> None:
    ended = install(bare, "python-venv", PYTHON="old")

    assert ended.returncode == 1
    assert ended.stderr == (
        "old is not a Python 3.11, 3.12 or 3.13 that runs here; try: make "
        "PYTHON=/path/to/python3.11\n"
    )
    assert not (bare.parent / "asked").exists()


def test_nothing_is_installed_where_nothing_is_missing(bare: Path) -> None:
    (bare / "python3").symlink_to(sys.executable)

    ended = install(bare, "python-venv")

    assert (ended.returncode, ended.stderr) == (0, "")
