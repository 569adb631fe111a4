"""WAVs whose headers do not tell what is there: what is there is played."""

from pathlib import Path

import numpy as np
import pytest

from edgenode import plugin
from edgenode.sense.sources import _sound
from tests.sense.sources.sounds import Header, wav

SOUND = (np.arange(1, 4001) * 3).astype("<i2")
LIST = (b"LIST", b"INFOISFT\x0e\0\0\0Lavf58.29.100\0")


def heard(path: Path, content: bytes) -> tuple[list[int], list[str]]:
    """Return the samples of a file with that content, and what was told of it."""
    told: list[str] = []
    path.write_bytes(content)
    return [
        int(sample) for piece in _sound.read(path, None, told.append) for sample in piece.data
    ], told


@pytest.mark.parametrize(
    "header",
    [
        Header(size=0),
        Header(size=0x7FFFF000),
        Header(size=0x7FFFFFFF),
        Header(size=0xFFFFFFFF),
        Header(size=0xFFFFFFDB),
        Header(magic=b"RF64", size=0xFFFFFFFF, long_size=8000, after=(LIST,)),
        Header(magic=b"BW64", size=0xFFFFFFFF, long_size=8000),
        Header(magic=b"RF64", size=0xFFFFFFFF, long_size=0),
        Header(magic=b"RF64", size=8000, long_size=0),
        Header(before=(LIST,), after=(LIST,)),
        Header(before=((b"LIST", b"odd"),)),
        Header(before=((b"LIST", b"odd"),), padded=False),
        Header(before=((b"LIST", b"odd"), (b"fact", b"more!")), padded=False, extensible=True),
        Header(before=((b"junk", bytes(100_001)),), after=((b"id3 ", b"\1\2\3"),)),
    ],
    ids=repr,
)
def test_the_sound_is_all_that_is_there_and_nothing_else(tmp_path: Path, header: Header) -> None:
    samples, told = heard(tmp_path / "a.wav", wav(SOUND.tobytes(), header))

    assert samples == SOUND.tolist()
    assert told == []


@pytest.mark.parametrize("size", [8001, 8002, 8010, 9000, 2_000_000, 4000, 2])
def test_a_size_that_is_wrong_is_told_and_the_sound_is_played_to_its_end(
    tmp_path: Path, size: int
) -> None:
    samples, (told,) = heard(tmp_path / "a.wav", wav(SOUND.tobytes(), Header(size=size)))

    assert samples == SOUND.tolist()
    assert told == f"its header tells of {size} bytes of sound, 8000 are there and were played"


def test_half_a_sample_at_the_end_is_left_out(tmp_path: Path) -> None:
    samples, _ = heard(tmp_path / "a.wav", wav(SOUND.tobytes() + b"\1"))

    assert samples == SOUND.tolist()


@pytest.mark.parametrize(
    ("bits", "data"),
    [
        (12, (SOUND & ~15).tobytes()),
        (20, b"".join(b"\0" + bytes(pair) for pair in SOUND.view(np.uint8).reshape(-1, 2))),
    ],
)
def test_bits_that_fill_no_byte_are_the_upper_ones(tmp_path: Path, bits: int, data: bytes) -> None:
    samples, _ = heard(tmp_path / "a.wav", wav(data, Header(bits=bits)))

    assert np.abs(np.array(samples) - SOUND).max() <= 15


@pytest.mark.parametrize(
    "content",
    [
        wav(b""),
        wav(b"\1"),
        wav(b"", Header(size=4000)),
        wav(b"", Header(after=(LIST,))),
        wav(b"", Header(size=0x7FFFF000)),
        wav(b"\1\2", Header(rate=48_000)),
        wav(b"\1\2\3", Header(channels=2)),
    ],
)
def test_a_wav_that_plays_nothing_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(plugin.RecordingError, match=r"a\.wav': there is no sound in it; record it"):
        heard(tmp_path / "a.wav", content)
