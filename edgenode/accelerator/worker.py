"""The process that loads a model on a device for another process, which a crash cannot reach.

    python -m edgenode.accelerator.worker NAME DEVICE < MODEL.tflite

DEVICE is ``cpu``, ``edgetpu``, ``edgetpu:N``, or ``none``: then the file is only read. It writes a
line of JSON, an ``Answer``, before each stage and one at the end, and ends with status 0; whoever
started it reads from the last line how far it came. SIGTERM ends it at any moment.
"""

import faulthandler
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec
import numpy as np

from edgenode import hardening
from edgenode.errors import DeviceError, EdgenodeError, ModelError
from edgenode.plugin import Tensor, TensorSpec
from edgenode.service import end_with

MEMORY_BYTES = 3 << 30
"""Address space for the model and the runtime; a crafted file asks for terabytes."""

Stage: TypeAlias = Literal["read", "load", "run", "done"]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the process does now, or what came of it.

    Attributes:
        stage: what it begins with; ``done``: it has ended.
        error: why it has ended before; empty if the model works.
        of_device: the device is at fault, not the model.
    """

    stage: Stage
    error: str = ""
    of_device: bool = False


def main(name: str, device: str) -> None:
    """Read a model from standard input, load it on *device* and run it."""
    faulthandler.enable()
    answers = _own_stdout()
    end_with(os.getppid())
    _go_first_when_memory_is_short()
    hardening.confine(internet=False)
    error, of_device = "", False
    try:
        _try(sys.stdin.buffer.read(), name, device, answers)
    except EdgenodeError as found:
        error, of_device = str(found), isinstance(found, DeviceError)
    except MemoryError:
        error = f"model {name!r} needs more than {MEMORY_BYTES >> 20} MiB; use a smaller one"
    except Exception as found:  # noqa: BLE001 the runtime may raise anything for a damaged file
        error = f"model {name!r} does not load: {type(found).__name__}: {found}; convert it again"
    _say(answers, Answer("done", " ".join(error.split()), of_device))


def samples(spec: TensorSpec) -> Iterator[Tensor]:
    """Yield inputs for *spec* that any model must take: zeros, then any bytes or small numbers."""
    yield np.zeros(spec.shape, spec.dtype)
    chance = np.random.default_rng(0)
    if spec.dtype in {"uint8", "int8"}:
        yield chance.integers(0, 256, spec.shape, np.uint8).view(spec.dtype)
    elif spec.dtype == "float32":
        yield chance.uniform(-1.0, 1.0, spec.shape).astype(np.float32)


def _try(content: bytes, name: str, device: str, answers: BinaryIO) -> None:
    _say(answers, Answer("read"))
    # Imported here: each takes its time, and the first refuses most of what is no model.
    from edgenode.inspection import flat

    if not flat.read(content, f"model {name!r}").main.inputs:
        raise ModelError(f"model {name!r} has no input; convert it again")
    if device == "none":
        return
    _say(answers, Answer("load"))
    from edgenode.accelerator import edgetpu
    from edgenode.accelerator.interpreter import Interpreter

    if device == "cpu":
        interpreter = Interpreter(content, name)
    else:
        interpreter = edgetpu.open_interpreter(content, name, device)
    _say(answers, Answer("run"))
    for tensor in samples(interpreter.inputs[0]):
        interpreter.infer(tensor)


def _own_stdout() -> BinaryIO:
    """Return standard output for the answers alone; what else is printed goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _say(answers: BinaryIO, answer: Answer) -> None:
    answers.write(msgspec.json.encode(answer) + b"\n")


def _go_first_when_memory_is_short() -> None:
    """Have the kernel refuse this process more memory, and end it before any other."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except (OSError, ValueError) as error:
        print(f"no limit of memory: {error}", file=sys.stderr)  # noqa: T201 for the log of the other


if __name__ == "__main__":
    main(*sys.argv[1:])
