"""How a reload that a signal asks for has an answer."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgenode import reloads

COUNTS = """
import signal, sys, time
from pathlib import Path
from edgenode.reloads import OutcomeFile

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
outcome = OutcomeFile(Path(sys.argv[1]))
outcome.begin()
print("ready", flush=True)
for number in range(1, 100):
    signal.sigwait([signal.SIGHUP])
    time.sleep(0.2)
    outcome.report([f"refused for the {number}. time"])
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reload.json"


@pytest.fixture
def process(file: Path) -> Iterator[int]:
    """Return the pid of a process that takes a while for a reload, and numbers what it refuses."""
    with subprocess.Popen(
        [sys.executable, "-c", COUNTS, str(file)], stdout=subprocess.PIPE, text=True
    ) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        yield one.pid
        one.kill()


def test_reloads_at_the_same_time_have_an_outcome_each(file: Path, process: int) -> None:
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(reloads.reload, process, file, 20, 0.01) for _ in range(3)]

    outcomes = sorted(one.result() for one in asked)
    assert outcomes == [[f"refused for the {number}. time"] for number in (1, 2, 3)]
