"""What the long-running processes share."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgenode.exits import Exit
from edgenode.service import JournalFormatter, Signals, Watchdog, serve
from edgenode.status import StatusFile
from edgenode.systemd import Notifier


class Fake:
    """A service that does as the test says, and notes what it is asked.

    Attributes:
        asked: what was called, in order; questions are left out.
        stands_still: what does not advance.
        fails: what does not work.
        faults: why a reload is refused.
        turns: what each turn returns; the last is a status.
    """

    def __init__(self, *turns: Exit | None) -> None:
        self.asked: list[str] = []
        self.stands_still: list[str] = []
        self.fails: list[str] = []
        self.faults: list[str] = []
        self.refused: list[str] = []
        self.turns = list(turns)

    def start(self) -> None:
        self.asked.append("start")

    def turn(self) -> Exit | None:
        self.asked.append("turn")
        return self.turns.pop(0)

    def reload(self) -> list[str]:
        self.asked.append("reload")
        self.refused = self.faults
        return self.faults

    def stuck(self) -> list[str]:
        return self.stands_still

    def mark(self) -> None:
        self.asked.append("mark")

    def status(self) -> str:
        return "well"

    def unwell(self) -> list[str]:
        return self.fails

    def stop(self) -> None:
        self.asked.append("stop")


class RecordingNotifier(Notifier):
    """Records what would be sent to systemd.

    Attributes:
        sent: all lines.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        super().__init__({"NOTIFY_SOCKET": "nowhere", **(environment or {})})
        self.sent: list[str] = []

    def _send(self, *lines: str) -> None:
        self.sent += [line for line in lines if not line.startswith("MONOTONIC")]


WITH_WATCHDOG = {"WATCHDOG_USEC": "1000000"}


@pytest.mark.parametrize(
    ("number", "stops", "reloads"),
    [(signal.SIGTERM, True, False), (signal.SIGINT, True, False), (signal.SIGHUP, False, True)],
)
def test_a_signal_wakes_and_is_remembered(
    signals: Signals, *, number: int, stops: bool, reloads: bool
) -> None:
    os.kill(os.getpid(), number)

    assert signals.wake.wait(10)
    assert (signals.stopping.is_set(), signals.reload.is_set()) == (stops, reloads)


def test_a_signal_may_interrupt_the_very_wait_it_ends(signals: Signals) -> None:
    with signals.wake._cond, signals.stopping._cond:
        os.kill(os.getpid(), signal.SIGTERM)

        assert signals.wake.wait(10)

    assert signals.stopping.is_set()


def test_a_service_runs_until_it_ends(signals: Signals) -> None:
    service, systemd = Fake(None, Exit.PLUGIN_FAILED), RecordingNotifier(WITH_WATCHDOG)
    signals.wake.set()

    status = serve(service, signals, StatusFile("sense", Path()), systemd)

    assert status == Exit.PLUGIN_FAILED
    assert service.asked == ["start", "turn", "mark", "turn", "stop"]
    assert systemd.sent == ["READY=1", "STATUS=well", "WATCHDOG=1", "STATUS=well", "STOPPING=1"]


def test_a_signal_ends_it_well(signals: Signals) -> None:
    service = Fake()
    os.kill(os.getpid(), signal.SIGTERM)

    status = serve(service, signals, StatusFile("sense", Path()), RecordingNotifier())

    assert (status, service.asked) == (Exit.DONE, ["start", "stop"])


def test_a_reload_that_is_refused_is_logged_and_the_service_goes_on(
    signals: Signals, caplog: pytest.LogCaptureFixture
) -> None:
    service, systemd = Fake(Exit.DONE), RecordingNotifier()
    service.faults = ["a.toml: plugins.x.colour = 1: unknown key"]
    os.kill(os.getpid(), signal.SIGHUP)

    serve(service, signals, StatusFile("sense", Path()), systemd)

    assert service.asked == ["start", "reload", "turn", "stop"]
    assert caplog.messages == [*service.faults, "the running configuration is kept"]
    refused = f"STATUS=well; refused: {service.faults[0]}"
    assert systemd.sent[2:5] == ["RELOADING=1", "READY=1", refused]


def test_the_watchdog_is_patted_only_where_all_has_advanced() -> None:
    service, systemd = Fake(), RecordingNotifier(WITH_WATCHDOG)
    watchdog = Watchdog(systemd, service)

    for stuck in ([], ["plugin 'x'"], []):
        service.stands_still = stuck
        watchdog.turn(now=0.0)

    assert systemd.sent == ["WATCHDOG=1"] * 2
    assert service.asked == ["mark"] * 2


def test_without_a_watchdog_it_is_not_notified() -> None:
    systemd = RecordingNotifier()

    Watchdog(systemd, Fake()).turn(now=0.0)

    assert systemd.sent == []


def test_what_stands_still_for_long_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    service = Fake()
    watchdog = Watchdog(RecordingNotifier(), service, stall_s=15.0)
    watchdog.turn(now=100.0)

    service.stands_still = ["plugin 'x' in decode", "source 'front'"]
    for now in (101.0, 114.9, 115.0, 116.0):
        watchdog.turn(now)

    assert caplog.messages == ["no progress for 15 s: plugin 'x' in decode, source 'front'"]


@pytest.mark.parametrize(
    ("level", "begins"),
    [
        (logging.DEBUG, "<7>"),
        (logging.INFO, "<6>"),
        (logging.WARNING, "<4>"),
        (logging.ERROR, "<3>"),
    ],
)
def test_the_journal_reads_the_priority_of_each_line(level: int, begins: str) -> None:
    record = logging.LogRecord("a", level, "a.py", 1, "one\ntwo %s", ("three",), None)

    lines = JournalFormatter("%(message)s").format(record).splitlines()

    assert lines == [f"{begins}one", f"{begins}two three"]


def journal_of(program: str, file: Path) -> list[str]:
    """Run *program* with its stderr in *file* as if that were the journal; return the lines."""
    with file.open("w+") as log:
        status = os.fstat(log.fileno())
        env = {**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        subprocess.run([sys.executable, "-c", program], stderr=log, env=env, check=False)
        log.seek(0)
        return log.read().splitlines()


def test_every_line_of_what_nobody_caught_is_an_error_in_the_journal(tmp_path: Path) -> None:
    program = "from edgenode import service; service.log_to_stderr(verbose=False); 1 / 0"

    lines = journal_of(program, tmp_path / "journal")

    assert lines[-1] == "<3>ZeroDivisionError: division by zero"
    assert all(line.startswith("<3>") for line in lines)


def test_an_exception_that_ends_a_thread_is_an_error_in_the_journal_too(tmp_path: Path) -> None:
    program = (
        "import threading; from edgenode import service; service.log_to_stderr(verbose=False);"
        "threading.Thread(target=lambda: 1 / 0, name='lone').start()"
    )

    lines = journal_of(program, tmp_path / "journal")

    assert lines[0] == "<3>thread lone ended by an exception"
    assert lines[-1] == "<3>ZeroDivisionError: division by zero"
    assert all(line.startswith("<3>") for line in lines)
