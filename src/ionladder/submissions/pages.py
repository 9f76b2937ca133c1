"""The pages of a parquet file: how much they unpack to, known before any is unpacked.

A column of a parquet file is a chain of pages, each behind a header. A reader makes room for as
much as the header says, whatever the table of contents at the end of the file says; so the headers
are what is held to a limit. They are followed as Arrow follows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from ionladder.submissions.thrift import Fields, ThriftError, number_at, read_fields, struct_at

MAX_PAGES = 50_000
"""Pages of one file; a page of an honest one holds thousands of rows."""
_MAX_HEADER_BYTES = 16_384
# Numbers of https://github.com/apache/parquet-format, parquet.thrift.
_KIND, _UNPACKED, _PACKED = 1, 2, 3
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
# Where the own header of a kind of page stands in the page header, and the encoding in that one.
_OWN_HEADER = {_DATA: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}
_N_VALUES = 1
# PLAIN, PLAIN_DICTIONARY, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT. The others
# write a text as a piece of the one before it, so that few bytes can mean many.
_BOUNDED_ENCODINGS = frozenset({0, 2, 3, 5, 8, 9})


class PagesError(ValueError):
    """The pages are not those of a file that is safe to read; the text says why."""


def unpacked_bytes(path: Path, metadata: pq.FileMetaData, places: Sequence[int]) -> int:
    """Bytes of all pages of some columns when unpacked, as their headers state.

    Args:
        path: The file.
        metadata: Its table of contents.
        places: Places of the columns, which are flat: one value per row.

    Raises:
        PagesError: A header cannot be read; the numbers of values do not agree; a page could
            unpack to more than it states; or there are more than :data:`MAX_PAGES` pages.
    """
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    rows = [group.num_rows for group in groups]
    if min(rows, default=0) < 0 or sum(rows) != metadata.num_rows:
        msg = "its parts do not have as many rows as the whole"
        raise PagesError(msg)
    size = n_pages = 0
    with path.open("rb") as stream:
        for group in groups:
            for place in places:
                column = group.column(place)
                if column.num_values != group.num_rows:
                    msg = "a column does not have as many values as there are rows"
                    raise PagesError(msg)
                for header in _page_headers(stream, column):
                    size += number_at(header, _UNPACKED)
                    n_pages += 1
                    if n_pages > MAX_PAGES:
                        msg = f"more than {MAX_PAGES} pages"
                        raise PagesError(msg)
    return size


def _page_headers(stream: BinaryIO, column: pq.ColumnChunkMetaData) -> Iterator[Fields]:
    """Headers of the pages of one column in one row group; the last completes its values."""
    at, n_left = _first_page(column), column.num_values
    while n_left > 0:
        stream.seek(at)
        try:
            header, length = read_fields(stream.read(_MAX_HEADER_BYTES))
            n_left -= _n_values(header, column.num_values)
            at += length + number_at(header, _PACKED)
        except ThriftError as error:
            msg = f"a page header that cannot be read: {error}"
            raise PagesError(msg) from error
        yield header
    if n_left < 0:
        msg = "its pages have more values than there are rows"
        raise PagesError(msg)


def _first_page(column: pq.ColumnChunkMetaData) -> int:
    """Where Arrow begins to read: at the dictionary if there is one in front of the data."""
    data: int = column.data_page_offset
    dictionary: int = column.dictionary_page_offset or 0
    first = min(data, dictionary) if dictionary > 0 else data
    if first < 0:
        msg = "a column that begins before the file"
        raise PagesError(msg)
    return first


def _n_values(header: Fields, n_rows: int) -> int:
    """Values that a page adds to its column; a dictionary adds none."""
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
    if n_values > n_rows:
        msg = "a dictionary with more values than there are rows"
        raise PagesError(msg)
    return 0
