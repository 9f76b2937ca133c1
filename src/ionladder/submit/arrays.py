"""Parquet files of predicted arrays: their table of contents is checked before they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ionladder.errors import Problem, first_few, worded
from ionladder.submit import tables

_MAX_FOOTER_BYTES = 5_000_000
_BYTES_PER_NUMBER = 12  # eight of a float64, and what lists add to it
_BYTES_PER_ROW = 400  # id, energy, stress
_SPARE_BYTES = 1_000_000


class ArrayColumn(NamedTuple):
    """A column that a file must or may hold: its name, whether a type will do, and in words."""

    name: str
    will_do: Callable[[pa.DataType], bool]
    words: str
    is_needed: bool = True


def is_list(kind: pa.DataType) -> bool:
    """Whether cells are lists of numbers, of any or of one length."""
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_one(kind) for is_one in lists) and pa.types.is_floating(kind.value_type)


ID = ArrayColumn("id", tables.is_text, "text")


def array_file_problems(
    path: Path, asked: Sequence[ArrayColumn], *, n_rows: int, n_numbers: int, shown_as: str
) -> list[Problem]:
    """What a file says of itself that keeps it from being read.

    Args:
        path: The file; there.
        asked: Its columns.
        n_rows: Rows it should have.
        n_numbers: Numbers that its lists should have in all; sets how large it may be.
        shown_as: Its path in errors.
    """
    if path.is_symlink() or not path.is_file():
        return [worded("special-file", shown_as)]
    limit = n_numbers * _BYTES_PER_NUMBER + n_rows * _BYTES_PER_ROW + _SPARE_BYTES
    if path.stat().st_size > limit:
        return [_too_large(shown_as, limit, path.stat().st_size)]
    if tables.footer_bytes(path) > _MAX_FOOTER_BYTES:
        return [tables.unreadable(shown_as, "a parquet file", "its table of contents is too long")]
    try:
        with path.open("rb") as data, tables.opened(data) as file:
            schema, n_found = file.schema_arrow, file.metadata.num_rows
            unpacked = tables.stated_bytes(file)
        problems = tables.header_problems(list(schema.names), shown_as)
        problems = problems or _column_problems(schema, asked, shown_as)
        if not 0 < n_found <= 2 * n_rows:
            problems.append(worded("frames-count", shown_as, n=n_rows, found=n_found))
        if problems:
            return problems
    except tables.DAMAGED as error:
        return [tables.unreadable(shown_as, "a parquet file", str(error))]
    return [_too_large(shown_as, limit, unpacked)] if unpacked > limit else []


def _column_problems(
    schema: pa.Schema, asked: Sequence[ArrayColumn], shown_as: str
) -> list[Problem]:
    known = {column.name: column for column in asked}
    names = list(schema.names)
    header, shown = f"{shown_as}, header", f"columns {first_few(names, limit=8)}"
    problems = []
    for column in asked:
        if column.is_needed and column.name not in names:
            facts = {"name": column.name, "words": column.words, "found": shown}
            problems.append(worded("array-column-absent", header, **facts))
    unknown = [name for name in names if name not in known]
    if unknown:
        facts = {"known": ", ".join(known), "found": first_few(unknown)}
        problems.append(worded("array-columns-unknown", header, **facts))
    for field in schema:
        if field.name in known and not known[field.name].will_do(field.type):
            meant = [c.name for c in asked if c.name != field.name and c.will_do(field.type)]
            hint = f" Did you mean `{meant[0]}`?" if len(meant) == 1 else ""
            facts = {"words": known[field.name].words, "found": str(field.type), "hint": hint}
            problems.append(worded("array-type", f"{shown_as}, column `{field.name}`", **facts))
    return problems


def portions(path: Path, columns: Sequence[str], sizes: Sequence[int]) -> Iterator[pa.Table]:
    """Rows of a file in portions of given sizes, whatever its row groups are.

    Args:
        path: The file.
        columns: Columns to read.
        sizes: Rows of each portion; where the file ends early, the rest is empty.

    Raises:
        pa.ArrowException: Its bytes are damaged.
    """
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        batches = file.iter_batches(batch_size=1024, columns=list(columns), use_threads=False)
        rest: list[pa.RecordBatch] = []
        for size in sizes:
            try:
                while sum(len(one) for one in rest) < size and (batch := next(batches, None)):
                    rest.append(batch)
            except tables.DAMAGED as error:
                raise pa.ArrowInvalid(str(error)) from error
            table = pa.Table.from_batches(rest, None if rest else file.schema_arrow)
            yield table.slice(0, size).combine_chunks()
            rest = table.slice(size).to_batches()


def _too_large(shown_as: str, limit: int, found: int) -> Problem:
    return worded("arrays-too-large", shown_as, most=limit // 1000000 + 1, size=found // 1000000)
