"""Changes bytes as damage and malice do: flipped, cut, repeated, and numbers that are extreme."""

import random
import struct
from collections.abc import Sequence

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
MOST_CHANGES = 6


def changed(content: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return *content* with a few changes; a part may come from *others*."""
    mutant = bytearray(content)
    for _ in range(chance.randint(1, MOST_CHANGES)):
        at = chance.randrange(len(mutant) + 1)
        size = chance.choice((1, 2, 4, 16, 64))
        match chance.randrange(7):
            case 0 if at < len(mutant):
                mutant[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(mutant):
                mutant[at] = chance.choice(EXTREMES[:5])
            case 2:
                number = chance.choice(EXTREMES)
                mutant[at : at + 4] = struct.pack(chance.choice((">I", "<I")), number)
            case 3:
                number = chance.choice(EXTREMES) & 0xFFFF
                mutant[at : at + 2] = struct.pack(chance.choice((">H", "<H")), number)
            case 4:
                del mutant[at : at + size]
            case 5:
                mutant[at:at] = mutant[at : at + size]
            case _:
                other = chance.choice(others)
                start = chance.randrange(len(other))
                mutant[at : at + size] = other[start : start + size]
    if not chance.randrange(10):
        del mutant[chance.randrange(len(mutant) + 1) :]
    return bytes(mutant)
