"""What reaches the broker when either process is killed or asked to end: all of it, once."""

import itertools
import json
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto
    from tests.node.conftest import Site

Watch = Callable[..., "Consumer"]
Until = Callable[..., None]
Numbers = Callable[[list[Any]], list[int]]


def identities(received: list[Any]) -> dict[tuple[str, int], list[bytes]]:
    """Return the payloads that arrived under each (run, seq)."""
    found: dict[tuple[str, int], list[bytes]] = {}
    for message in received:
        if "/result/" in message.topic or "/event/" in message.topic:
            payload = json.loads(message.payload)
            found.setdefault((payload["run"], payload["seq"]), []).append(message.payload)
    return found


def assert_exactly_once(received: list[Any]) -> None:
    """Fail unless what arrived twice is the same message, and no seq is missing in any run."""
    found = identities(received)
    assert all(len(set(payloads)) == 1 for payloads in found.values())
    for run in {run for run, _ in found}:
        seqs = sorted(seq for of, seq in found if of == run)
        assert seqs == list(range(1, len(seqs) + 1))


def test_a_killed_uplink_is_started_again_and_no_finding_is_lost(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until, numbers: Numbers
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    node.feed.give(*range(50))
    seen_by.wait_for_topic("numbers", 20)
    first = run.children()

    os.kill(first["uplink"], signal.SIGKILL)
    node.feed.give(*range(50, 100))
    until(lambda: run.children().get("uplink", first["uplink"]) != first["uplink"])
    node.feed.give(*range(100, 150))
    seen = seen_by.wait_until(lambda received: set(numbers(received)) >= set(range(150)), 20)

    assert run.children()["sense"] == first["sense"]
    assert len({run for run, _ in identities(seen)}) == 1, "the run is sense's"
    assert_exactly_once(seen)
    assert len(identities(seen)) == 150


def test_either_process_may_be_killed_in_turn_and_the_node_goes_on(
    node: "Site", broker: "Mosquitto", consumer: Watch, until: Until, numbers: Numbers
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    fresh = itertools.count()

    for role in ("sense", "uplink", "sense"):
        given = [next(fresh) for _ in range(20)]
        node.feed.give(*given)
        seen_by.wait_until(lambda received: set(numbers(received)) >= set(given), 20)  # noqa: B023
        before = run.children()[role]
        os.kill(before, signal.SIGKILL)
        until(lambda: run.children().get(role, before) != before)  # noqa: B023
    node.feed.give(*(last := [next(fresh) for _ in range(20)]))

    seen = seen_by.wait_until(lambda received: set(numbers(received)) >= set(last), 20)
    assert sorted(set(numbers(seen))) == list(range(80))
    assert_exactly_once(seen)
    assert run.log.count("starting it again in") == 3


def test_kill_9_shows_the_will_and_then_a_birth(
    node: "Site", broker: "Mosquitto", consumer: Watch, validated: Callable[..., dict[str, Any]]
) -> None:
    node.configure(mqtt='protocol = "3.1.1"')  # on MQTT 5 the will waits
    seen_by = consumer(broker.url, "edgenode/v1/n1/status")
    first = node.start("uplink")
    (birth,) = map(validated, seen_by.wait_for_topic("status"))

    first.kill()
    will = validated(seen_by.wait_for_topic("status", 2)[1])
    node.start("uplink")
    again = validated(seen_by.wait_for_topic("status", 3)[2])

    assert (birth["state"], birth["reason"]) == ("online", "boot")
    assert (will["state"], will["reason"]) == ("offline", "lost")
    assert (will["run"], will["conn"]) == (birth["run"], birth["conn"])
    assert (again["state"], again["reason"]) == ("online", "boot")
    assert again["run"] != birth["run"]


def test_sigterm_publishes_what_was_found_and_publishes_offline(
    node: "Site", broker: "Mosquitto", consumer: Watch, numbers: Numbers
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    node.feed.give(*range(50))
    seen_by.wait_for_topic("numbers", 50)

    # No more than the uplink can publish in its last seconds, on a busy machine too.
    node.feed.give(*range(50, 500))
    status = run.ask_to_end()
    node.feed.give(500)

    seen = seen_by.wait_until(lambda received: b"shutdown" in received[-1].payload)
    assert status == 0
    assert json.loads(seen[-1].payload)["state"] == "offline"
    # What was found is here, but for frames in hand, and the rest is still in the pipe.
    found = numbers(seen)
    assert found == list(range(len(found)))
    assert 50 <= len(found) <= 500
    assert node.feed.next() <= len(found) + 3
    assert_exactly_once(seen)
