"""Finds out what this node is: its id, its name for people, and its hardware."""

import hashlib
import logging
import os
import re
import secrets
import socket
from pathlib import Path

import msgspec

from edgenode import config
from edgenode.health import read
from edgenode.messages import Hardware

log = logging.getLogger(__name__)

SERIALS = ("sys/firmware/devicetree/base/serial-number", "proc/device-tree/serial-number")
MODELS = ("sys/firmware/devicetree/base/model", "sys/devices/virtual/dmi/id/product_name")
MACHINE_IDS = ("etc/machine-id", "var/lib/dbus/machine-id")
LONGEST_NAME = 56
"""Most characters of the host name in an id; with a dash and six digits it is a ``Name``."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is, as published in its meta.

    Attributes:
        id: in topics and as client id.
        name: for people.
        site: where it stands, for people.
    """

    id: str
    name: str
    site: str
    hardware: Hardware


def describe(settings: config.Node, root: Path = Path("/")) -> Node:
    """Return what this node is, by *settings* and by the files of the system under *root*."""
    host = socket.gethostname()
    return Node(
        id=settings.id or derive_id(host, root),
        name=settings.name or host,
        site=settings.site,
        hardware=hardware(root),
    )


def derive_id(host: str, root: Path = Path("/")) -> str:
    """Return ``<host>-<six digits>``, the digits made from the serial number of the board.

    Without a serial number they are made from the machine id. If neither can be read they are
    random, and others after each start.
    """
    # The serial number first: a cloned SD card has the same machine id, but is another node.
    slug = re.sub(r"[^a-z0-9_-]+", "-", host.lower()).strip("-_")[:LONGEST_NAME] or "node"
    unique = _first(root, SERIALS) or _first(root, MACHINE_IDS)
    if unique is None:
        log.warning("neither serial number nor machine id: this id will not last; set node.id")
        return f"{slug}-{secrets.token_hex(3)}"
    return f"{slug}-{hashlib.sha256(unique.encode()).hexdigest()[:6]}"


def hardware(root: Path = Path("/")) -> Hardware:
    """Return the hardware of the device, as far as the files under *root* name it."""
    machine = os.uname().machine
    memory = re.search(r"^MemTotal:\s+(\d+) kB", read(root / "proc/meminfo") or "", re.MULTILINE)
    system = re.search(
        r'^PRETTY_NAME="?([^"\n]*)', read(root / "etc/os-release") or "", re.MULTILINE
    )
    return Hardware(
        model=_first(root, MODELS) or machine,
        machine=machine,
        cores=os.cpu_count() or 0,
        memory_mb=int(memory[1]) // 1024 if memory else 0,
        os=system[1] if system else "",
    )


def _first(root: Path, names: tuple[str, ...]) -> str | None:
    # A board without a serial number has zeros there.
    texts = (read(root / name) for name in names)
    return next((text[:128] for text in texts if text and text.strip("0")), None)
