"""The run of ``edgenode sense`` without its loop: start, turn, reload, stop."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgenode import config
from edgenode.exits import Exit
from edgenode.handover.listener import Listener
from edgenode.handover.protocol import (
    Answer,
    Command,
    Hello,
    SenseSnapshot,
    ToUplink,
    Welcome,
    decode_to_uplink,
)
from edgenode.handover.receiver import Receiver
from edgenode.handover.requests import RELOAD, answer, ask_to
from edgenode.sense.process import ProcessTiming, SenseProcess
from edgenode.service import Signals
from edgenode.waker import Waker
from tests.sense.process_site import PLUGIN, Site, dark_table

Until = Callable[..., None]


@pytest.fixture(autouse=True)
def dark(install: Callable[[str, str, str], None]) -> None:
    entries = "[edgenode.plugins]\ndark = dark:Dark\n[edgenode.sources]\nendless = dark:Endless\n"
    install("dark", entries, PLUGIN)


@pytest.fixture
def site(tmp_path: Path, signals: Signals) -> Iterator[Site]:
    one = Site(tmp_path, signals)
    yield one
    if one.process:
        one.process.stop()


def test_a_reload_that_is_wrong_says_why_and_changes_nothing(site: Site, until: Until) -> None:
    site.write(dark_table("a"))
    process = site.start()
    until(lambda: "1 running" in process.status())

    site.write(dark_table("b"), dark_table("c", 'colour = "red"'))
    faults = process.reload()

    assert len(faults) == 1
    assert faults[0].startswith(f"{site.file}: plugins.c.colour = 'red': unknown key")
    assert process.status().startswith("1 running; uplink away, ")


def test_a_reload_without_a_file_says_so_and_changes_nothing(site: Site, until: Until) -> None:
    site.write(dark_table("a"))
    process = site.start()
    until(lambda: "1 running" in process.status())

    site.file.unlink()
    faults = process.reload()

    assert len(faults) >= 1
    assert process.status().startswith("1 running; uplink away, ")


def test_a_reload_that_is_right_is_applied(
    site: Site, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site.write(dark_table("a"))
    process = site.start()

    site.write(dark_table("a"), dark_table("b"))
    faults = process.reload()

    assert faults == []
    until(lambda: process.status().startswith("2 running"))
    assert f"configuration {config.read(site.file).digest} in force" in caplog.messages


def test_checking_applies_nothing(site: Site, until: Until) -> None:
    site.write(dark_table("a"))
    process = site.start()
    until(lambda: process.status().startswith("1 running"))
    site.write(dark_table("a"), dark_table("b"))

    found, faults = process.check()

    assert (list(found.plugins), faults) == (["a", "b"], [])
    assert process.status().startswith("1 running")


def test_recordings_that_end_are_the_end(site: Site, until: Until) -> None:
    site.write(dark_table("a"), source="replay")

    assert site.end(until) == Exit.DONE


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (dark_table("a", 'fails = "made"'), "plugin 'a': fails: as asked"),
        (dark_table("a", 'fails = "prepare"'), "plugin 'a': nothing to prepare with"),
        (dark_table("a", 'fals = "made"'), "plugins.a.fals = 'made': unknown key"),
        ('a]\nuse = "drak"\nsource = "front"\n', "no plugin 'drak' is installed"),
    ],
)
def test_a_recording_whose_plugin_ends_in_an_error_is_a_status_of_its_own(
    site: Site, until: Until, caplog: pytest.LogCaptureFixture, table: str, message: str
) -> None:
    site.write(table, source="replay")

    status = site.end(until)

    assert status == Exit.PLUGIN_FAILED
    assert message in caplog.messages[-1]
    assert caplog.records[-1].levelname == "ERROR"


def test_a_recording_that_cannot_be_read_is_another(
    site: Site, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    site.write(dark_table("a"), source="replay")
    (site.folder / "black.png").write_bytes(b"no picture")

    status = site.end(until)

    assert status == Exit.UNREADABLE
    assert "black.png" in caplog.messages[-1]


def test_what_does_not_advance_is_named(site: Site, until: Until) -> None:
    site.write(dark_table("a"))
    process = site.start()
    until(lambda: process.stuck() == [])

    process.mark()

    until(lambda: process.stuck() == [])


class Uplink:
    """Remembers what sense sends; answers its greeting."""

    def __init__(self) -> None:
        self.messages: list[ToUplink] = []

    def commands(self) -> list[Command]:
        return [message for message in self.messages if isinstance(message, Command)]

    def receive(self, payload: bytes) -> Welcome | None:
        self.messages.append(decode_to_uplink(payload))
        return Welcome(0) if isinstance(self.messages[-1], Hello) else None

    def disconnected(self) -> None: ...

    def kept(self) -> int:
        return 0


def test_the_final_states_wait_for_an_uplink_that_is_still_starting(
    site: Site, until: Until, signals: Signals, caplog: pytest.LogCaptureFixture
) -> None:
    site.write(dark_table("a", 'fails = "made"'), source="replay")
    made = config.read(site.file, secrets=False)
    timing = ProcessTiming(hello_s=10.0, drain_s=0.0, poll_s=0.01)
    process = SenseProcess(site.file, made, signals, supervised=True, timing=timing)
    uplink = Uplink()
    receiver = Receiver(Listener(made.handover.socket), uplink, Waker())

    def run() -> None:
        process.start()
        while process.turn() is None:
            pass
        process.stop()

    with caplog.at_level(logging.INFO):
        running = threading.Thread(target=run)
        running.start()
        until(lambda: "all recordings have ended" in caplog.text)
        receiver.start()
        running.join()
    receiver.stop()

    last = uplink.messages[-1]
    assert isinstance(last, SenseSnapshot)
    assert last.plugins["a"].fate == "config-error"


def test_a_reload_is_asked_again_of_the_uplink_that_replaces_one_that_did_not_answer(
    site: Site, until: Until
) -> None:
    site.write(dark_table("a"))
    process = site.start()
    first, second = Uplink(), Uplink()
    receiver = Receiver(Listener(site.folder / "handover.sock"), first, Waker())
    receiver.start()
    faults: list[str] = []

    reload = threading.Thread(target=lambda: faults.extend(process.reload()))
    reload.start()
    until(lambda: first.commands() != [])
    receiver.stop()
    receiver = Receiver(Listener(site.folder / "handover.sock"), second, Waker())
    receiver.start()
    until(lambda: second.commands() != [])
    receiver.request(answer(second.commands()[0], ["not today"]))
    reload.join()
    receiver.stop()

    assert faults == ["not today"]
    assert first.commands() == second.commands()


def test_the_outcome_is_of_the_reload_that_was_asked_for_and_not_of_one_under_way(
    site: Site, until: Until
) -> None:
    site.write(dark_table("a"))
    process = site.start()
    uplink = Uplink()
    receiver = Receiver(Listener(site.folder / "handover.sock"), uplink, Waker())
    receiver.start()
    outcomes: list[list[str]] = []

    reload = threading.Thread(target=lambda: outcomes.append(process.reload()))
    reload.start()
    until(lambda: uplink.commands() != [])
    receiver.request(ask_to(RELOAD, digest="of an older file"))
    until(lambda: any(isinstance(message, Answer) for message in uplink.messages))
    receiver.request(answer(uplink.commands()[0], []))
    reload.join()
    receiver.stop()

    assert outcomes == [[]]
    assert process.refused == []


def test_a_file_that_is_no_toml_is_one_fault(site: Site) -> None:
    site.write(dark_table("a"))
    process = site.start()
    site.file.write_text("[plugins")

    (fault,) = process.reload()

    assert "TOML" in fault
