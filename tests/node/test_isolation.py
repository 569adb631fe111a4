"""What each process does without: sense the network, the uplink arrays and devices."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.brokers import Consumer, Mosquitto
    from tests.node.conftest import Site

Watch = Callable[..., "Consumer"]
Numbers = Callable[[list[Any]], list[int]]

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


def test_sense_needs_no_network_and_its_findings_reach_the_broker(
    node: "Site", broker: "Mosquitto", consumer: Watch, numbers: Numbers
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/result/#")
    node.start("uplink")

    sense = node.start("sense", before=no_network())
    node.feed.give(*range(10))

    assert numbers(seen_by.wait_for_topic("numbers", 10)) == list(range(10))
    interfaces = Path(f"/proc/{sense.pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_uplink_loads_no_array_and_opens_no_device(
    node: "Site", broker: "Mosquitto", consumer: Watch, unprotected: list[str]
) -> None:
    seen_by = consumer(broker.url, "edgenode/v1/n1/result/#")
    uplink = node.start("uplink", python=["-X", "importtime", *unprotected])

    node.start("sense")
    node.feed.give(*range(10))
    seen_by.wait_for_topic("numbers", 10)

    imported = set(re.findall(r"^import time:.*\| +(\S+)$", uplink.log, re.MULTILINE))
    assert "edgenode.uplink.uplink" in imported
    forbidden = ("numpy", "edgenode.plugin", "edgenode.sense", "edgenode.accelerator", "fed", "PIL")
    assert not [name for name in imported if name.startswith(forbidden)]
    proc = Path(f"/proc/{uplink.pid}")
    assert not re.search(r"numpy|tflite|litert|portaudio|/dev/", (proc / "maps").read_text())
    opened = {str(link.readlink()) for link in (proc / "fd").iterdir()}
    assert not [path for path in opened if not NO_DEVICE.fullmatch(path)]
