"""How a source or a plugin fares: one value, replaced as a whole."""

from typing import Literal, TypeAlias

import msgspec

from edgenode.errors import DeviceError, ModelError, RecordingError
from edgenode.messages import Fate

LONGEST = 512
"""Characters of an error that the contract lets pass."""

State: TypeAlias = Fate | Literal["wedged"]
"""``wedged``: a driver hangs for good, only a new process can use the sensor again."""


class Standing(msgspec.Struct, frozen=True):
    """A state and, where it is a fault, what is wrong."""

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
    """Return what becomes of whoever raised *error*, which says what is wrong and the cure."""
    state: State = "model-error" if isinstance(error, ModelError) else "device-error"
    return Standing(state, str(error)[:LONGEST])


def failed(error: Exception) -> Standing:
    """Return what becomes of whoever raised *error*, which nobody should."""
    return Standing("failed", f"{type(error).__name__}: {error}"[:LONGEST])


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long the threads of sense wait, in seconds.

    Attributes:
        turn_s: for a sample, before looking whether to stop.
        back_off_s: after a failure before the next attempt, after more of them in a row.
        ready_s: of a live source for the models of its plugins, before it is opened without them.
        stall_s: from which on a plugin's method or filter does not return.
        load_s: the same for loading a model.
        join_s: for all threads together, to end.
    """

    turn_s: float = 0.5
    back_off_s: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    ready_s: float = 10.0
    stall_s: float = 15.0
    load_s: float = 60.0
    join_s: float = 5.0

    def pause_s(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row before this one."""
        return self.back_off_s[min(failures, len(self.back_off_s) - 1)]
