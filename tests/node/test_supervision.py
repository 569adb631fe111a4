"""What keeps a node running: orphans, reloads, wrong settings, failing plugins, the watchdog."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.node.processes import alive

if TYPE_CHECKING:
    from edgenode.mqtt.exchange import Received
    from tests.brokers import Consumer, Mosquitto
    from tests.node.conftest import Journal, Site

Watch = Callable[..., "Consumer"]
Until = Callable[..., None]

CHEQUER = """
    [sources.board]
    use = "chequer"
    rate_hz = 50
    [plugins.{name}]
    use = "brightness"
    source = "board"
    """


def test_a_killed_parent_leaves_no_orphans(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until
) -> None:
    node.configure(CHEQUER.format(name="light"))
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    seen_by.wait_for_topic("light")
    children = run.children()

    run.kill()

    assert set(children) == {"sense", "uplink"}
    until(lambda: not any(map(alive, children.values())), 15)


def test_sighup_applies_a_good_configuration_and_keeps_the_old_one_where_it_is_bad(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until
) -> None:
    node.configure(CHEQUER.format(name="light"))
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    seen_by.wait_for_topic("result/light")

    node.configure(CHEQUER.format(name="light") + "colour = 1\n", more="[health]\nperiod = 5\n")
    run.process.send_signal(signal.SIGHUP)
    until(lambda: "the running configuration is kept" in run.log)
    kept = len(seen_by.wait_for_topic("result/light"))
    seen_by.wait_for_topic("result/light", kept + 1)
    node.configure(CHEQUER.format(name="lamp"))
    run.process.send_signal(signal.SIGHUP)
    seen_by.wait_for_topic("result/lamp")

    for said in (
        "health.period = 5: unknown key; did you mean 'period_s'?",
        "plugins.light.colour = 1: unknown key",
        "the running configuration is kept",
        "uplink MainThread: configuration",
        "sense MainThread: configuration",
    ):
        assert run.log.count(said) == 1, said
    meta = [json.loads(message.payload) for message in seen_by.wait_for_topic("/meta")]
    assert [plugin["id"] for plugin in meta[-1]["plugins"]] == ["lamp"]
    assert f"configuration {meta[-1]['cfg_hash']} in force" in run.log


def test_sighup_while_the_uplink_is_away_has_sense_reload(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until
) -> None:
    node.configure(CHEQUER.format(name="light"))
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    seen_by.wait_for_topic("result/light")
    uplink = run.children()["uplink"]

    os.kill(uplink, signal.SIGKILL)
    until(lambda: not alive(uplink))
    node.configure(CHEQUER.format(name="lamp"))
    run.process.send_signal(signal.SIGHUP)

    assert seen_by.wait_for_topic("result/lamp")
    assert run.log.count("sense MainThread: configuration") == 1


def test_another_socket_needs_a_restart_and_a_reload_goes_on_at_the_one_there_is(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    uplink = node.start("uplink")
    until(node.socket.exists)

    old, node.socket = node.socket, Path("/proc/nowhere/handover.sock")
    node.configure(more="[health]\nperiod_s = 7\n")
    uplink.process.send_signal(signal.SIGHUP)
    until(lambda: "in force" in uplink.log)
    until(old.exists)
    node.start("sense", arguments=["--socket", str(old)])
    node.feed.give(1)

    assert seen_by.wait_for_topic("result/numbers")
    assert "[handover] has changed: restart both processes for that" in uplink.log


@pytest.mark.parametrize("role", ["run", "sense", "uplink"])
def test_a_wrong_configuration_is_exit_status_2_with_every_fault(node: "Site", role: str) -> None:
    node.configure(more="[outbox]\nmesages = 5\n[health]\nperiod_s = 0\n")

    one = node.start(role)

    assert one.wait() == 2
    assert one.log.splitlines() == [
        f"edgenode: {node.config}: outbox.mesages = 5: unknown key; did you mean 'messages'?",
        f"edgenode: {node.config}: health.period_s = 0: must be a number from 1 to 86400",
    ]


def settled(seen_by: "Consumer", plugin: str) -> dict[str, Any]:
    """Return the state of *plugin* once it does not start any more."""

    def states(messages: "list[Received]") -> list[dict[str, Any]]:
        found = [json.loads(m.payload) for m in messages if m.topic.endswith(f"state/{plugin}")]
        return [state for state in found if state["fate"] != "starting"]

    return states(seen_by.wait_until(lambda messages: bool(states(messages))))[-1]


def test_a_plugin_with_a_fault_is_a_state_and_the_others_go_on(
    node: "Site", broker: "Mosquitto", consumer: Watch
) -> None:
    node.configure(
        CHEQUER.format(name="light")
        + """
    [plugins.unknown]
    use = "brightnes"
    source = "board"
    [plugins.eyes]
    use = "pose-estimation"
    source = "board"
    model = "movenet-lightning"
    """,
        more=f'[models]\nstore = "{node.folder}"\n',
    )
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")

    node.start("run")

    seen_by.wait_for_topic("result/light", 3)
    unknown, eyes = settled(seen_by, "unknown"), settled(seen_by, "eyes")
    assert (unknown["fate"], eyes["fate"]) == ("load-error", "model-error")
    assert "did you mean 'brightness'?" in unknown["error"]
    assert "`edgenode models pull movenet-lightning`" in eyes["error"]


@pytest.mark.parametrize("role", ["sense", "uplink"])
def test_why_a_unit_does_not_start_is_an_error_in_the_journal(node: "Site", role: str) -> None:
    node.configure(mqtt="colour = 1")

    one = node.start(role, env=node.journal_of(role))

    assert one.wait() == 2
    assert one.log.startswith("<3>edgenode: ")
    assert "mqtt.colour = 1: unknown key" in one.log


EYES = """
    [sources.tape]
    use = "replay"
    path = "a.jpg"
    [plugins.eyes]
    use = "pose-estimation"
    source = "tape"
    model = "movenet-lightning"
    """


def test_sense_on_a_recording_whose_only_plugin_cannot_run_ends_and_says_why(node: "Site") -> None:
    node.configure(EYES, more=f'[models]\nstore = "{node.folder}"\n')

    sense = node.start("sense", env=node.journal_of("sense"))

    assert sense.wait() == 4
    message = sense.log.splitlines()[-1]
    assert message.startswith("<3>plugin 'eyes': the cpu file of model 'movenet-lightning'")
    assert message.endswith("`edgenode models pull movenet-lightning`")


def test_a_node_on_such_a_recording_publishes_it_and_ends_with_the_same_status(
    node: "Site", broker: "Mosquitto", consumer: Watch
) -> None:
    node.configure(EYES, more=f'[models]\nstore = "{node.folder}"\n')
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")

    run = node.start("run")

    assert run.wait() == 4
    # "starting" may come before it.
    seen_by.wait_until(lambda found: any(b'"model-error"' in m.payload for m in found))


def test_a_plugin_that_fails_is_a_state_and_its_twin_goes_on(
    node: "Site", broker: "Mosquitto", consumer: Watch
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    node.start("run")
    node.feed.give(1)
    seen_by.wait_for_topic("result/numbers")

    node.feed.give(0xFFFFFFFF)
    states = seen_by.wait_until(lambda received: b'"failed"' in received[-1].payload)

    assert json.loads(states[-1].payload)["error"] == "ValueError: that is no number"


def test_sense_pats_the_watchdog_only_while_frames_come(
    node: "Site",
    broker: "Mosquitto",
    consumer: Watch,
    journal: "Journal",
    until: Until,
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/result/#")
    node.start("uplink")
    sense = node.start("sense", env=journal.env)

    received = journal.receive_until("READY=1")
    while "WATCHDOG=1" not in received:
        node.feed.give(1)
        received += [message] if (message := journal.receive(0.05)) else []
    node.feed.give(2)
    seen_by.wait_until(
        lambda received: any(b'"number":2' in message.payload for message in received)
    )
    while journal.receive(0.001):
        pass
    # The source is silent from now on: frames given before may cause one more notification. The
    # status is sent each time.
    later = [journal.receive() for _ in range(6)]
    sense.process.send_signal(signal.SIGTERM)
    journal.receive_until("STOPPING=1")
    until(lambda: node.feed.give(0) or sense.process.poll() is not None)

    assert None not in later
    assert "WATCHDOG=1" not in later[3:]
    assert sense.process.returncode == 0


def test_uplink_tells_systemd_how_it_is(
    node: "Site", broker: "Mosquitto", journal: "Journal"
) -> None:
    uplink = node.start("uplink", env=journal.env)

    ready = journal.receive_until("STATUS=")
    connected = journal.receive_until("STATUS=connected, MQTT 5; sense away; 0 waiting")
    broker.kill()
    away = journal.receive_until("STATUS=broker ")
    journal.receive_until("WATCHDOG=1")
    status = uplink.ask_to_end()
    journal.receive_until("STOPPING=1")

    assert ready[0] == "READY=1"
    assert "WATCHDOG=1" in connected
    assert "connection refused; sense away" in away[-1]
    assert status == 0
