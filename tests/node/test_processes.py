"""The two processes and what keeps them running: killed, reloaded, stopped, watched."""

import itertools
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Mosquitto, Witness
    from tests.node.conftest import Journal, Site

Watch = Callable[..., "Witness"]
Until = Callable[..., None]
Numbers = Callable[[list[Any]], list[int]]

CHEQUER = """
    [sources.board]
    use = "chequer"
    rate_hz = 50
    [plugins.{name}]
    use = "brightness"
    source = "board"
    """
NO_DEVICE = re.compile(r"/dev/(null|u?random|pts/\d+|tty)|(socket|pipe|anon_inode):.*|/[^d].*")


def no_network() -> list[str]:
    """Return the command that puts another into an empty network namespace, or skip."""
    for command in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        try:
            subprocess.run([*command, "true"], check=True, capture_output=True, timeout=10)
        except (OSError, subprocess.SubprocessError):
            continue
        return command
    pytest.skip("this user may not make a network namespace")


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def identities(received: list[Any]) -> dict[tuple[str, int], list[bytes]]:
    """Return the payloads that arrived under each (run, seq)."""
    found: dict[tuple[str, int], list[bytes]] = {}
    for message in received:
        if "/result/" in message.topic or "/event/" in message.topic:
            said = json.loads(message.payload)
            found.setdefault((said["run"], said["seq"]), []).append(message.payload)
    return found


def assert_exactly_once(received: list[Any]) -> None:
    """Fail unless what arrived twice is the same message, and no seq is missing in any run."""
    found = identities(received)
    assert all(len(set(payloads)) == 1 for payloads in found.values())
    for run in {run for run, _ in found}:
        seqs = sorted(seq for of, seq in found if of == run)
        assert seqs == list(range(1, len(seqs) + 1))


