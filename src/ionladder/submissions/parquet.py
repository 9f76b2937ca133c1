"""Reading a contributor's parquet, whose few bytes may unpack to more than a machine can hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.core.problems import Problem
from ionladder.submissions.pages import unpacked_bytes
from ionladder.submissions.shapes import (
    MAX_COLUMNS,
    header_problems,
    row_count_problems,
    unreadable,
)

MAX_CELL_BYTES = 1000
"""Longest text of a parquet cell; a CSV is bounded by its size."""
MAX_FOOTER_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 50_000_000
"""Unpacked, a text is for a moment there three times; a CSV may have as many bytes."""
# Room is made for as many entries as a list in the table of contents claims to have.
_MAX_LIST = 10_000
_FOOTER_TAIL = 8  # four bytes of length, then the name of the format

DAMAGED = (pa.ArrowException, OSError, RuntimeError, ValueError, LookupError, OverflowError)
"""Arrow's own, PagesError, and what pyarrow makes of what its parquet reader throws."""


def read_parquet(
    path: Path, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read the allowed columns of a parquet file, types as stored.

    Arguments and result are those of :func:`ionladder.submissions.reading.read_table`. What the
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
        stream.seek(max(path.stat().st_size - _FOOTER_TAIL, 0))
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
    """The same table with every text in its own cell."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            column = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, column)
    return table
