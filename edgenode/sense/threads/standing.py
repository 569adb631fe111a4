"""The state of a source or plugin: one value, replaced as a whole, so threads may read it."""

from typing import Literal, TypeAlias

import msgspec

from edgenode.errors import DeviceError, ModelError, RecordingError
from edgenode.messages import Fate

MAX_ERROR_CHARS = 512
"""Longest error, in characters, that a message may contain."""

State: TypeAlias = Fate | Literal["wedged"]
"""``wedged``: a driver hangs forever, and only a new process can use the sensor again."""


class Standing(msgspec.Struct, frozen=True):
    """A state and its error; the error is empty if nothing is wrong."""

    state: State
    error: str = ""

    @property
    def fate(self) -> Fate:
        """The state as it is published."""
        return "device-error" if self.state == "wedged" else self.state


STARTING = Standing("starting")
RUNNING = Standing("running")
FINISHED = Standing("finished")


def fault_of(error: ModelError | DeviceError | RecordingError) -> Standing:
    """Return the standing after an expected *error*, whose text names the cure."""
    state: State = "model-error" if isinstance(error, ModelError) else "device-error"
    return Standing(state, str(error)[:MAX_ERROR_CHARS])


def failed(error: Exception) -> Standing:
    """Return the standing after an unexpected *error*."""
    return Standing("failed", f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS])


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long the threads of sense wait, in seconds.

    Attributes:
        poll_s: longest single wait, after which a thread checks if it must stop.
        back_off_s: pauses after the first, second, ... failure in a row; the last one repeats.
        ready_s: how long a live source waits for the models of its plugins before it opens.
        stall_s: after so long in one method or filter, a plugin counts as failed.
        load_s: the same while it loads its model.
        join_s: how long to wait for the end of all threads together.
    """

    poll_s: float = 0.5
    back_off_s: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    ready_s: float = 10.0
    stall_s: float = 15.0
    load_s: float = 60.0
    join_s: float = 5.0

    def pause_s(self, failures: int) -> float:
        """Return the pause after a failure that *failures* others in a row have preceded."""
        return self.back_off_s[min(failures, len(self.back_off_s) - 1)]
