"""Tables without generated code, field by field: the only module that knows flatbuffers."""

from typing import Self

from flatbuffers import flexbuffers, number_types
from flatbuffers.table import Table as FlatTable

INT16 = number_types.Int16Flags
INT32 = number_types.Int32Flags
INT64 = number_types.Int64Flags
UINT64 = number_types.Uint64Flags


class Table:
    """One table of a FlatBuffers file, by the numbers of its fields in the schema.

    A damaged file makes the methods raise ``struct.error``, ``TypeError`` or ``ValueError``.
    """

    def __init__(self, table: FlatTable) -> None:
        self._table = table

    @classmethod
    def root(cls, content: bytes) -> Self:
        """Return the table that *content* begins with."""
        start = FlatTable(content, 0).Get(number_types.UOffsetTFlags, 0)
        return cls(FlatTable(content, start))

    def number(self, field: int, flags: type = INT32) -> int:
        """Return a number, 0 where there is none."""
        return int(self._table.GetSlot(_slot(field), 0, flags))

    def content(self, field: int) -> bytes:
        """Return a string or a vector of bytes, empty where there is none."""
        offset = self._table.Offset(_slot(field))
        return bytes(self._table.String(self._table.Pos + offset)) if offset else b""

    def contents(self, field: int) -> list[bytes]:
        """Return a vector of strings, as bytes."""
        return [bytes(self._table.String(place)) for place in self._places(field)]

    def nested(self, field: int, inner: int) -> list[bytes]:
        """Return the field *inner*, a vector of bytes, of each in a vector of tables."""
        places = map(self._table.Indirect, self._places(field))
        return [Table(FlatTable(self._table.Bytes, place)).content(inner) for place in places]

    def _places(self, field: int) -> range:
        """Return where the offsets of a vector are."""
        offset = self._table.Offset(_slot(field))
        if not offset:
            return range(0)
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        if count > len(self._table.Bytes) // 4:
            raise ValueError("a list longer than the file")
        return range(start, start + 4 * count, 4)


def entry(content: bytes, key: str) -> bytes:
    """Return what the FlexBuffers map *content* has under *key*: a blob or a string, as bytes.

    Raise ``KeyError`` or ``ValueError`` if it has not, or is no map.
    """
    value = flexbuffers.GetRoot(content).AsMap[key]
    return bytes(value.AsBlob if value.IsBlob else value.AsStringBytes)


def _slot(field: int) -> int:
    return 4 + 2 * field
