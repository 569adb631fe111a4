"""A reload is one for both processes, whichever of them is asked: both apply it or neither does."""

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgenode import demo, reloads

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto
    from tests.node.conftest import Site
    from tests.node.processes import Running

Watch = Callable[..., "Consumer"]
Until = Callable[..., None]
Numbers = Callable[[list[Any]], list[int]]

TABLES = """
    [sources.board]
    use = "chequer"
    rate_hz = 50
    [plugins.light]
    use = "brightness"
    source = "board"
    {option}
    """
WRONG = "colour = 1"
FAULT = "plugins.light.colour = 1: unknown key"


class Pair:
    """Sense and uplink as two units would have them, each with a runtime folder of its own."""

    def __init__(self, node: "Site") -> None:
        self.node = node
        self.units = {role: self._start(role) for role in ("uplink", "sense")}

    def reload(self, role: str) -> "subprocess.CompletedProcess[str]":
        """Do what ExecReload= of the unit does."""
        command = [sys.executable, "-m", "edgenode", "reload", "--pid", str(self.units[role].pid)]
        file = self.node.folder / role / "reload.json"
        return subprocess.run(
            [*command, "--file", str(file)], capture_output=True, text=True, check=False
        )

    def reload_at_once(self, role: str) -> list[str]:
        """Do the same without the time that a program takes to start; return the faults."""
        file = self.node.folder / role / "reload.json"
        return reloads.reload(self.units[role].pid, file, 20, 0.005)

    def restart(self, role: str) -> None:
        self.units[role].kill()
        self.units[role] = self._start(role)

    def _start(self, role: str) -> "Running":
        folder = self.node.folder / role
        folder.mkdir(exist_ok=True)
        return self.node.start(role, env={"RUNTIME_DIRECTORY": str(folder)})


@pytest.fixture
def pair(node: "Site", until: Until) -> Pair:
    """Return both processes, connected to each other."""
    node.configure(TABLES.format(option=""), more="[health]\nperiod_s = 5\n")
    both = Pair(node)
    until(lambda: "sense is connected" in both.units["uplink"].log)
    return both


def metas(seen_by: "Consumer") -> list[dict[str, Any]]:
    return [json.loads(message.payload) for message in seen_by.wait_for_topic("/meta")]


def is_applied(found: list[dict[str, Any]]) -> bool:
    """Return whether the last meta is of a configuration that followed a refused one."""
    refused = any("cfg_error" in meta for meta in found[:-1])
    return refused and "cfg_error" not in found[-1] and found[-1]["plugins"] != []


