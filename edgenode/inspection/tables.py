"""Reads FlatBuffers tables without generated code: the only module that knows flatbuffers."""

from typing import Self

from flatbuffers import flexbuffers, number_types
from flatbuffers.table import Table as FlatTable

INT16 = number_types.Int16Flags
INT32 = number_types.Int32Flags
INT64 = number_types.Int64Flags
UINT64 = number_types.Uint64Flags


class Table:
    """One table; a field is named by its number in the schema.

    For a damaged file the methods raise ``struct.error``, ``TypeError`` or ``ValueError``.
    """

    def __init__(self, table: FlatTable) -> None:
        self._table = table

    @classmethod
    def root(cls, content: bytes) -> Self:
        """Return the root table of *content*."""
        start = FlatTable(content, 0).Get(number_types.UOffsetTFlags, 0)
        return cls(FlatTable(content, start))

    def number(self, field: int, flags: type = INT32) -> int:
        """Return a number; 0 if the field is absent."""
        return int(self._table.GetSlot(_slot(field), 0, flags))

    def content(self, field: int) -> bytes:
        """Return a string or a vector of bytes; empty if the field is absent."""
        offset = self._table.Offset(_slot(field))
        return bytes(self._table.String(self._table.Pos + offset)) if offset else b""

    def contents(self, field: int) -> list[bytes]:
        """Return a vector of strings as bytes; together they are not longer than the file."""
        found: list[bytes] = []
        left = len(self._table.Bytes)
        for place in self._places(field):
            found.append(bytes(self._table.String(place)))
            left -= len(found[-1])
            if left < 0:
                raise ValueError("the same string again and again")
        return found

    def _places(self, field: int) -> range:
        """Return the positions of the elements of a vector of offsets."""
        offset = self._table.Offset(_slot(field))
        if not offset:
            return range(0)
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        # A damaged count would otherwise make the caller loop billions of times.
        if count > len(self._table.Bytes) // 4:
            raise ValueError("a list longer than the file")
        return range(start, start + 4 * count, 4)


def entry(content: bytes, key: str) -> bytes:
    """Return the value of *key*, a blob or a string, in the FlexBuffers map *content*.

    Raise ``KeyError`` or ``ValueError`` if there is no such key, or *content* is not a map.
    """
    value = flexbuffers.GetRoot(content).AsMap[key]
    return bytes(value.AsBlob if value.IsBlob else value.AsStringBytes)


def _slot(field: int) -> int:
    # A vtable starts with two sizes of two bytes each.
    return 4 + 2 * field
