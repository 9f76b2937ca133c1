"""Reading a contributor's CSV or parquet into text or numbers, before anything is believed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ionladder.errors import Problem, first_few
from ionladder.submit.isolate import ReaderProcess

MAX_FILE_BYTES = 50_000_000
MAX_COLUMNS = 50
MAX_CELL_BYTES = 1000
"""Longest text of a parquet cell; a CSV is bounded by its size."""
MAX_FOOTER_BYTES = 1_000_000
MAX_UNPACKED_BYTES = 50_000_000
"""Unpacked, a text is for a moment there three times; a CSV may have as many bytes."""
# Room is made for as many entries as a list in the table of contents claims to have.
_MAX_LIST = 10_000
_MAX_HEADER = 64 * 1024
_MAX_RAGGED = 100
_BLOCK = 1 << 20
_SMALLER = "Keep only the columns and rows that the task asks for."
_ONE_CELL = "Store one number or id per cell."

DAMAGED = (pa.ArrowException, OSError, RuntimeError, ValueError, LookupError, OverflowError)
"""Arrow's own errors, and what pyarrow makes of what its parquet reader throws."""


def find_table(folder: Path, stem: str, *, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """Find ``<stem>.csv`` or ``<stem>.parquet`` in a folder: exactly one, a regular file.

    Returns:
        The path and no problems; None and no problems when there is no such file; or None and
        the problems found.
    """
    paths = [folder / f"{stem}.csv", folder / f"{stem}.parquet"]
    present = [path for path in paths if path.is_symlink() or path.exists()]
    if len(present) > 1:
        expected = f"one of {stem}.csv and {stem}.parquet"
        step = "Keep the one that holds the final predictions."
        return None, [Problem(shown_as, expected, "both", step)]
    if not present:
        return None, []
    if present[0].is_symlink() or not present[0].is_file():
        where, found = f"{shown_as}/{present[0].name}", "a link or special file"
        return None, [Problem(where, "a regular file", found, "Put the file itself here.")]
    return present[0], []


def read_table(
    path: Path, *, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read a CSV (every cell as text) or a parquet file (types as stored).

    Size, column names and row count are checked before the data are loaded, because a small
    compressed file can hold a very large table; parquet is read in a process under limits.

    Args:
        path: The file.
        shown_as: Its path as the contributor knows it.
        allowed: Column names that may occur; others are not loaded, and reported by the caller.
        max_rows: Largest sensible number of rows.

    Returns:
        The table and no problems, or None and the problems found.
    """
    size = path.stat().st_size
    if size == 0:
        expected = f"a header line with {', '.join(allowed[:2])}, …"
        step = "Write one row per id; `ionladder new` makes a template with all ids."
        return None, [Problem(shown_as, expected, "an empty file", step)]
    if size > MAX_FILE_BYTES:
        expected, found = f"at most {MAX_FILE_BYTES // 1_000_000} MB", f"{size // 1_000_000} MB"
        return None, [Problem(shown_as, expected, found, _SMALLER)]
    if path.suffix == ".csv":
        return _read_csv(path, shown_as, max_rows)
    # The process that reads may have started in another folder.
    return read_parquet(str(path.absolute()), shown_as, list(allowed), max_rows, where=shown_as)


def header_problems(header: Sequence[str], shown_as: str) -> list[Problem]:
    """Too many columns, or two of one name."""
    where = f"{shown_as}, header"
    if len(header) > MAX_COLUMNS:
        step = "Keep only the columns that the task asks for."
        return [Problem(where, f"at most {MAX_COLUMNS} columns", str(len(header)), step)]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not repeated:
        return []
    found = f"more than one `{first_few(repeated)}`"
    return [
        Problem(where, "every column name once", found, "Remove or rename the repeated columns.")
    ]


def row_count_problems(n_rows: int, max_rows: int, shown_as: str) -> list[Problem]:
    """No row at all, or more than make sense."""
    if 0 < n_rows <= max_rows:
        return []
    step = "Write one row per id (and seed, if there are several)."
    return [Problem(shown_as, f"between 1 and {max_rows} rows", str(n_rows), step)]


def unreadable(shown_as: str, expected: str, error: str) -> Problem:
    """The problem of bytes that are not what the name of the file says."""
    first_line = (error.splitlines() or ["no detail"])[0][:160]
    step = "Export the file again as plain CSV in UTF-8, or as parquet."
    return Problem(shown_as, expected, f"something else ({first_line})", step)


def _read_csv(path: Path, shown_as: str, max_rows: int) -> tuple[pa.Table | None, list[Problem]]:
    data = path.read_bytes()
    ragged: list[pa_csv.InvalidRow] = []

    def keep_note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip" if len(ragged) < _MAX_RAGGED else "error"

    try:
        # Here: Arrow, on its way to a ragged row, would only print that something is no UTF-8.
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), _BLOCK):
            decoder.decode(data[start : start + _BLOCK])
        decoder.decode(b"", final=True)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader([stream.readline(_MAX_HEADER)]), [])
        if problems := header_problems(header, shown_as):
            return None, problems
        # In memory of Arrow's own: its reading thread may outlive this call, and must not have to
        # wait for an interpreter that is shutting down.
        copy = pa.BufferOutputStream()
        copy.write(data)
        with pa.BufferReader(copy.getvalue()) as own:
            table = pa_csv.read_csv(
                own,
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    column_names=header,
                    skip_rows=1,
                    encoding="utf8",
                    # Arrow fills a whole block: for a small file it would mostly be empty.
                    block_size=min(len(data), _BLOCK),
                ),
                parse_options=pa_csv.ParseOptions(invalid_row_handler=keep_note),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
                ),
            )
    except (pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        if len(ragged) < _MAX_RAGGED:
            return None, [unreadable(shown_as, "a CSV file in UTF-8", str(error))]
        table = None
    problems = []
    if ragged:
        where = f"{shown_as}, line {first_few(row.number for row in ragged)}"
        expected = f"{len(header)} cells in every row, as in the header"
        found = f"{ragged[0].actual_columns} in the first of these rows"
        step = "Use a point for decimals, a comma between cells, and quote text that holds commas."
        problems.append(Problem(where, expected, found, step))
    if table is not None:
        problems += row_count_problems(table.num_rows, max_rows, shown_as)
    return (None, problems) if problems else (table, [])


# Parquet, whose few bytes may unpack to more than a machine can hold


def _read_parquet(
    path: str, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read the allowed columns, types as stored; what the file says of itself is checked first."""
    try:
        if footer_bytes(Path(path)) > MAX_FOOTER_BYTES:
            reason = "its table of contents is too long"
            return None, [unreadable(shown_as, "a parquet file", reason)]
        # Opened here: Arrow knows no path that is not UTF-8.
        with Path(path).open("rb") as data, opened(data) as file:
            schema = file.schema_arrow
            problems = header_problems(schema.names, shown_as)
            problems += row_count_problems(file.metadata.num_rows, max_rows, shown_as)
            for field in list(schema)[:MAX_COLUMNS]:
                if not _is_plain(field.type):
                    where = f"{shown_as}, column `{field.name}`"
                    found = f"values of type {field.type}"
                    problems.append(Problem(where, "plain numbers or text", found, _ONE_CELL))
            problems = problems or _size_problems(stated_bytes(file), shown_as)
        if problems:
            return None, problems
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    names = [name for name in schema.names if name in allowed]
    table, problems = read_columns(Path(path), names, shown_as=shown_as)
    if table is not None:
        problems = row_count_problems(table.num_rows, max_rows, shown_as)
    if problems or table is None:
        return None, problems
    for name in schema.names:
        if name not in allowed:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table, []


read_parquet = ReaderProcess(_read_parquet)


def opened(data: BinaryIO, **options: Any) -> pq.ParquetFile:
    """A parquet file whose table of contents may not claim to be long."""
    return pq.ParquetFile(data, thrift_container_size_limit=_MAX_LIST, **options)


def footer_bytes(path: Path) -> int:
    """Length of a parquet file's table of contents, as the last bytes of the file state it."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 8, 0))
        return int.from_bytes(stream.read(4), "little")


def stated_bytes(file: pq.ParquetFile) -> int:
    """Bytes that a file says it unpacks to; one that lies meets the limits of its reader."""
    groups = range(file.metadata.num_row_groups)
    return sum(file.metadata.row_group(place).total_byte_size for place in groups)


def read_columns(
    path: Path, names: Sequence[str], *, shown_as: str
) -> tuple[pa.Table | None, list[Problem]]:
    """Whole columns of a parquet file whose table of contents was checked, each in one piece.

    Raises:
        MemoryError: They need more than this process may have.
    """
    try:
        with path.open("rb") as data, opened(data) as file:
            texts = [field.name for field in file.schema_arrow if is_text(field.type)]
        # Read so, every different text is stored once: a long one repeated fills no memory.
        with path.open("rb") as data, opened(data, read_dictionary=texts) as file:
            table = file.read(columns=list(names), use_threads=False)
        if problems := text_problems(table, shown_as):
            return None, problems
        for place, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                column = table.column(place).cast(field.type.value_type)
                table = table.set_column(place, field.name, column)
        table.validate(full=True)
    except MemoryError:
        raise
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    return table.combine_chunks(), []


def is_text(kind: pa.DataType) -> bool:
    """Whether cells are texts (of a categorical column too)."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """Whether cells are single numbers or texts (a categorical text is one)."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return bool(is_number or is_text(kind) or pa.types.is_null(kind))


def _size_problems(size: int, shown_as: str) -> list[Problem]:
    if size <= MAX_UNPACKED_BYTES:
        return []
    expected = f"at most {MAX_UNPACKED_BYTES // 1_000_000} MB when unpacked"
    return [Problem(shown_as, expected, f"{size // 1_000_000} MB", _SMALLER)]


def text_problems(table: pa.Table, shown_as: str) -> list[Problem]:
    """Texts that are too long, alone or together; columns of them are read as dictionaries."""
    problems, size = [], 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not is_text(column.type):
            continue
        is_coded = pa.types.is_dictionary(column.type)
        longest = 0
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary if is_coded else chunk)
            longest = max(longest, pc.max(lengths).as_py() or 0)
            lengths = pc.take(lengths, chunk.indices) if is_coded else lengths
            size += pc.sum(lengths).as_py() or 0
        if longest > MAX_CELL_BYTES:
            where = f"{shown_as}, column `{name}`"
            expected = f"at most {MAX_CELL_BYTES} bytes in a cell"
            problems.append(Problem(where, expected, f"{longest} bytes", _ONE_CELL))
    return problems or _size_problems(size, shown_as)
