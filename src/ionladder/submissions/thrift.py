"""Structures in Thrift's compact protocol, as far as the page headers of parquet files need it.

Stricter than the readers that follow: a field that comes twice, or of a kind that page headers do
not have, is refused, so that nothing can be read here in one way and there in another.
Format: https://github.com/apache/thrift, ``thrift-compact-protocol.md``.
"""

from __future__ import annotations

from typing import TypeAlias

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _BINARY, _STRUCT = 1, 2, 3, 4, 5, 6, 8, 12
_WHOLE = frozenset({_I16, _I32, _I64})
_MAX_DEPTH = 4
_MOST = 2**31 - 1
_MAX_VARINT_BITS = 63

Fields: TypeAlias = "dict[int, int | Fields | None]"
"""Number of a field → its whole number or structure; None for what is neither."""


class ThriftError(ValueError):
    """The bytes are not a structure of the expected kind; the text says why."""


def read_fields(data: bytes, *, at: int = 0, depth: int = 0) -> tuple[Fields, int]:
    """Read the structure that begins at a byte.

    Returns:
        Its fields, and the place of the first byte after it.

    Example:
        >>> read_fields(bytes([0x15, 0x06, 0x15, 0x08, 0x00]))
        ({1: 3, 2: 4}, 5)
    """
    if depth > _MAX_DEPTH:
        msg = "structures too deep"
        raise ThriftError(msg)
    fields: Fields = {}
    number = 0
    while head := _byte(data, at):
        at += 1
        step, kind = head >> 4, head & 0x0F
        if step:
            number += step
        else:
            number, at = _whole(data, at)
        if number in fields:
            msg = "a field that comes twice"
            raise ThriftError(msg)
        fields[number], at = _value(data, at, kind, depth)
    return fields, at + 1


def number_at(fields: Fields, place: int) -> int:
    """The whole number, 0 to 2³¹ - 1, of a field.

    Raises:
        ThriftError: There is no such field, or another value in it.
    """
    value = fields.get(place)
    if not isinstance(value, int) or not 0 <= value <= _MOST:
        msg = f"field {place} is not a size"
        raise ThriftError(msg)
    return value


def struct_at(fields: Fields, place: int) -> Fields:
    """The structure of a field.

    Raises:
        ThriftError: There is no such field, or another value in it.
    """
    value = fields.get(place)
    if not isinstance(value, dict):
        msg = f"field {place} is not a structure"
        raise ThriftError(msg)
    return value


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[int | Fields | None, int]:
    if kind in _WHOLE:
        return _whole(data, at)
    if kind == _STRUCT:
        return read_fields(data, at=at, depth=depth + 1)
    if kind == _BINARY:
        length, at = _varint(data, at)
        return None, at + length
    if kind in {_TRUE, _FALSE}:
        return None, at
    if kind == _BYTE:
        return None, at + 1
    msg = f"a field of kind {kind}"
    raise ThriftError(msg)


def _whole(data: bytes, at: int) -> tuple[int, int]:
    """A signed number; 0, -1, 1, -2 and so on are written as 0, 1, 2, 3 and so on."""
    raw, at = _varint(data, at)
    return (raw >> 1) ^ -(raw & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first; all but the last have the eighth bit."""
    value = 0
    for shift in range(0, _MAX_VARINT_BITS, 7):
        byte = _byte(data, at)
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    msg = "a number without an end"
    raise ThriftError(msg)


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        msg = "it ends too early"
        raise ThriftError(msg)
    return data[at]
