"""What a hostile plugin in sense cannot take from the uplink; first that it could.

Each attack is carried out by ``attack.py`` on a real uplink that is connected to a real broker. As
root, both are uid 0 without any capability: to the kernel two processes of one ordinary user.
"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgenode.errors import HardeningError
from edgenode.hardening import domain
from tests.node.processes import alive

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto
    from tests.node.conftest import Site
    from tests.node.processes import Running

Watch = Callable[..., "Consumer"]
Until = Callable[..., None]
Attack = Callable[..., dict[str, str]]

ONLY_FOR_THE_BROKER = "a password 4711"
STOLEN = "stolen/past/the/gate"
ANOTHER_USER = 64001
REACH = {"descriptor", "memory", "readv", "trace", "files", "environment"}
CALLS = {"descriptor", "readv", "trace"}


def ordinary() -> list[str]:
    """Return the command that takes root's privileges from another."""
    if os.geteuid() != 0:
        return []
    assert shutil.which("setpriv"), "as root these tests need setpriv, of util-linux"
    secure = "--securebits=+noroot,+noroot_locked,+no_setuid_fixup,+no_setuid_fixup_locked"
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", secure]


def publication(topic: str) -> bytes:
    """Return an MQTT 5 PUBLISH with QoS 0 and no payload."""
    body = struct.pack(">H", len(topic)) + topic.encode() + b"\0"
    return bytes([0x30, len(body)]) + body


@pytest.fixture
def configured(node: "Site") -> "Site":
    """Return a node whose uplink knows a secret."""
    password = node.folder / "password"
    password.write_text(ONLY_FOR_THE_BROKER)
    node.configure(mqtt=f'username = "n1"\npassword_file = "{password}"')
    return node


@pytest.fixture
def uplink(
    configured: "Site", broker: "Mosquitto", consumer: Watch, unprotected: list[str]
) -> Callable[..., "Running"]:
    """Return a function that starts an uplink and waits until it is connected.

    Without being *protected* it is as it was before there was this wall.
    """

    def start(*, protected: bool = True) -> "Running":
        seen_by = consumer(broker.url, "edgenode/v1/n1/#")
        python = [] if protected else unprotected
        running = configured.start("uplink", before=ordinary(), python=python)
        seen_by.wait_for_topic("status")
        return running

    return start


