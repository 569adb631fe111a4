"""Damaged models for the trial in a process of its own: whatever they do, the caller lives."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from edgenode.accelerator.trial import Trials
from edgenode.errors import DeviceError, ModelError
from tests.model_files import Writer

LINES = (
    "SLICE in:1x8:uint8 begin=[0,1] size=[1,3] -> out:1x3:uint8",
    "MEAN in:1x4x4x2 axes=[1,2] -> means:1x2",
    "FULLY_CONNECTED in:1x4 weights=2x4 -> scores:1x2",
    "TRANSPOSE in:1x2x3x4 order=[0,3,1,2] -> out:1x4x2x3",
    "RESIZE_BILINEAR in:1x4x4x1 size=[8,8] -> large:1x8x8x1",
    "GATHER in:1x8 places=[1] -> out:1x1 GatherOptions.Axis=1",
)
LIMIT_S = 8.0


def cases(chance: Random) -> Iterator[bytes]:
    """Yield models without end, most with a few wrong bytes."""
    seeds = [Writer({}).write([lines]) for lines in LINES]
    while True:
        wrong = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((0, 1, 2, 3))):
            wrong[chance.randrange(8, len(wrong))] = chance.choice((0, 1, 127, 255))
        yield bytes(wrong)


def try_one(case: bytes) -> None:
    """Try the model; it works, or the error says why it does not."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.suppress(ModelError, DeviceError),
    ):
        trials = Trials(Path(folder), limit_s=LIMIT_S)
        trials.check(case, hashlib.sha256(case).hexdigest(), "mutant")
