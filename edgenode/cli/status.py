"""Tell whether the node on this machine is well: its services, or an `edgenode run`.

Well is: both processes run and advance, every plugin runs or has come to its recording's end, the
broker is connected, and no changed configuration was refused. Exit status: 0 well, 1 unwell, with
the reasons, 2 not running. It asks no network. With --wait and --steady it is a gate:
`edgenode status --wait 90 --steady 10` after a restart or a reload.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from edgenode import status
from edgenode.cli import _scratch, _service
from edgenode.config import DEFAULT_PATH
from edgenode.errors import EdgenodeError
from edgenode.exits import Exit
from edgenode.status import NodeStatus, Role
from edgenode.text import one_line

HELP = "tell whether the node on this machine is well"

SERVICES: Mapping[Role, Path] = {
    "uplink": Path("/run/edgenode"),
    "sense": Path("/run/edgenode-sense"),
}
"""``RuntimeDirectory=`` of the units."""

TURN_S = 0.25

EXITS = {"well": Exit.DONE, "unwell": Exit.FAILED, "not running": Exit.WRONG}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    _service.add_config(parser)
    parser.add_argument(
        "--wait", type=_service.seconds, metavar="SECONDS", help="until it is well, at most so long"
    )
    parser.add_argument(
        "--steady",
        type=_service.seconds,
        metavar="SECONDS",
        help="it is well only after so long without a break; a process that crashes begins anew",
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object: state, reasons, well_s, processes"
    )


def run(args: argparse.Namespace) -> int:
    """Print how the node is; return 0, 1 or 2."""
    until = time.monotonic() + (args.wait or 0.0)
    while True:
        found = _ask(args.config, args.steady or 0.0)
        if found.state == "well" or time.monotonic() >= until:
            break
        time.sleep(TURN_S)
    if args.json:
        print(msgspec.json.encode(found).decode())
    else:
        # What a process of another user wrote has no say over this terminal.
        print(*map(one_line, _lines(found)), sep="\n")
    return EXITS[found.state]


def _ask(config: Path, steady_s: float) -> NodeStatus:
    places = [*SERVICES.items()] if config == DEFAULT_PATH else []
    for folder in _scratch.mine(_scratch.RUN):
        places += [(role, folder / role) for role in status.ROLES]
    spoken = [_read(folder, role) for role, folder in places]
    said = [one for one in spoken if one and one.config == str(config.absolute())]
    found = status.of_node(said, time.monotonic())
    if found.well_s is not None and found.well_s < steady_s:
        reason = f"well for {found.well_s:.1f} s only, {steady_s:g} s are asked for"
        return msgspec.structs.replace(found, state="unwell", reasons=(reason,))
    return found


def _read(folder: Path, role: Role) -> status.ProcessStatus | None:
    try:
        return status.read(folder, role)
    except OSError as error:
        cure = "run it as root" if isinstance(error, PermissionError) else "see `ls -l`"
        fault = f"{folder / status.FILE}: cannot be read: {error.strerror}; {cure}"
        raise EdgenodeError(fault) from error


def _lines(found: NodeStatus) -> Iterator[str]:
    yield found.state if found.well_s is None else f"{found.state} for {found.well_s:.0f} s"
    yield from (f"  {reason}" for reason in found.reasons)
    for role, said in found.processes.items():
        yield f"{role} ({said.version}, process {said.pid}): {said.line}"
    if found.state == "not running":
        yield "start it: `systemctl start edgenode.target`, or `edgenode run FILE`"
