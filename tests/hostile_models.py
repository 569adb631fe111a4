"""Model files of a few hundred bytes that no process should load before another has tried them."""

from tests.model_files import Writer


def written(*graphs: str) -> bytes:
    """Return a .tflite file; see ``build`` in tests/model_files.py for the lines."""
    return Writer({}).write(list(graphs))


WORKS = written("RELU in:1x4x4x3:uint8 -> out:1x4x4x3:uint8")

CRASHES = written("SLICE in:1x8:uint8 begin=[0,90000000] size=[1,3] -> out:1x3:uint8")
"""tflite-runtime 2.14 reads 90 MB behind the tensor. A later runtime may refuse it."""

NEVER_ENDS = written(
    "WHILE in:1 -> out:1 WhileOptions.CondSubgraphIndex=1 WhileOptions.BodySubgraphIndex=2",
    "GREATER_EQUAL a:1 a -> c:1:bool",
    "RELU b:1 -> d:1",
)

TAKES_ALL_MEMORY = written("RELU in:1x100000x100000x100 -> out:1x100000x100000x100")

EIGHT_BYTES = b"\0\0\0\0TFL3"
