"""Mutated pictures for the source ``replay``: each is read, or refused with an error of ours."""

import random
import tempfile
from collections.abc import Iterator
from itertools import islice

from changes import changed

from edgenode.errors import EdgenodeError
from edgenode.sense.sources.replay import Replay, ReplayOptions
from tests.sense.sources.pictures import seeds

MOST_FRAMES = 20


def cases(chance: random.Random) -> Iterator[bytes]:
    """Yield mutants of pictures of every format that Pillow can write."""
    whole = [content for _, content in seeds()]
    while True:
        yield changed(chance.choice(whole), whole, chance)


def try_one(case: bytes) -> None:
    """Read the picture; raise what is no error of ours."""
    # With this suffix what Pillow does not know is a damaged picture, and no film.
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(case)
        file.flush()
        try:
            with Replay(ReplayOptions(path=file.name, pace="fast")) as source:
                for _ in islice(source.samples(), MOST_FRAMES):
                    pass
        except EdgenodeError:
            pass
