"""What the compiler has put into a compiled model: packages of executables for the Edge TPU.

It stands in the custom operator's options: a FlexBuffers map, in it a package, in it the
executables (github.com/google-coral/libedgetpu, executable/executable.fbs).
"""

import struct
from typing import Literal

import msgspec

from edgenode.errors import ModelError
from edgenode.inspection.graph import COMPILED, Model
from edgenode.inspection.tables import INT16, INT64, UINT64, Table, entry

MAGIC = b"DWN1"

KINDS: tuple[Literal["stand-alone", "parameter-caching", "execution-only"], ...] = (
    "stand-alone",
    "parameter-caching",
    "execution-only",
)

STUMBLES = (AttributeError, IndexError, LookupError, TypeError, ValueError, struct.error)
"""What reading at offsets that lead nowhere raises."""


class Executable(msgspec.Struct, frozen=True, kw_only=True):
    """One program of the Edge TPU.

    Attributes:
        kind: one that loads parameters into the cache goes with one that then only executes.
        parameters: bytes that go to the Edge TPU with it.
        instructions: bytes of its program.
        token: programs with the same one keep their parameters in the cache side by side.
        cycles: estimated by the compiler, 0 where it has not.
    """

    kind: Literal["stand-alone", "parameter-caching", "execution-only"]
    parameters: int
    instructions: int
    token: int
    cycles: int


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """What takes the place of the mapped operators.

    Attributes:
        minimum_runtime: of libedgetpu; an older one refuses the model.
        compiler: its version, as far as it tells.
    """

    minimum_runtime: int
    compiler: str
    executables: tuple[Executable, ...]

    @property
    def cached(self) -> int:
        """Bytes of parameters that stay on the chip from one inference to the next."""
        return sum(one.parameters for one in self.executables if one.kind == "parameter-caching")

    @property
    def streamed(self) -> int:
        """Bytes of parameters that go to the chip with every inference."""
        return sum(one.parameters for one in self.executables if one.kind != "parameter-caching")

    @property
    def token(self) -> int:
        """The token of parameter caching, 0 where there is none."""
        return next((one.token for one in self.executables if one.token), 0)

    @property
    def cycles(self) -> int:
        """Estimated for one inference, 0 where the compiler has not."""
        return sum(one.cycles for one in self.executables if one.kind != "parameter-caching")


def packages(model: Model, name: str) -> tuple[Package, ...]:
    """Return the packages in *model*, one for each part that runs on the Edge TPU.

    Raise ``ModelError`` naming *name* if one cannot be read.
    """
    parts = [operator for operator in model.main.operators if operator.name == COMPILED]
    try:
        return tuple(_package(entry(part.custom_options, "4")) for part in parts)
    except STUMBLES as error:
        raise ModelError(
            f"{name}: what the Edge TPU compiler has put in is damaged; compile it again"
        ) from error


def _package(content: bytes) -> Package:
    if content[4:8] != MAGIC:
        raise ValueError("not a package for the Edge TPU")
    table = Table.root(content)
    programs = Table.root(table.content(1)).contents(0)
    return Package(
        minimum_runtime=table.number(0),
        compiler=table.content(4).decode("utf-8", "replace"),
        executables=tuple(_executable(Table.root(program)) for program in programs),
    )


def _executable(table: Table) -> Executable:
    return Executable(
        kind=KINDS[table.number(13, INT16)],
        parameters=len(table.content(6)),
        instructions=sum(len(stream) for stream in table.nested(5, 0)),
        token=table.number(14, UINT64),
        cycles=table.number(16, INT64) or table.number(11),
    )
