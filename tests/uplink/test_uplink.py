"""The uplink as a process: killed, restarted, watched, weighed."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from edgenode import clock, config
from edgenode.errors import BrokerError
from edgenode.handover.backlog import Backlog
from edgenode.handover.protocol import EventRecord, Inventory, ResultRecord
from edgenode.handover.sender import Sender
from edgenode.uplink.uplink import Uplink
from edgenode.values import Result

if TYPE_CHECKING:
    from tests.uplink.conftest import Site

PROGRAM = """
import sys, threading
from edgenode import config
from edgenode.uplink.uplink import Uplink

url, socket, protocol = sys.argv[1:]
uplink = Uplink(config.Config(
    node=config.Node(id="n1"),
    mqtt=config.Mqtt(url=url, protocol=protocol),
    handover=config.Handover(socket=socket),
))
uplink.start()
print("started", flush=True)
threading.Event().wait()
"""
UNWANTED = (
    "numpy", "edgenode.plugin", "edgenode.sense", "edgenode.accelerator", "tflite_runtime",
    "ai_edge_litert", "sounddevice", "picamera2", "PIL",
)  # fmt: skip
WEIGH = """
import sys, time
from edgenode import config
from edgenode.uplink.uplink import Uplink

uplink = Uplink(config.Config(
    mqtt=config.Mqtt(url=sys.argv[1]), handover=config.Handover(socket=sys.argv[2])))
uplink.start()
while not uplink.connected:
    time.sleep(0.001)
uplink.stop()
print(*sys.modules)
"""


@pytest.fixture
def processes() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Return a function that runs the uplink as a process of its own at a site."""
    with ExitStack() as ends:

        def start(site: "Site", protocol: str = "auto") -> "subprocess.Popen[str]":
            command = [sys.executable, "-c", PROGRAM, site.broker.url, str(site.path), protocol]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            ends.enter_context(process)
            ends.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            return process

        yield start


def test_a_killed_uplink_is_lost_and_its_will_names_its_connection(
    site: "Site", processes: Callable[..., "subprocess.Popen[str]"]
) -> None:
    seen_by = site.consumer("+/+/+/status")
    process = processes(site, protocol="3.1.1")
    seen_by.wait_for_topic("status")

    process.kill()
    online, lost = (json.loads(m.payload) for m in seen_by.wait_for_topic("status", 2))

    assert (lost["state"], lost["reason"]) == ("offline", "lost")
    assert (lost["run"], lost["conn"]) == (online["run"], online["conn"])


def test_on_mqtt_5_a_quick_restart_is_never_called_offline(
    site: "Site", processes: Callable[..., "subprocess.Popen[str]"]
) -> None:
    seen_by = site.consumer("+/+/+/status")
    first = processes(site)
    seen_by.wait_for_topic("status")

    first.kill()
    first.wait()
    processes(site)
    one, two = (json.loads(m.payload) for m in seen_by.wait_for_topic("status", 2))

    assert (one["state"], one["reason"]) == (two["state"], two["reason"]) == ("online", "boot")
    assert one["run"] != two["run"]


def test_an_uplink_killed_again_and_again_loses_nothing(
    site: "Site", processes: Callable[..., "subprocess.Popen[str]"]
) -> None:
    seen_by = site.consumer("+/+/+/result/#")
    backlog = Backlog()
    sender = Sender(site.path, backlog)
    sender.start()
    offered = 0

    for _ in range(3):
        process = processes(site)
        for _ in range(400):
            offered += 1
            backlog.add(
                ResultRecord(f"p{offered % 2}", Result(captured_at=offered / 1000)), clock.offset()
            )
        # Killed with some accepted, some acknowledged, and some on their way.
        seen_by.wait_for_topic("", len(seen_by.messages) + 50)
        process.kill()
        process.wait()
    processes(site)
    backlog.add(ResultRecord("last", Result(captured_at=0.0)), clock.offset())
    assert backlog.drain(20, kept=True)
    sender.stop()
    seen_by.wait_for_topic("/last")

    identities = defaultdict(set)
    order = defaultdict(list)
    for message in seen_by.messages:
        found = json.loads(message.payload)
        identities[found["ts"]].add((found["run"], found["seq"]))
        order[message.topic].append(found["ts"])
    assert sorted(identities) == list(range(offered + 1))
    assert all(len(same) == 1 for same in identities.values())
    for timestamps in order.values():
        first_seen = list(dict.fromkeys(timestamps))
        assert first_seen == sorted(first_seen)


def test_a_sender_with_a_long_backlog_gets_rid_of_it(site: "Site") -> None:
    backlog = Backlog()
    sender = Sender(site.path, backlog)
    backlog.announce(Inventory())
    for number in range(1, 5001):
        backlog.add(ResultRecord("people", Result(captured_at=float(number))), clock.offset())
    entered = EventRecord(plugin="door", captured_at=1.0, type="enter", label="cat", score=0.5)
    backlog.add(entered, clock.offset())

    site.uplink()
    sender.start()

    assert backlog.drain(20, kept=True)
    sender.stop()
    assert backlog.dropped == 0


def test_the_uplink_sees_no_array_and_no_device(site: "Site") -> None:
    command = [sys.executable, "-c", WEIGH, site.broker.url, str(site.path)]

    modules = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    assert "edgenode.uplink.uplink" in modules
    assert [name for name in modules if name.startswith(UNWANTED)] == []


def test_no_thread_is_stuck_while_it_turns_and_both_are_after_the_end(
    site: "Site", until: Callable[..., None]
) -> None:
    one = site.uplink()
    until(lambda: one.connected)

    one.mark()
    until(lambda: not one.stuck())
    one.mark()
    until(lambda: not one.stuck())
    assert one.alive

    one.stop()
    one.mark()
    assert one.stuck() == ["receiver", "mqtt"]
    assert not one.alive


def test_no_thread_is_stuck_while_the_broker_is_away(
    site: "Site", until: Callable[..., None]
) -> None:
    site.broker.kill()
    one = site.uplink()

    until(lambda: "refused" in one.status())

    one.mark()
    until(lambda: not one.stuck())
    assert not one.connected


def test_its_status_is_one_line_for_people(site: "Site", until: Callable[..., None]) -> None:
    one = site.uplink()
    site.sense()
    until(lambda: one.connected and "sense here" in one.status())

    assert one.status().startswith("connected, MQTT 5; sense here; 0 waiting, ")


def test_an_address_that_cannot_be_one_is_refused_at_once(site: "Site") -> None:
    settings = config.Config(mqtt=config.Mqtt(url="mqtt://user:secret@host"))

    with pytest.raises(BrokerError, match=r"use mqtt\.username") as caught:
        Uplink(settings)

    assert "secret" not in str(caught.value)
    assert site is not None
