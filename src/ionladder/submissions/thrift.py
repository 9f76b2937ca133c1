"""Structures in Thrift's compact protocol, as far as parquet files need it.

Refused is what Arrow might read in another way: a field that comes twice, a number of a field that
does not fit, and, at the places that the caller names, a value of another kind than is expected.
Format: https://github.com/apache/thrift, ``thrift-compact-protocol.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET = range(1, 11)
_STRUCT = 12
I64, STRUCT = (_I64,), (_STRUCT,)
I32_LIST, I64_LIST, TEXT_LIST, STRUCT_LIST = (
    (_LIST, kind) for kind in (_I32, _I64, _BINARY, _STRUCT)
)
_WHOLE = frozenset({_I16, _I32, _I64})
_WIDTHS = {_BYTE: 1, _DOUBLE: 8}
_LONG_LIST = 15
_TOO_SHORT = "it ends too early"
_MAX_DEPTH = 12
_MOST = 2**31 - 1
_MAX_VARINT_BITS = 70
_MAX_FIELD = 2**15 - 1

Fields: TypeAlias = "dict[int, Value]"
"""Number of a field → its value."""
Value: TypeAlias = "int | Fields | list[Value] | None"
"""A whole number, a structure or a list; None for what is none of these."""


class ThriftError(ValueError):
    """The bytes are not a structure of the expected kind; the text says why."""


Place: TypeAlias = tuple[int, ...]
"""The numbers of the fields that lead to a value; a list has no number of its own."""
Kinds: TypeAlias = Mapping[Place, tuple[int, ...]]
"""What is expected where: one of the constants above."""


@dataclass(kw_only=True)
class _Reader:
    """A position in bytes, and what is expected at which places."""

    data: bytes
    kinds: Kinds
    at: int = 0


def read_fields(data: bytes, kinds: Kinds | None = None) -> tuple[Fields, int]:
    """Read the structure that the bytes begin with.

    Args:
        data: The bytes; others may follow.
        kinds: Expected kinds of the values at some places.

    Returns:
        Its fields, and how many bytes it has.

    Raises:
        ThriftError: They are no such structure.

    Example:
        >>> read_fields(bytes([0x15, 0x06, 0x15, 0x08, 0x00]))
        ({1: 3, 2: 4}, 5)
    """
    reader = _Reader(data=data, kinds=kinds or {})
    return _fields(reader, ()), reader.at


def _fields(reader: _Reader, place: Place) -> Fields:
    if len(place) > _MAX_DEPTH:
        msg = "structures too deep"
        raise ThriftError(msg)
    fields: Fields = {}
    number = 0
    while head := _byte(reader):
        step, kind = head >> 4, head & 0x0F
        number = number + step if step else _whole(reader)
        if number in fields or not 0 < number <= _MAX_FIELD:
            msg = "a field that comes twice, or has no number"
            raise ThriftError(msg)
        fields[number] = _value(reader, kind, (*place, number))
    return fields


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


def structs_at(fields: Fields, place: int) -> list[Fields]:
    """The structures of a list.

    Raises:
        ThriftError: There is no such list.
    """
    values = fields.get(place)
    if not isinstance(values, list):
        msg = f"field {place} is not a list"
        raise ThriftError(msg)
    return [value for value in values if isinstance(value, dict)]


def _value(reader: _Reader, kind: int, place: Place) -> Value:
    if reader.kinds.get(place, (kind,))[0] != kind:
        msg = f"a value of kind {kind} at {place}"
        raise ThriftError(msg)
    if kind == _STRUCT:
        return _fields(reader, place)
    if kind in {_LIST, _SET}:
        return _list(reader, place)
    return None if kind in {_TRUE, _FALSE} else _plain(reader, kind)


def _plain(reader: _Reader, kind: int) -> int | None:
    """A value that holds no others."""
    if kind in _WHOLE:
        return _whole(reader)
    if kind == _BINARY:
        length = _varint(reader)
        reader.at += length
    elif kind in _WIDTHS:
        reader.at += _WIDTHS[kind]
    else:
        msg = f"a field of kind {kind}"
        raise ThriftError(msg)
    return None


def _list(reader: _Reader, place: Place) -> list[Value]:
    head = _byte(reader)
    length, kind = head >> 4, head & 0x0F
    if length == _LONG_LIST:
        length = _varint(reader)
    if reader.kinds.get(place, (_LIST, kind))[1] != kind:
        msg = f"a list of kind {kind} at {place}"
        raise ThriftError(msg)
    # In a list, unlike in a field, a truth value has a byte of its own.
    kind = _BYTE if kind in {_TRUE, _FALSE} else kind
    return [_element(reader, kind, place) for _ in range(length)]


def _element(reader: _Reader, kind: int, place: Place) -> Value:
    if reader.at >= len(reader.data):
        raise ThriftError(_TOO_SHORT)
    if kind == _STRUCT:
        return _fields(reader, place)
    return _plain(reader, kind)


def _whole(reader: _Reader) -> int:
    """A signed number; 0, -1, 1, -2 and so on are written as 0, 1, 2, 3 and so on."""
    raw = _varint(reader)
    return (raw >> 1) ^ -(raw & 1)


def _varint(reader: _Reader) -> int:
    """A number in groups of seven bits, the lowest first; all but the last have the eighth bit."""
    value = 0
    for shift in range(0, _MAX_VARINT_BITS, 7):
        byte = _byte(reader)
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
    msg = "a number without an end"
    raise ThriftError(msg)


def _byte(reader: _Reader) -> int:
    if reader.at >= len(reader.data):
        raise ThriftError(_TOO_SHORT)
    reader.at += 1
    return reader.data[reader.at - 1]