@pytest.fixture
def attack(broker: "Mosquitto") -> Attack:
    """Return a function that attacks a process and returns what came of each way.

    *confined*: from within sense; *user*: as another user.
    """

    def carry_out(pid: int, *, confined: bool, user: int | None = None) -> dict[str, str]:
        options = {
            "pid": pid,
            "address": writable(pid),
            "port": broker.port,
            "payload": publication(STOLEN).hex(),
            "secret": ONLY_FOR_THE_BROKER,
            "user": user,
            "confined": confined,
        }
        program = [sys.executable, str(Path(__file__).with_name("attack.py")), json.dumps(options)]
        before = [] if user is not None else ordinary()
        done = subprocess.run([*before, *program], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outcomes: dict[str, str] = json.loads(done.stdout)
        return outcomes

    return carry_out


def writable(pid: int) -> int:
    """Return an address in the memory of a process; 0 if we may not know."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text()
    except PermissionError:
        return 0
    found = re.search(r"^([0-9a-f]+)-\S+ rw", maps, re.MULTILINE)
    assert found
    return int(found[1], 16)


def succeeded(outcomes: Mapping[str, str]) -> set[str]:
    return {way for way, outcome in outcomes.items() if outcome == "succeeded"}


def landlock() -> int:
    """Return the version of the kernel's Landlock, 0 without."""
    try:
        return domain.version()
    except HardeningError:
        return 0


def test_without_the_wall_every_way_is_open(
    uplink: Callable[..., "Running"], attack: Attack, broker: "Mosquitto", consumer: Watch
) -> None:
    stolen = consumer(broker.url, "stolen/#")
    victim = uplink(protected=False)

    outcomes = attack(victim.pid, confined=False)

    assert succeeded(outcomes) == {*REACH, "signals", "internet"}, outcomes
    assert stolen.wait_until(bool)[0].topic == STOLEN


def test_sense_takes_nothing_from_the_uplink_of_its_own_user(
    uplink: Callable[..., "Running"], attack: Attack
) -> None:
    victim = uplink()

    outcomes = attack(victim.pid, confined=True)

    assert succeeded(outcomes) <= {"signals"}, outcomes
    assert outcomes["descriptor"] == outcomes["readv"] == "Operation not permitted"
    assert outcomes["internet"] == "Address family not supported by protocol"


def test_the_uplink_protects_itself_from_a_process_that_is_not_confined(
    uplink: Callable[..., "Running"], attack: Attack
) -> None:
    victim = uplink()

    outcomes = attack(victim.pid, confined=False)

    assert succeeded(outcomes) == {"signals", "internet"}, outcomes


def test_sense_is_refused_the_calls_also_where_the_other_does_not_protect_itself(
    uplink: Callable[..., "Running"], attack: Attack
) -> None:
    victim = uplink(protected=False)

    outcomes = attack(victim.pid, confined=True)

    assert not succeeded(outcomes) & CALLS, outcomes


@pytest.mark.skipif(not landlock(), reason="the kernel has no Landlock; the units do without")
def test_an_uplink_that_has_only_just_started_is_as_safe(
    uplink: Callable[..., "Running"], attack: Attack
) -> None:
    victim = uplink(protected=False)

    outcomes = attack(victim.pid, confined=True)

    assert not succeeded(outcomes) & REACH, outcomes


@pytest.mark.skipif(landlock() < 6, reason="Landlock keeps signals back since Linux 6.12")
def test_sense_sends_the_uplink_no_signal(uplink: Callable[..., "Running"], attack: Attack) -> None:
    victim = uplink()

    outcomes = attack(victim.pid, confined=True)

    assert outcomes["signals"] == "Operation not permitted"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes of two users")
@pytest.mark.parametrize("confined", [False, True])
def test_another_user_takes_nothing_and_sends_no_signal(
    uplink: Callable[..., "Running"],
    attack: Attack,
    confined: bool,  # noqa: FBT001
) -> None:
    victim = uplink()

    outcomes = attack(victim.pid, confined=confined, user=ANOTHER_USER)

    assert succeeded(outcomes) <= {"internet"}, outcomes


def test_both_processes_of_a_run_are_behind_the_wall_and_so_is_their_parent(
    configured: "Site", attack: Attack, until: Until
) -> None:
    run = configured.start("run", before=ordinary())
    until(lambda: set(run.children()) == {"sense", "uplink"} and configured.socket.exists())
    people = {"run": run.pid, **run.children()}
    until(lambda: "sense is connected" in run.log)

    outcomes = {role: attack(pid, confined=False) for role, pid in people.items()}
    filtered = {role: status(pid, "Seccomp") for role, pid in people.items()}

    assert not any(succeeded(one) & REACH for one in outcomes.values()), outcomes
    assert all("signals" in succeeded(one) for one in outcomes.values()), outcomes
    assert filtered == {"run": "0", "sense": "2", "uplink": "2"}
    assert {status(pid, "NoNewPrivs") for pid in people.values()} == {"1"}
    assert {core_limit(pid) for pid in people.values()} == {"0"}


def test_a_run_says_what_does_not_hold(configured: "Site", until: Until) -> None:
    run = configured.start("run", before=ordinary())

    until(lambda: "sense is connected" in run.log)

    expected = "nothing keeps sense" if os.geteuid() == 0 else "takes nothing"
    assert expected in run.log


def test_children_still_end_with_their_parent(configured: "Site", until: Until) -> None:
    run = configured.start("run", before=ordinary())
    until(lambda: "sense is connected" in run.log)
    children = run.children().values()

    run.kill()

    until(lambda: not any(map(alive, children)))


def status(pid: int, field: str) -> str:
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\S+)", text, re.MULTILINE)
    assert found
    return found[1]


def core_limit(pid: int) -> str:
    found = re.search(r"core file size\s+\S+\s+(\S+)", Path(f"/proc/{pid}/limits").read_text())
    assert found
    return found[1]
