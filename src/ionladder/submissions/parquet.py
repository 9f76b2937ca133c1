"""Reading a contributor's parquet, whose few bytes may unpack to more than a machine can hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.core.problems import Problem
from ionladder.submissions.shapes import (
    MAX_COLUMNS,
    header_problems,
    row_count_problems,
    unreadable,
)

MAX_CELL_BYTES = 1000
"""Longest text of a parquet cell; a CSV is bounded by its size."""
MAX_FOOTER_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 100_000_000
_FOOTER_TAIL = 8  # four bytes of length, then the name of the format


def read_parquet(
    path: Path, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read the allowed columns of a parquet file, types as stored.

    Arguments and result are those of :func:`ionladder.submissions.reading.read_table`. What the
    file says of itself is checked first; a file that lies about it is stopped by the limits of the
    process that reads a stranger's pull request.
    """
    if _footer_bytes(path) > MAX_FOOTER_BYTES:
        return None, [unreadable(shown_as, "a parquet file", "its table of contents is too long")]
    try:
        # Opened here: Arrow knows no path that is not UTF-8.
        with path.open("rb") as data, pq.ParquetFile(data) as file:
            schema, problems = file.schema_arrow, _parquet_problems(file, shown_as, max_rows)
        if problems:
            return None, problems
        wanted = [field for field in schema if field.name in allowed]
        # Read so, every different text is stored once: a long one repeated fills no memory.
        texts = [field.name for field in wanted if _is_text(field.type)]
        with path.open("rb") as data, pq.ParquetFile(data, read_dictionary=texts) as file:
            table = file.read(columns=[field.name for field in wanted])
        problems = _cell_problems(table, shown_as)
        if problems:
            return None, problems
        table = _plain_texts(table)
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    for name in schema.names:
        if name not in allowed:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table, []


def _parquet_problems(file: pq.ParquetFile, shown_as: str, max_rows: int) -> list[Problem]:
    """What a parquet file says of itself that keeps it from being read."""
    schema = file.schema_arrow
    problems = header_problems(list(schema.names), shown_as)
    problems += row_count_problems(file.metadata.num_rows, max_rows, shown_as)
    problems += _unpacked_size_problems(file.metadata, shown_as)
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
    return bool(is_number or _is_text(kind) or pa.types.is_null(kind))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _footer_bytes(path: Path) -> int:
    """Length of a parquet file's table of contents, as the last bytes of the file state it."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - _FOOTER_TAIL, 0))
        return int.from_bytes(stream.read(4), "little")


def _unpacked_size_problems(metadata: pq.FileMetaData, shown_as: str) -> list[Problem]:
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
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
    if not _is_text(texts.type):
        return 0
    return pc.max(pc.binary_length(texts)).as_py() or 0


def _plain_texts(table: pa.Table) -> pa.Table:
    """The same table with every text in its own cell."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            column = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, column)
    return table