def test_sense_needs_no_network_and_its_findings_reach_the_broker(
    node: "Site", broker: "Mosquitto", witness: Watch, numbers: Numbers
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/result/#")
    node.start("uplink")

    sense = node.start("sense", before=no_network())
    node.feed.give(*range(10))

    assert numbers(seen_by.see_topic("numbers", 10)) == list(range(10))
    interfaces = Path(f"/proc/{sense.pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_uplink_loads_no_array_and_opens_no_device(
    node: "Site", broker: "Mosquitto", witness: Watch
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/result/#")
    uplink = node.start("uplink", python=["-X", "importtime"])

    node.start("sense")
    node.feed.give(*range(10))
    seen_by.see_topic("numbers", 10)

    imported = set(re.findall(r"^import time:.*\| +(\S+)$", uplink.log, re.MULTILINE))
    assert "edgenode.uplink.service" in imported
    forbidden = ("numpy", "edgenode.plugin", "edgenode.sense", "edgenode.accelerator", "fed", "PIL")
    assert not [name for name in imported if name.startswith(forbidden)]
    proc = Path(f"/proc/{uplink.pid}")
    assert not re.search(r"numpy|tflite|litert|portaudio|/dev/", (proc / "maps").read_text())
    opened = {str(link.readlink()) for link in (proc / "fd").iterdir()}
    assert not [path for path in opened if not NO_DEVICE.fullmatch(path)]


def test_a_killed_uplink_is_started_again_and_no_finding_is_lost(
    node: "Site", broker: "Mosquitto", witness: Watch, until: Until, numbers: Numbers
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    node.feed.give(*range(50))
    seen_by.see_topic("numbers", 20)
    first = run.children()

    os.kill(first["uplink"], signal.SIGKILL)
    node.feed.give(*range(50, 100))
    until(lambda: run.children().get("uplink", first["uplink"]) != first["uplink"])
    node.feed.give(*range(100, 150))
    seen = seen_by.see(lambda received: set(numbers(received)) >= set(range(150)), 20)

    assert run.children()["sense"] == first["sense"]
    assert len({run for run, _ in identities(seen)}) == 2
    assert_exactly_once(seen)
    assert len(identities(seen)) == 150


def test_either_process_may_be_killed_in_turn_and_the_node_goes_on(
    node: "Site", broker: "Mosquitto", witness: Watch, until: Until, numbers: Numbers
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    fresh = itertools.count()

    for role in ("sense", "uplink", "sense"):
        given = [next(fresh) for _ in range(20)]
        node.feed.give(*given)
        seen_by.see(lambda received: set(numbers(received)) >= set(given), 20)  # noqa: B023
        before = run.children()[role]
        os.kill(before, signal.SIGKILL)
        until(lambda: run.children().get(role, before) != before)  # noqa: B023
    node.feed.give(*(last := [next(fresh) for _ in range(20)]))

    seen = seen_by.see(lambda received: set(numbers(received)) >= set(last), 20)
    assert sorted(set(numbers(seen))) == list(range(80))
    assert_exactly_once(seen)
    assert run.log.count("starting it again in") == 3


def test_a_killed_parent_leaves_no_orphans(
    node: "Site", broker: "Mosquitto", witness: Watch, until: Until
) -> None:
    node.configure(CHEQUER.format(name="light"))
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    seen_by.see_topic("light")
    children = run.children()

    run.kill()

    assert set(children) == {"sense", "uplink"}
    until(lambda: not any(map(alive, children.values())), 15)


def test_kill_9_shows_the_will_and_then_a_birth(
    node: "Site", broker: "Mosquitto", witness: Watch, judged: Callable[..., dict[str, Any]]
) -> None:
    node.configure(mqtt='protocol = "3.1.1"')  # on MQTT 5 the will waits
    seen_by = witness(broker.url, "edgenode/v1/n1/status")
    first = node.start("uplink")
    (birth,) = map(judged, seen_by.see_topic("status"))

    first.kill()
    will = judged(seen_by.see_topic("status", 2)[1])
    node.start("uplink")
    again = judged(seen_by.see_topic("status", 3)[2])

    assert (birth["state"], birth["reason"]) == ("online", "boot")
    assert (will["state"], will["reason"]) == ("offline", "lost")
    assert (will["run"], will["conn"]) == (birth["run"], birth["conn"])
    assert (again["state"], again["reason"]) == ("online", "boot")
    assert again["run"] != birth["run"]


def test_sigterm_publishes_what_was_found_and_says_goodbye(
    node: "Site", broker: "Mosquitto", witness: Watch, numbers: Numbers
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    node.feed.give(*range(10_000))
    seen_by.see_topic("numbers", 50)

    status = run.ask_to_end()

    seen = seen_by.see(lambda received: b"shutdown" in received[-1].payload)
    assert status == 0
    assert json.loads(seen[-1].payload)["state"] == "offline"
    # What was found is here, but for frames in hand, and the rest is still in the pipe.
    found = numbers(seen)
    assert found == list(range(len(found)))
    assert 50 <= len(found) < 10_000
    assert node.feed.next() <= len(found) + 3
    assert_exactly_once(seen)


def test_sighup_applies_a_good_configuration_and_keeps_the_old_one_where_it_is_bad(
    node: "Site", broker: "Mosquitto", witness: Watch, until: Until
) -> None:
    node.configure(CHEQUER.format(name="light"))
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    run = node.start("run")
    seen_by.see_topic("result/light")

    node.configure(CHEQUER.format(name="light") + "colour = 1\n", more="[health]\nperiod = 5\n")
    run.process.send_signal(signal.SIGHUP)
    until(lambda: run.log.count("the running configuration is kept") == 2)
    log = run.log
    kept = len(seen_by.see_topic("result/light"))
    seen_by.see_topic("result/light", kept + 1)
    node.configure(CHEQUER.format(name="lamp"))
    run.process.send_signal(signal.SIGHUP)
    seen_by.see_topic("result/lamp")

    assert len(re.findall(r"health\.period = 5: unknown key; did you mean 'period_s'\?", log)) == 2
    assert "plugins.light.colour = 1: unknown key" in log
    meta = [json.loads(message.payload) for message in seen_by.see_topic("/meta")]
    assert [plugin["id"] for plugin in meta[-1]["plugins"]] == ["lamp"]
    assert f"configuration {meta[-1]['cfg_hash']} in force" in run.log


def test_a_reload_that_could_not_listen_leaves_the_uplink_as_it_was(
    node: "Site", broker: "Mosquitto", witness: Watch, until: Until
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    uplink = node.start("uplink")
    until(node.socket.exists)

    old, node.socket = node.socket, Path("/proc/nowhere/handover.sock")
    node.configure()
    uplink.process.send_signal(signal.SIGHUP)
    until(lambda: "the running configuration is kept" in uplink.log)
    until(old.exists)
    node.start("sense", words=["--socket", str(old)])
    node.feed.give(1)

    assert seen_by.see_topic("result/numbers")
    assert "handover.socket = '/proc/nowhere/handover.sock': " in uplink.log


@pytest.mark.parametrize("role", ["run", "sense", "uplink"])
def test_a_wrong_configuration_is_exit_status_2_with_every_fault(node: "Site", role: str) -> None:
    node.configure(more="[outbox]\nmesages = 5\n[health]\nperiod_s = 0\n")

    one = node.start(role)

    assert one.wait() == 2
    assert one.log.splitlines() == [
        f"edgenode: {node.config}: outbox.mesages = 5: unknown key; did you mean 'messages'?",
        f"edgenode: {node.config}: health.period_s = 0: must be a number at least 1",
    ]


def test_a_plugin_with_a_fault_is_a_state_and_the_others_go_on(
    node: "Site", broker: "Mosquitto", witness: Watch
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
    seen_by = witness(broker.url, "edgenode/v1/n1/#")

    node.start("run")

    seen_by.see_topic("result/light", 3)
    unknown = json.loads(seen_by.see_topic("state/unknown")[-1].payload)
    eyes = json.loads(seen_by.see_topic("state/eyes")[-1].payload)
    assert (unknown["fate"], eyes["fate"]) == ("load-error", "model-error")
    assert "did you mean 'brightness'?" in unknown["error"]
    assert "`edgenode models pull movenet-lightning`" in eyes["error"]


def test_a_plugin_that_fails_is_a_state_and_its_twin_goes_on(
    node: "Site", broker: "Mosquitto", witness: Watch
) -> None:
    seen_by = witness(broker.url, "edgenode/v1/n1/#")
    node.start("run")
    node.feed.give(1)
    seen_by.see_topic("result/numbers")

    node.feed.give(0xFFFFFFFF)
    states = seen_by.see(lambda received: b'"failed"' in received[-1].payload)

    assert json.loads(states[-1].payload)["error"] == "ValueError: that is no number"


def test_sense_pats_the_watchdog_only_while_frames_come(
    node: "Site", journal: "Journal", until: Until
) -> None:
    node.start("uplink")
    sense = node.start("sense", env=journal.env)

    heard = journal.hear_until("READY=1")
    while "WATCHDOG=1" not in heard:
        node.feed.give(1)
        heard += [said] if (said := journal.hear(0.05)) else []
    # The source is silent from now on: what was given may be told once more, then never again.
    quiet_from = time.monotonic() + 1.5
    late = []
    while (left := quiet_from + 2.0 - time.monotonic()) > 0:
        said = journal.hear(left)
        late += [said] if said == "WATCHDOG=1" and time.monotonic() > quiet_from else []
    sense.process.send_signal(signal.SIGTERM)
    journal.hear_until("STOPPING=1")
    until(lambda: node.feed.give(0) or sense.process.poll() is not None)

    assert not late
    assert sense.process.returncode == 0


def test_uplink_tells_systemd_how_it_is(
    node: "Site", broker: "Mosquitto", journal: "Journal"
) -> None:
    uplink = node.start("uplink", env=journal.env)

    ready = journal.hear_until("STATUS=")
    connected = journal.hear_until("STATUS=connected, MQTT 5; sense away; 0 waiting")
    broker.kill()
    away = journal.hear_until("STATUS=broker ")
    journal.hear_until("WATCHDOG=1")
    status = uplink.ask_to_end()
    journal.hear_until("STOPPING=1")

    assert ready[0] == "READY=1"
    assert "WATCHDOG=1" in connected
    assert "connection refused; sense away" in away[-1]
    assert status == 0
