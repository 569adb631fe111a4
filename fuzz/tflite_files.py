"""Model files for `edgenode models check` and `inspect`: damaged, cut, crafted to have no end."""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from random import Random

from flatbuffers import flexbuffers

from edgenode.cli import main
from tests.inspection.conftest import executable, table
from tests.inspection.crafted import ENDLESS, crafted
from tests.model_files import Writer

LINES = (
    """
    CONV_2D picture:1x8x8x3 weights=4x3x3x3 bias=4:int32 -> features:1x8x8x4
    MEAN features axes=[1,2] -> means:1x4
    FULLY_CONNECTED means dense=2x4 -> scores:1x2
    """,
    """
    TRANSPOSE_CONV shape=[1,8,8,3] w=3x2x2x4 in:1x4x4x4 -> a:1x8x8x3
    SPLIT axis=[3] a -> b:1x8x8x1 c:1x8x8x2
    RESIZE_BILINEAR b size=[16,16] -> d:1x16x16x1
    UNIDIRECTIONAL_SEQUENCE_LSTM c w=4x2 v=4x2 -> e:1x4
    """,
    """
    MAX_POOL_2D in:?x8x8x3 -> small:?x4x4x3 Pool2DOptions.FusedActivationFunction=1
    STRIDED_SLICE small begin=[0,0,0,0] end=[1,4,4,1] steps=[1,1,1,1] -> cut:1x4x4x1
    PAD cut room=[0,0,1,1,1,1,0,0] -> wide:1x6x6x1
    CONCATENATION wide zeros=1x6x6x1 -> both:1x6x6x2 ConcatenationOptions.Axis=3
    PRELU both slopes=1x1x2 -> bent:1x6x6x2
    SOFTMAX bent -> out:1x6x6x2
    """,
    "edgetpu-custom-op in:1x8 -> out:1x8",
)


def cases(chance: Random) -> Iterator[bytes]:
    """Yield files without end: most damaged a little, one in fifty crafted."""
    seeds = [Writer({"edgetpu-custom-op": _compiled()}).write([lines]) for lines in LINES]
    endless = [crafted(**asked) for asked in ENDLESS.values()]
    while True:
        if not chance.randrange(50):
            yield _damaged(chance.choice([*endless, _crafted(chance)]), chance)
        else:
            yield _damaged(chance.choice(seeds), chance)


def try_one(case: bytes) -> None:
    """Have both commands read the file; they print, or say what is wrong with it."""
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(case)
        file.flush()
        for words in (["check"], ["check", "--json"], ["inspect"], ["inspect", "--json"]):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                status = main(["models", *words, file.name])
            text = printed.getvalue().replace("\n", "")
            if status not in {0, 1, 2} or not text.isprintable():
                raise AssertionError(f"{words}: status {status}, printed {text[:200]!r}")


def _damaged(content: bytes, chance: Random) -> bytes:
    wrong = bytearray(content)
    for _ in range(chance.choice((0, 1, 1, 2, 4, 16))):
        place = chance.randrange(len(wrong))
        if chance.randrange(2):
            wrong[place] = chance.choice((0, 1, 4, 127, 128, 255, chance.randrange(256)))
        else:
            wrong[place & ~3 : (place & ~3) + 4] = chance.choice(
                (0, 1, len(wrong), 2**31 - 1, 2**31, 2**32 - 1, chance.randrange(len(wrong)))
            ).to_bytes(4, "little")
    return bytes(wrong[: None if chance.randrange(10) else chance.randrange(len(wrong))])


def _crafted(chance: Random) -> bytes:
    names = ("EXP", "CONV_2D", "MEAN", "LSTM", "SPLIT", "PAD", "CONCATENATION", "SOFTMAX", "PACK")
    return crafted(
        tensors=chance.choice((2, 900)),
        operators=chance.choice((1, 40, 9000)),
        shape=[chance.choice((-1, 0, 1, 2**31 - 1)) for _ in range(chance.randrange(18))],
        reads=[0] * chance.choice((0, 1, 2, 3, 30)),
        writes=[1] * chance.choice((0, 1, 2)),
        buffer=bytes(chance.choice((0, 1, 7, 4000))),
        alternates=chance.choice(names),
    )


def _compiled() -> bytes:
    programs = [executable(kind=kind, parameters=40, token=7) for kind in (1, 2)]
    package = table({0: 13, 1: table({0: programs}), 4: b"of the fuzz"}, b"DWN1")
    return bytes(flexbuffers.Dumps({"1": 1, "4": package}))
