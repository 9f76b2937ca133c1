"""The pages of a parquet file: how much they unpack to, known before any is unpacked.

A column of a parquet file is a chain of pages, each behind a header. A reader makes room for as
much as the header says, whatever the table of contents at the end of the file says; so the headers
are what is held to a limit. They are followed as Arrow follows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from ionladder.submissions.thrift import (
    I32_LIST,
    I64,
    I64_LIST,
    STRUCT,
    STRUCT_LIST,
    TEXT_LIST,
    Fields,
    Kinds,
    ThriftError,
    number_at,
    read_fields,
    struct_at,
    structs_at,
)

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
