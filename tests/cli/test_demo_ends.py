"""How a demo that runs without end is ended."""

import json
import os
import signal
import subprocess

import pytest

from edgenode.cli import demo
from tests.cli.demo_command import DEMO, SPEECH, next_line, started


def test_ctrl_c_ends_it_with_the_totals() -> None:
    with forever() as running:
        first = next_line(running)

        running.send_signal(signal.SIGINT)
        *_, last = running.stdout

        assert json.loads(first)["topic"] == "edgenode/v1/demo/status"
        assert (running.wait(20), running.stderr.read()) == (0, b"")
        assert json.loads(last)["plugins"].keys() == {"words"}


@pytest.mark.parametrize(
    ("before", "ends"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["shell", "nohup"]
)
def test_it_ends_with_its_terminal_but_not_under_nohup(
    handlers: None, before: signal.Handlers, *, ends: bool
) -> None:
    signal.signal(signal.SIGHUP, before)

    stopping = demo._stopping()
    os.kill(os.getpid(), signal.SIGHUP)

    assert stopping.is_set() == ends


def test_when_nobody_reads_any_more_it_ends_at_once_without_a_word() -> None:
    with forever() as running:
        next_line(running)
        running.stdout.close()

        assert (running.wait(20), running.stderr.read()) == (1, b"")


def test_it_ends_with_its_totals_when_the_time_is_over() -> None:
    run = subprocess.run(
        [*DEMO, "--json", "--source", SPEECH, "--seconds", "1"],
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout.splitlines()[-1])["plugins"].keys() == {"words"}


def forever() -> "subprocess.Popen[bytes]":
    """Begin a demo that hears the words of the scene again and again."""
    return started(*DEMO, "--json", "--source", SPEECH, "--forever")
