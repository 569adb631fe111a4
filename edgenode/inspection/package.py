"""Reads what the compiler writes into a compiled model: packages of executables.

The options of the custom operator are a FlexBuffers map. It contains a package, and the package
contains the executables (github.com/google-coral/libedgetpu, executable/executable.fbs).
"""

import struct
from typing import Literal

import msgspec

from edgenode.errors import ModelError
from edgenode.inspection.graph import COMPILED, Model, text
from edgenode.inspection.tables import INT16, INT64, UINT64, Table, entry

MAGIC = b"DWN1"

KINDS: tuple[Literal["stand-alone", "parameter-caching", "execution-only"], ...] = (
    "stand-alone",
    "parameter-caching",
    "execution-only",
)

READ_ERRORS = (AttributeError, IndexError, LookupError, TypeError, ValueError, struct.error)
"""What flatbuffers raises for offsets that point outside the file."""


class Executable(msgspec.Struct, frozen=True, kw_only=True):
    """One program of the Edge TPU.

    Attributes:
        kind: ``parameter-caching`` fills the cache once, ``execution-only`` then uses it;
            ``stand-alone`` needs no cache.
        parameters: bytes of parameters that are sent to the Edge TPU with it.
        token: executables with equal tokens can have their parameters in the cache together.
        cycles: estimate of the compiler; 0 if there is none.
    """

    kind: Literal["stand-alone", "parameter-caching", "execution-only"]
    parameters: int
    token: int
    cycles: int


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The executables that replace the mapped operators.

    Attributes:
        minimum_runtime: version of libedgetpu; an older one refuses the model.
        compiler: version of the compiler; may be empty.
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
        """Bytes of parameters that are sent to the chip for every inference."""
        return sum(one.parameters for one in self.executables if one.kind != "parameter-caching")

    @property
    def token(self) -> int:
        """The parameter-caching token; 0 if there is none."""
        return next((one.token for one in self.executables if one.token), 0)

    @property
    def cycles(self) -> int:
        """Estimated cycles of one inference; 0 if the compiler gives none."""
        return sum(one.cycles for one in self.executables if one.kind != "parameter-caching")


def packages(model: Model, name: str) -> tuple[Package, ...]:
    """Return the packages in *model*, one for each part that runs on the Edge TPU.

    Raise ``ModelError`` naming *name* if one cannot be read.
    """
    parts = [operator for operator in model.main.operators if operator.name == COMPILED]
    try:
        return tuple(_package(entry(part.custom_options, "4")) for part in parts)
    except READ_ERRORS as error:
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
        compiler=text(table.content(4)),
        executables=tuple(_executable(Table.root(program)) for program in programs),
    )


def _executable(table: Table) -> Executable:
    return Executable(
        kind=KINDS[table.number(13, INT16)],
        parameters=len(table.content(6)),
        token=table.number(14, UINT64),
        cycles=table.number(16, INT64) or table.number(11),
    )
