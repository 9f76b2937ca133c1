"""Reading parquet files that may be hostile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.errors import Problem, first_few

# Structures in Thrift's compact protocol, as far as parquet files need it


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


# The pages of a parquet file: how much they unpack to, known before any is unpacked


MAX_PAGES = 50_000
"""Pages of one file; a page of an honest one holds thousands of rows."""
_MAX_HEADER_BYTES = 16_384
_FOOTER_TAIL = 8  # four bytes of length, then the name of the format
# Numbers of https://github.com/apache/parquet-format, parquet.thrift.
_ROWS, _GROUPS = 3, 4
_COLUMNS, _GROUP_ROWS = 1, 3
_COLUMN = 3
_N_COLUMN_VALUES, _DATA_OFFSET, _DICTIONARY_OFFSET = 5, 9, 11
_COLUMN_KINDS: dict[int, tuple[int, ...]] = {
    2: I32_LIST,
    3: TEXT_LIST,
    _N_COLUMN_VALUES: I64,
    8: STRUCT_LIST,
    _DATA_OFFSET: I64,
    _DICTIONARY_OFFSET: I64,
    13: STRUCT_LIST,
}
_KIND, _UNPACKED, _PACKED = 1, 2, 3
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
# All lists that the table of contents may have, and the numbers that are used here: elsewhere it is
# passed over as it says, as Arrow does.
_KINDS: Kinds = {
    (2,): STRUCT_LIST,
    (_ROWS,): I64,
    (_GROUPS,): STRUCT_LIST,
    (_GROUPS, _COLUMNS): STRUCT_LIST,
    (_GROUPS, _COLUMNS, _COLUMN): STRUCT,
    **{(_GROUPS, _COLUMNS, _COLUMN, number): kind for number, kind in _COLUMN_KINDS.items()},
    (_GROUPS, _COLUMNS, _COLUMN, 16, 2): I64_LIST,
    (_GROUPS, _COLUMNS, _COLUMN, 16, 3): I64_LIST,
    (_GROUPS, _COLUMNS, _COLUMN, 17, 2): I32_LIST,
    (_GROUPS, _COLUMNS, 8, 2, 1): TEXT_LIST,
    (_GROUPS, _GROUP_ROWS): I64,
    (_GROUPS, 4): STRUCT_LIST,
    (5,): STRUCT_LIST,
    (7,): STRUCT_LIST,
}
# Where the own header of a kind of page stands in the page header, and the encoding in that one.
_OWN_HEADER = {_DATA: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}
_N_VALUES = 1
# PLAIN, PLAIN_DICTIONARY, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT. The others
# write a text as a piece of the one before it, so that few bytes can mean many.
_BOUNDED_ENCODINGS = frozenset({0, 2, 3, 5, 8, 9})


class PagesError(ValueError):
    """The pages are not those of a file that is safe to read; the text says why."""


def unpacked_bytes(
    path: Path, places: Sequence[int], *, lists: Mapping[int, int] | None = None
) -> int:
    """Bytes of all pages of some columns when unpacked, as their headers state.

    Args:
        path: The file.
        places: Places of the columns, which hold one value per row, or lists of values.
        lists: Place of each column of lists → most values that it may have in all.

    Raises:
        PagesError: A header cannot be read; the numbers of values do not agree, or are larger than
            allowed; a page could unpack to more than it states; or there are more than
            :data:`MAX_PAGES` pages.
    """
    try:
        return sum(_page_sizes(path, _contents(path), places, dict(lists or {})))
    except ThriftError as error:
        msg = f"pages or a table of contents that cannot be read: {error}"
        raise PagesError(msg) from error


def _contents(path: Path) -> Fields:
    """The table of contents at the end of the file.

    Arrow is not asked for it: it ends the whole process where a column is described oddly.
    """
    with path.open("rb") as stream:
        end = stream.seek(0, SEEK_END) - _FOOTER_TAIL
        stream.seek(max(end, 0))
        length = int.from_bytes(stream.read(4), "little")
        stream.seek(max(end - length, 0))
        fields, _ = read_fields(stream.read(min(length, max(end, 0))), _KINDS)
    return fields


def _page_sizes(
    path: Path, contents: Fields, places: Sequence[int], room: dict[int, int]
) -> Iterator[int]:
    """Stated size of every page; ``room`` is what is left for the values of columns of lists."""
    groups = structs_at(contents, _GROUPS)
    if sum(number_at(group, _GROUP_ROWS) for group in groups) != number_at(contents, _ROWS):
        msg = "its parts do not have as many rows as the whole"
        raise PagesError(msg)
    n_pages = 0
    with path.open("rb") as stream:
        for group in groups:
            columns = structs_at(group, _COLUMNS)
            for place in places:
                column = struct_at(columns[place], _COLUMN)
                n_values = number_at(column, _N_COLUMN_VALUES)
                if place in room:
                    room[place] -= n_values
                    if room[place] < 0:
                        msg = "lists with more values than the task asks for"
                        raise PagesError(msg)
                elif n_values != number_at(group, _GROUP_ROWS):
                    msg = "a column does not have as many values as there are rows"
                    raise PagesError(msg)
                for header in _page_headers(stream, column):
                    yield number_at(header, _UNPACKED)
                    n_pages += 1
                    if n_pages > MAX_PAGES:
                        msg = f"more than {MAX_PAGES} pages"
                        raise PagesError(msg)


def _page_headers(stream: BinaryIO, column: Fields) -> Iterator[Fields]:
    """Headers of the pages of one column in one row group; the last completes its values."""
    n_values = number_at(column, _N_COLUMN_VALUES)
    at, n_left = _first_page(column), n_values
    while n_left > 0:
        stream.seek(at)
        header, length = read_fields(stream.read(_MAX_HEADER_BYTES))
        n_left -= _n_values(header, n_values)
        at += length + number_at(header, _PACKED)
        yield header
    if n_left < 0:
        msg = "its pages have more values than there are rows"
        raise PagesError(msg)


def _first_page(column: Fields) -> int:
    """Where Arrow begins to read: at the dictionary if there is one in front of the data."""
    data = number_at(column, _DATA_OFFSET)
    dictionary = number_at(column, _DICTIONARY_OFFSET) if _DICTIONARY_OFFSET in column else 0
    return min(data, dictionary) if dictionary > 0 else data


def _n_values(header: Fields, most: int) -> int:
    """Values that a page adds to its column; a dictionary adds none, and has no more than it."""
    kind = number_at(header, _KIND)
    if kind not in _OWN_HEADER:
        msg = "a page of an unknown kind"
        raise PagesError(msg)
    place, encoding_place = _OWN_HEADER[kind]
    own = struct_at(header, place)
    if number_at(own, encoding_place) not in _BOUNDED_ENCODINGS:
        msg = "a page whose texts are pieces of one another"
        raise PagesError(msg)
    n_values = number_at(own, _N_VALUES)
    if kind != _DICTIONARY:
        return n_values
    if n_values > most:
        msg = "a dictionary with more values than there are rows"
        raise PagesError(msg)
    return 0


# What tables of every format have in common: a header, a number of rows, bytes that may be bad


MAX_COLUMNS = 50


def header_problems(header: Sequence[str], shown_as: str) -> list[Problem]:
    """Too many columns, or two of one name."""
    if len(header) > MAX_COLUMNS:
        return [
            Problem(
                where=f"{shown_as}, header",
                expected=f"at most {MAX_COLUMNS} columns",
                found=str(len(header)),
                next_step="Keep only the columns that the task asks for.",
            )
        ]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        return [
            Problem(
                where=f"{shown_as}, header",
                expected="every column name once",
                found=f"more than one `{first_few(repeated)}`",
                next_step="Remove or rename the repeated columns.",
            )
        ]
    return []


def row_count_problems(n_rows: int, max_rows: int, shown_as: str) -> list[Problem]:
    """No row at all, or more than make sense."""
    if 0 < n_rows <= max_rows:
        return []
    return [
        Problem(
            where=shown_as,
            expected=f"between 1 and {max_rows} rows",
            found=str(n_rows),
            next_step="Write one row per id (and seed, if there are several).",
        )
    ]


def unreadable(shown_as: str, expected: str, error: str) -> Problem:
    """The letter about bytes that are not what the name of the file says."""
    first_line = (error.splitlines() or ["no detail"])[0][:160]
    return Problem(
        where=shown_as,
        expected=expected,
        found=f"something else ({first_line})",
        next_step="Export the file again as plain CSV in UTF-8, or as parquet.",
    )


# Reading a contributor's parquet, whose few bytes may unpack to more than a machine can hold


MAX_CELL_BYTES = 1000
"""Longest text of a parquet cell; a CSV is bounded by its size."""
MAX_FOOTER_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 50_000_000
"""Unpacked, a text is for a moment there three times; a CSV may have as many bytes."""
# Room is made for as many entries as a list in the table of contents claims to have.
_MAX_LIST = 10_000
_PARQUET_FOOTER_TAIL = 8  # four bytes of length, then the name of the format

DAMAGED = (pa.ArrowException, OSError, RuntimeError, ValueError, LookupError, OverflowError)
"""Arrow's own, PagesError, and what pyarrow makes of what its parquet reader throws."""


