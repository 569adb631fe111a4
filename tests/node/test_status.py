"""`edgenode status` of real processes: well, unwell with the reason, not running."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgenode import __version__

if TYPE_CHECKING:
    from tests.brokers import Mosquitto
    from tests.node.conftest import Site

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return an environment with a folder for temporary files of its own."""
    (tmp_path / "tmp").mkdir()
    return {"TMPDIR": str(tmp_path / "tmp")}


@pytest.fixture
def ask(node: "Site", env: dict[str, str]) -> Ask:
    """Return a function that asks how the node is: the exit status, and what was printed."""

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-m", "edgenode", "status", str(node.config), "--json", *words]
        ended = subprocess.run(
            command, env={**os.environ, **env}, check=False, capture_output=True, timeout=60
        )
        return ended.returncode, json.loads(ended.stdout)

    return run


def test_a_node_that_works_is_well_and_one_that_was_stopped_is_not_running(
    node: "Site", ask: Ask, env: dict[str, str]
) -> None:
    before = ask()
    run = node.start("run", env=env)
    well = ask("--wait", "20")
    run.ask_to_end()

    after = ask()

    assert before == after
    assert (before[0], before[1]["state"]) == (2, "not running")
    assert (well[0], well[1]["state"], well[1]["reasons"]) == (0, "well", [])
    assert set(well[1]["processes"]) == {"sense", "uplink"}
    assert {one["version"] for one in well[1]["processes"].values()} == {__version__}
    assert list(Path(env["TMPDIR"]).iterdir()) == []


def test_a_broker_that_is_away_is_the_reason_until_it_is_back(
    node: "Site", ask: Ask, env: dict[str, str], broker: "Mosquitto"
) -> None:
    node.start("run", env=env)
    ask("--wait", "20")
    broker.kill()
    for _ in range(100):
        away = ask()
        if away[0]:
            break
    broker.start()

    back = ask("--wait", "20")

    assert away[0] == 1
    assert any(one.startswith("uplink: the broker is away: ") for one in away[1]["reasons"])
    assert back[0] == 0


def test_a_plugin_that_fails_is_the_reason_with_its_error(
    node: "Site", ask: Ask, env: dict[str, str]
) -> None:
    node.configure(more='[plugins.blind]\nuse = "echo"\nsource = "gone"\n')
    node.start("run", env=env)

    status, told = ask("--wait", "3")

    assert status == 1
    (reason,) = told["reasons"]
    assert reason.startswith("sense: plugin 'blind': config-error: plugins.blind.source = 'gone'")


def test_a_configuration_that_was_refused_is_the_reason_until_it_is_mended(
    node: "Site", ask: Ask, env: dict[str, str]
) -> None:
    run = node.start("run", env=env)
    ask("--wait", "20")
    node.configure(more="[health]\nperiod = 5\n")
    run.process.send_signal(signal.SIGHUP)
    for _ in range(100):
        refused = ask()
        if any("refused" in one for one in refused[1]["reasons"]):
            break
    node.configure()
    run.process.send_signal(signal.SIGHUP)

    mended = ask("--wait", "20")

    assert refused[0] == 1
    assert any("health.period = 5: unknown key" in one for one in refused[1]["reasons"])
    assert mended[0] == 0


def test_a_process_that_was_stopped_in_its_tracks_does_not_advance(
    node: "Site", ask: Ask, env: dict[str, str]
) -> None:
    run = node.start("run", env=env)
    ask("--wait", "20")
    sense = run.children()["sense"]
    os.kill(sense, signal.SIGSTOP)
    for _ in range(200):
        stalled = ask()
        if any("has not advanced" in one for one in stalled[1]["reasons"]):
            break
    os.kill(sense, signal.SIGCONT)

    again = ask("--wait", "20")

    assert stalled[0] == 1
    assert any(one.startswith("sense: has not advanced for") for one in stalled[1]["reasons"])
    assert again[0] == 0


def test_steady_asks_for_more_than_a_moment(node: "Site", ask: Ask, env: dict[str, str]) -> None:
    node.start("run", env=env)
    ask("--wait", "20")
    moment = ask("--steady", "1000")

    while_ = ask("--wait", "20", "--steady", "1")

    assert moment[0] == 1
    assert "1000 s are asked for" in moment[1]["reasons"][0]
    assert while_[0] == 0
    assert while_[1]["well_s"] >= 1


def test_a_killed_run_leaves_a_folder_that_the_next_takes_away(
    node: "Site", ask: Ask, env: dict[str, str]
) -> None:
    first = node.start("run", env=env)
    ask("--wait", "20")
    (left,) = Path(env["TMPDIR"]).iterdir()
    first.kill()
    killed = left.is_dir()

    node.start("run", env=env)
    ask("--wait", "30")

    assert killed
    assert not left.exists()


def test_the_log_says_now_and_then_how_the_node_is(
    node: "Site", env: dict[str, str], until: Callable[..., None]
) -> None:
    run = node.start("run", env=env)

    until(lambda: "run MainThread: well; uplink: connected, MQTT" in run.log, 30)


def test_nothing_to_run_is_told_at_once(node: "Site", env: dict[str, str]) -> None:
    node.configure("")

    run = node.start("run", env=env)

    assert run.wait() == 2
    assert f"{node.config}: plugins: nothing to run; add a table such as" in run.log
