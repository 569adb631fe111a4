"""Who asks for a reload takes the outcome of one that began after that, and no other."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgenode.errors import ConfigError
from edgenode.reloads import OutcomeFile, reload


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Return where this process says how a reload ended; what handles SIGHUP is put back."""
    before = signal.getsignal(signal.SIGHUP)
    yield tmp_path / "reload.json"
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("faults", [[], ["a: unknown key"]])
def test_the_outcome_of_a_reload_that_was_under_way_is_not_taken(
    file: Path, faults: list[str]
) -> None:
    outcome = OutcomeFile(file)
    outcome.begin()
    under_way = time.monotonic()

    def hang_up(*_: object) -> None:
        outcome.report(under_way, ["of an older configuration"])
        asked_for = time.monotonic()
        threading.Timer(0.01, lambda: outcome.report(asked_for, faults)).start()

    signal.signal(signal.SIGHUP, hang_up)

    assert reload(os.getpid(), file, timeout=10, turn_s=0.001) == faults


def test_a_process_that_does_not_write_the_file_gets_no_signal(file: Path) -> None:
    OutcomeFile(file).begin()

    with subprocess.Popen(["sleep", "60"]) as stranger:
        with pytest.raises(ConfigError, match=f"is of process {os.getpid()}; give the service's"):
            reload(stranger.pid, file, timeout=1)
        alive = stranger.poll() is None
        stranger.kill()

    assert alive
