import subprocess
import sys
from pathlib import Path

USER = 64001

FIGURES = f"""
import ctypes, os, resource, subprocess
from edgenode import hardening, health
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(*[{USER}] * 3)
    os.setresuid(*[{USER}] * 3)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
hardening.confine(internet=False)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
print(health.figures().mem_mb > 1)
print(len(os.listdir("/proc/self/fd")) > 2)
"""
"""A process of an ordinary user; what it is to execute later it has imported before."""

MOVE = """
import os, sys
from edgenode import hardening
hardening.confine(internet=False)
os.rename(sys.argv[1], sys.argv[2])
"""


WITHOUT_LANDLOCK = """
import platform, msgspec
from edgenode import hardening
from edgenode.errors import HardeningError
from edgenode.hardening import domain, syscalls
hardening.protect()
machine = syscalls.MACHINES[platform.machine()]
refused = {"landlock_create_ruleset": domain.CREATE_RULESET}
syscalls.apply(msgspec.structs.replace(machine, reach=refused), internet=True)
try:
    domain.restrict()
except HardeningError as error:
    print(error)
"""
"""The kernel refuses Landlock's first call, as in many containers."""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_confined_process_dumps_nothing_and_still_sees_its_own_figures() -> None:
    done = run(FIGURES)

    assert (done.stdout, done.stderr) == ("0 (0, 0)\nTrue\nTrue\n", "")


def test_a_confined_process_may_move_files_between_folders(tmp_path: Path) -> None:
    here, there = tmp_path / "here" / "file", tmp_path / "there" / "file"
    for file in (here, there):
        file.parent.mkdir()
    here.touch()

    done = run(MOVE, str(here), str(there))

    assert (done.returncode, done.stderr) == (0, "")
    assert there.exists()


def test_a_kernel_without_landlock_is_an_error_with_the_reason() -> None:
    done = run(WITHOUT_LANDLOCK)

    assert done.stdout.startswith("no Landlock here (Operation not permitted): ")