@pytest.mark.parametrize("role", ["sense", "uplink"])
def test_what_sense_refuses_neither_applies_and_the_reload_fails_and_meta_says_why(
    pair: Pair, broker: "Mosquitto", consumer: Watch, role: str
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    seen_by.wait_until(lambda found: any(b'"plugins":[{' in m.payload for m in found))
    pair.node.configure(TABLES.format(option=WRONG))

    outcome = pair.reload(role)

    assert outcome.returncode == 2
    assert FAULT in outcome.stderr
    seen = seen_by.wait_until(lambda found: b"cfg_error" in b"".join(m.payload for m in found[-1:]))
    meta = json.loads(seen[-1].payload)
    assert FAULT in meta["cfg_error"]
    assert meta["cfg_hash"] == metas(seen_by)[-2]["cfg_hash"]
    for unit in pair.units.values():
        assert "in force" not in unit.log


@pytest.mark.parametrize("role", ["sense", "uplink"])
def test_what_the_uplink_refuses_neither_applies(
    pair: Pair, broker: "Mosquitto", consumer: Watch, role: str
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/result/#")
    pair.node.configure(
        TABLES.format(option="rate_hz = 1"), mqtt='username = "n1"\npassword_file = "/nowhere"'
    )

    outcome = pair.reload(role)

    assert outcome.returncode == 2
    assert "mqtt.password_file = '/nowhere': no such file" in outcome.stderr
    assert seen_by.wait_for_topic("light", 5)
    for unit in pair.units.values():
        assert "in force" not in unit.log


@pytest.mark.parametrize("role", ["sense", "uplink"])
def test_a_good_one_is_applied_by_both_whichever_is_asked(
    pair: Pair, broker: "Mosquitto", consumer: Watch, until: Until, role: str
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/meta")
    pair.node.configure(TABLES.format(option=WRONG))
    assert pair.reload(role).returncode == 2
    pair.node.configure(TABLES.format(option="rate_hz = 20"), mqtt="keep_alive_s = 20")

    outcome = pair.reload(role)

    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "applied\n", "")
    for unit in pair.units.values():
        until(lambda unit=unit: "in force" in unit.log)
    seen = seen_by.wait_until(lambda found: is_applied([json.loads(m.payload) for m in found]))
    digest = json.loads(seen[-1].payload)["cfg_hash"]
    for unit in pair.units.values():
        until(lambda unit=unit: f"configuration {digest} in force" in unit.log)
        assert unit.log.count("in force") == 1


@pytest.mark.parametrize("role", ["sense", "uplink"])
def test_a_sense_that_comes_back_to_a_replaced_uplink_is_still_asked(
    pair: Pair, broker: "Mosquitto", consumer: Watch, role: str
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    pair.node.configure(TABLES.format(option=""), mqtt="keep_alive_s = 20")
    assert pair.reload_at_once("uplink") == []
    pair.node.configure(TABLES.format(option=WRONG), mqtt="keep_alive_s = 20")

    faults = pair.reload_at_once(role)

    assert FAULT in "".join(faults)
    assert pair.units["uplink"].log.count("in force") == 1
    seen_by.wait_until(lambda found: any(b"cfg_error" in message.payload for message in found))


@pytest.mark.parametrize("first", ["sense", "uplink"])
@pytest.mark.parametrize("second", ["sense", "uplink"])
def test_of_two_reloads_at_once_each_has_the_outcome_of_what_was_there_when_it_was_asked_for(
    pair: Pair, until: Until, first: str, second: str
) -> None:
    pair.node.configure(TABLES.format(option=WRONG))
    early = threading.Thread(target=pair.reload_at_once, args=(first,))
    early.start()
    pair.node.configure(TABLES.format(option="rate_hz = 20"), mqtt="keep_alive_s = 20")

    faults = pair.reload_at_once(second)

    early.join()
    assert faults == []
    for unit in pair.units.values():
        until(lambda unit=unit: "in force" in unit.log)


def test_all_that_is_wrong_is_told_at_once(pair: Pair) -> None:
    pair.node.configure(TABLES.format(option=WRONG), more="[health]\nperiod = 5\n")

    outcome = pair.reload("uplink")

    assert outcome.returncode == 2
    assert FAULT in outcome.stderr
    assert "health.period = 5: unknown key; did you mean 'period_s'?" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 2


def test_each_reloads_alone_while_the_other_is_away(pair: Pair, until: Until) -> None:
    pair.units["sense"].kill()
    until(lambda: "sense is gone" in pair.units["uplink"].log)
    pair.node.configure(TABLES.format(option=""), mqtt="keep_alive_s = 20")

    alone = pair.reload("uplink")
    pair.restart("sense")
    until(lambda: pair.units["uplink"].log.count("sense is connected") == 2)
    pair.units["uplink"].kill()
    until(lambda: "uplink lost" in pair.units["sense"].log)
    pair.node.configure(TABLES.format(option="rate_hz = 20"), mqtt="keep_alive_s = 20")
    other = pair.reload("sense")

    assert (alone.returncode, other.returncode) == (0, 0)


SCENE = Path(demo.__file__).parent / "scene" / "scene.mp4"
LIVELY = """
    [sources.pipe]
    use = "fed"
    pipe = "{pipe}"
    [sources.scene]
    use = "replay"
    path = "{scene}"
    loop = true
    [plugins.numbers]
    use = "echo"
    source = "pipe"
    [plugins.things]
    use = "object-detection"
    source = "scene"
    model = "starter-detector"
    threshold = {threshold}
    """


def test_a_new_threshold_interrupts_no_other_plugin_opens_no_source_and_loads_no_model(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until, numbers: Numbers
) -> None:
    def configure(threshold: float) -> None:
        tables = LIVELY.format(pipe=node.feed.path, scene=SCENE, threshold=threshold)
        node.configure(tables, more="[health]\nperiod_s = 5\n")

    configure(0.5)
    pair = Pair(node)
    seen_by = consumer(broker.url, "edgenode/v1/n1/result/#")
    seen_by.wait_for_topic("things", 3)
    fresh = itertools.count()
    feeding = threading.Event()

    def feed() -> None:
        while not feeding.wait(0.005):
            node.feed.give(next(fresh))

    feeder = threading.Thread(target=feed)
    feeder.start()
    for threshold in (0.6, 0.7, 0.55):
        configure(threshold)
        assert pair.reload("sense").returncode == 0
    feeding.set()
    feeder.join()
    given = next(fresh)

    seen = seen_by.wait_until(lambda received: len(numbers(only_numbers(received))) >= given, 20)
    assert numbers(only_numbers(seen)) == list(range(given))
    assert node.feed.opened() == 1
    assert pair.units["sense"].log.count("loading model") == 1
    until(lambda: pair.units["sense"].log.count("in force") == 3)


def only_numbers(received: list[Any]) -> list[Any]:
    return [message for message in received if message.topic.endswith("/numbers")]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--pid", "999999999"], "reload.json: "),
        (["--pid", "1", "--file", "/nowhere/reload.json"], "/nowhere/reload.json"),
        (["--pid", "1"], "--file: missing; for the unit of sense give"),
    ],
)
def test_one_that_cannot_be_reloaded_is_told_so(
    tmp_path: Any,  # noqa: ANN401
    options: list[str],
    problem: str,
) -> None:
    env = {"RUNTIME_DIRECTORY": str(tmp_path)} if options[1] == "999999999" else {}
    command = [sys.executable, "-m", "edgenode", "reload", *options]

    outcome = subprocess.run(command, capture_output=True, text=True, check=False, env=env)

    assert outcome.returncode == 2
    assert problem in outcome.stderr
