"""Mutated recordings of sound, fed to the reader that plays them: WAVs, and some of ffmpeg's."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np

from edgenode.errors import EdgenodeError
from edgenode.sense.sources import _sound
from tests.sense.sources.sounds import ENCODED, Header, encoded, tone, wav

SIZES = (0, 1, 2, 7999, 8001, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF)
HEADERS = (
    Header(),
    Header(channels=2, rate=48_000),
    Header(bits=8, rate=8_000),
    Header(bits=24, channels=6, extensible=True),
    Header(bits=32, rate=44_100),
    Header(code=3, bits=32),
    Header(code=3, bits=64, extensible=True),
    Header(magic=b"RF64", size=0xFFFFFFFF, long_size=8000),
    Header(before=((b"LIST", b"odd"),), after=((b"id3 ", b"\1\2\3"),)),
    Header(before=((b"LIST", b"odd"),), padded=False),
)
WAVS = 0.9
"""Share of the cases that are WAVs."""


def cases(random: Random) -> Iterator[bytes]:
    """Yield files without an end, each with a few of its bytes changed, added or missing."""
    sound = tone(440, 0.25).astype("<i2").tobytes()
    others = [encoded(name, tone(440, 0.5, 48_000), 48_000) for name in ENCODED]
    while True:
        if random.random() < WAVS:
            header = random.choice(HEADERS)
            size = random.choice((header.size, *SIZES, random.getrandbits(32)))
            seed = wav(sound, header._replace(size=size))
            yield _mutated(seed, random, random.choice((60, len(seed))))
        else:
            seed = random.choice(others)
            yield _mutated(seed, random, len(seed))


def _mutated(seed: bytes, random: Random, within: int) -> bytes:
    """Return *seed* with changes in its first *within* bytes, and perhaps cut short."""
    content = bytearray(seed)
    for _ in range(random.choice((0, 1, 1, 2, 4, 16))):
        at = random.randrange(min(within, len(content)))
        match random.randrange(4):
            case 0:
                content[at] = random.randrange(256)
            case 1:
                content[at] ^= 1 << random.randrange(8)
            case 2:
                content[at : at + random.choice((1, 2, 4, 64))] = b""
            case _:
                content[at:at] = random.randbytes(random.choice((1, 2, 4, 64)))
        content = content or bytearray(1)
    keep = len(content) if random.random() < 2 / 3 else random.randrange(len(content) + 1)
    return bytes(content[:keep])


def try_one(case: bytes) -> None:
    """Play the file *case* to its end, which must not need more than an error of the project.

    Raise ``AssertionError`` if what is played is no sound, or nothing is and no error either.
    """
    number, name = tempfile.mkstemp(suffix=".wav")
    os.close(number)
    path = Path(name)
    try:
        path.write_bytes(case)
        pieces = [piece.data for piece in _sound.read(path, None, str)]
    except EdgenodeError:
        return
    finally:
        path.unlink()
    heard = np.concatenate(pieces)
    if heard.dtype != np.int16 or not heard.size:
        raise AssertionError(f"{heard.dtype}, {heard.size} samples")
