"""Mutated films for the source ``replay``: each is read, or refused with an error of ours."""

import random
import tempfile
from collections.abc import Iterator
from itertools import islice

from changes import changed

from edgenode.errors import EdgenodeError
from edgenode.plugin import Demand
from edgenode.sense.sources.replay import Replay, ReplayOptions
from tests.sense.sources.films import seeds

MOST_FRAMES = 100


def cases(chance: random.Random) -> Iterator[bytes]:
    """Yield mutants of films of every kind that PyAV can write here."""
    whole = [content for _, content in seeds()]
    while True:
        yield changed(chance.choice(whole), whole, chance)


def try_one(case: bytes) -> None:
    """Read the film; raise what is no error of ours."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(case)
        file.flush()
        try:
            with Replay(
                ReplayOptions(path=file.name, pace="fast"), Demand(size=(64, 64))
            ) as source:
                for _ in islice(source.samples(), MOST_FRAMES):
                    pass
        except EdgenodeError:
            pass