def read_parquet(
    path: Path, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read the allowed columns of a parquet file, types as stored.

    Arguments and result are those of :func:`ionladder.submit.predictions.read_table`. What the
    file says of itself is checked first, and how much its pages unpack to is counted before one
    of them is unpacked, so that a file that lies about itself costs no more than another.
    """
    if footer_bytes(path) > MAX_FOOTER_BYTES:
        return None, [unreadable(shown_as, "a parquet file", "its table of contents is too long")]
    try:
        # Opened here: Arrow knows no path that is not UTF-8.
        with path.open("rb") as data, opened(data) as file:
            schema = file.schema_arrow
            problems = _parquet_problems(file, shown_as, max_rows)
        if problems:
            return None, problems
        wanted = [field for field in schema if field.name in allowed]
        places = [schema.get_field_index(field.name) for field in wanted]
        problems = _size_problems(unpacked_bytes(path, places), shown_as)
        if problems:
            return None, problems
        # Read so, every different text is stored once: a long one repeated fills no memory.
        texts = [field.name for field in wanted if is_text(field.type)]
        with path.open("rb") as data, opened(data, read_dictionary=texts) as file:
            table = file.read(columns=[field.name for field in wanted], use_threads=False)
        problems = text_problems(table, shown_as)
        if problems:
            return None, problems
        table = plain_texts(table)
        table.validate(full=True)
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    for name in schema.names:
        if name not in allowed:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table, []


def opened(data: BinaryIO, **options: Any) -> pq.ParquetFile:
    """A parquet file whose table of contents may not claim to be long."""
    return pq.ParquetFile(data, thrift_container_size_limit=_MAX_LIST, **options)


def _parquet_problems(file: pq.ParquetFile, shown_as: str, max_rows: int) -> list[Problem]:
    """What a parquet file says of itself that keeps it from being read."""
    schema = file.schema_arrow
    problems = header_problems(list(schema.names), shown_as)
    problems += row_count_problems(file.metadata.num_rows, max_rows, shown_as)
    problems += [
        Problem(
            where=f"{shown_as}, column `{field.name}`",
            expected="plain numbers or text",
            found=f"values of type {field.type}",
            next_step="Store one number or id per cell.",
        )
        for field in list(schema)[:MAX_COLUMNS]
        if not _is_plain(field.type)
    ]
    return problems


def _is_plain(kind: pa.DataType) -> bool:
    """Whether cells are single numbers or texts (a categorical text is one)."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return bool(is_number or is_text(kind) or pa.types.is_null(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether cells are texts (of a categorical column too)."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def footer_bytes(path: Path) -> int:
    """Length of a parquet file's table of contents, as the last bytes of the file state it."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - _PARQUET_FOOTER_TAIL, 0))
        return int.from_bytes(stream.read(4), "little")


def _size_problems(size: int, shown_as: str) -> list[Problem]:
    if size <= MAX_UNPACKED_BYTES:
        return []
    return [
        Problem(
            where=shown_as,
            expected=f"at most {MAX_UNPACKED_BYTES // 1_000_000} MB when unpacked",
            found=f"{size // 1_000_000} MB",
            next_step="Keep only the columns and rows that the task asks for.",
        )
    ]


def text_problems(table: pa.Table, shown_as: str) -> list[Problem]:
    """Texts that are too long, alone or together; columns of them are read as dictionaries."""
    return _cell_problems(table, shown_as) or _size_problems(_text_bytes(table), shown_as)


def _cell_problems(table: pa.Table, shown_as: str) -> list[Problem]:
    """Texts too long to be an id, a number or a scheme."""
    problems = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        texts = [c.dictionary if pa.types.is_dictionary(c.type) else c for c in column.chunks]
        longest = max((_longest(text) for text in texts), default=0)
        if longest > MAX_CELL_BYTES:
            problems.append(
                Problem(
                    where=f"{shown_as}, column `{name}`",
                    expected=f"at most {MAX_CELL_BYTES} bytes in a cell",
                    found=f"{longest} bytes",
                    next_step="Store one number or id per cell.",
                )
            )
    return problems


def _longest(texts: pa.Array) -> int:
    if not is_text(texts.type):
        return 0
    return pc.max(pc.binary_length(texts)).as_py() or 0


def _text_bytes(table: pa.Table) -> int:
    """Bytes of all texts, each as often as it is meant."""
    size = 0
    for column in table.columns:
        if pa.types.is_dictionary(column.type) and is_text(column.type):
            for chunk in column.chunks:
                lengths = pc.take(pc.binary_length(chunk.dictionary), chunk.indices)
                size += pc.sum(lengths).as_py() or 0
    return size


def plain_texts(table: pa.Table) -> pa.Table:
    """A table with every text in its own cell, whatever dictionaries it came with."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            column = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, column)
    return table
