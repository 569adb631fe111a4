"""What a process says of itself in a file, and from both files whether their node is well."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from edgenode import __version__, files
from edgenode.paths import runtime_folder

log = logging.getLogger(__name__)

FILE = "status.json"

ROLES: tuple["Role", ...] = ("uplink", "sense")

WRITE_S = 2.0
"""How often the file is written at least."""

LARGEST = 1 << 20
"""Most bytes of a status."""

SILENT_S = 10.0
"""Seconds without a word after which a process does not advance."""

Role: TypeAlias = Literal["uplink", "sense"]
State: TypeAlias = Literal["well", "unwell", "not running"]


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a process is. Times are those of the monotonic clock, which all processes share.

    Attributes:
        pid: process id; Linux has none above 2**22.
        config: absolute path of its configuration.
        version: of edgenode.
        line: how it is, for people.
        reasons: why it is not well; empty if it is.
        since: when it became well, or not well.
        written_at: when this was true.
    """

    role: Role
    pid: Annotated[int, Meta(ge=1, le=2**22)]
    config: str
    version: str = __version__
    line: str = ""
    reasons: tuple[str, ...] = ()
    since: float = 0.0
    written_at: float = 0.0

    @property
    def lives(self) -> bool:
        """Whether there still is such a process."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # Another user's.
            return True
        return True


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a node is.

    Attributes:
        reasons: why it is not well, each with the process that says so.
        well_s: for how long it has been well; None if it is not.
        processes: those that run.
    """

    state: State
    reasons: tuple[str, ...] = ()
    well_s: float | None = None
    processes: Mapping[Role, ProcessStatus] = {}


class StatusFile:
    """Writes how this process is. Does nothing without a folder for it. For the main thread."""

    def __init__(self, role: Role, config: Path, folder: Path | None = None) -> None:
        """*folder*: default is that of the unit, see ``runtime_folder``."""
        folder = folder or runtime_folder()
        self._file = folder / FILE if folder else None
        self._failing = False
        self._said = ProcessStatus(role=role, pid=os.getpid(), config=str(config.absolute()))

    def say(self, line: str, reasons: Sequence[str]) -> None:
        """Write how it is, if that is new or was written a while ago."""
        now, said = time.monotonic(), self._said
        first = said.written_at == 0.0
        changed = first or (line, tuple(reasons)) != (said.line, said.reasons)
        if self._file is None or not (changed or now - said.written_at >= WRITE_S):
            return
        turned = first or bool(reasons) != bool(said.reasons)
        self._said = msgspec.structs.replace(
            said,
            line=line,
            reasons=tuple(reasons),
            since=now if turned else said.since,
            written_at=now,
        )
        try:
            files.replace(self._file, msgspec.json.encode(self._said))
        except OSError as error:
            if not self._failing:
                log.warning("%s: %s; until it works `edgenode status` is wrong", self._file, error)
            self._failing = True
        else:
            self._failing = False

    def remove(self) -> None:
        """Take the file away: the process ends."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def read(folder: Path, role: Role) -> ProcessStatus | None:
    """Return what the process *role* wrote into *folder*, None if it wrote nothing of use.

    Another user may have written it: no link is followed, nothing is waited for, and no more than
    a status may have is read. Raise ``OSError``.
    """
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            said = msgspec.json.decode(file.read(LARGEST) or b"", type=ProcessStatus)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None
    return said if said.role == role else None


def of_node(found: Sequence[ProcessStatus], now: float) -> NodeStatus:
    """Return how the node is whose processes said what was *found*; *now* is monotonic."""
    # By time, so that of two of a role the last word is kept.
    spoken = sorted(found, key=lambda one: one.written_at)
    last = {one.role: one for one in spoken if one.lives}
    living = {role: last[role] for role in ROLES if role in last}
    if not living:
        return NodeStatus(state="not running", reasons=("neither sense nor uplink runs",))
    reasons = [f"{role}: is not running" for role in ROLES if role not in living]
    for role, said in living.items():
        reasons += [f"{role}: {reason}" for reason in said.reasons]
        # Just before 0: it was written after *now*, while the files were read.
        if not -SILENT_S <= now - said.written_at <= SILENT_S:
            reasons.append(f"{role}: has not advanced for {abs(now - said.written_at):.0f} s")
    if reasons:
        return NodeStatus(state="unwell", reasons=tuple(reasons), processes=living)
    well_s = now - max(said.since for said in living.values())
    return NodeStatus(state="well", well_s=round(well_s, 1), processes=living)
