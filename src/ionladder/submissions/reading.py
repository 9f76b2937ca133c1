"""Reading a contributor's CSV or parquet into text or numbers, before anything is believed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ionladder.core.problems import Problem, first_few

MAX_FILE_BYTES = 50_000_000
MAX_COLUMNS = 50
_SUFFIXES = (".csv", ".parquet")


def find_table(folder: Path, stem: str, *, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """Find ``<stem>.csv`` or ``<stem>.parquet`` in a folder: exactly one, a regular file.

    Returns:
        The path and no problems; None and no problems when there is no such file; or None and
        the problems found.
    """
    paths = [folder / f"{stem}{suffix}" for suffix in _SUFFIXES]
    present = [path for path in paths if path.is_symlink() or path.exists()]
    if len(present) > 1:
        return None, [
            Problem(
                where=shown_as,
                expected=f"one of {stem}.csv and {stem}.parquet",
                found="both",
                next_step="Keep the one that holds the final predictions.",
            )
        ]
    if not present:
        return None, []
    path = present[0]
    if path.is_symlink() or not path.is_file():
        return None, [
            Problem(
                where=f"{shown_as}/{path.name}",
                expected="a regular file",
                found="a link or special file",
                next_step="Put the file itself here.",
            )
        ]
    return path, []


def read_table(
    path: Path, *, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read a CSV (every cell as text) or a parquet file (types as stored).

    Size, column names and row count are checked before the data are loaded, because a small
    compressed file can hold a very large table.

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
        return None, [
            Problem(
                where=shown_as,
                expected=f"a header line with {', '.join(allowed[:2])}, …",
                found="an empty file",
                next_step="Write one row per id; `ionladder new` makes a template with all ids.",
            )
        ]
    if size > MAX_FILE_BYTES:
        return None, [
            Problem(
                where=shown_as,
                expected=f"at most {MAX_FILE_BYTES // 1_000_000} MB",
                found=f"{size // 1_000_000} MB",
                next_step="Keep only the columns and rows that the task asks for.",
            )
        ]
    if path.suffix == ".csv":
        return _read_csv(path, shown_as, max_rows)
    return _read_parquet(path, shown_as, allowed, max_rows)


def _read_csv(path: Path, shown_as: str, max_rows: int) -> tuple[pa.Table | None, list[Problem]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader(stream), [])
    except (UnicodeDecodeError, csv.Error) as error:
        return None, [_unreadable(shown_as, "a CSV file in UTF-8", str(error))]
    header_problems = _header_problems(header, shown_as)
    if header_problems:
        return None, header_problems
    ragged: list[pa_csv.InvalidRow] = []

    def keep_note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    try:
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(
                use_threads=False, column_names=header, skip_rows=1, encoding="utf8"
            ),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=keep_note),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        return None, [_unreadable(shown_as, "a CSV file in UTF-8", str(error))]
    problems = []
    if ragged:
        lines = first_few(row.number for row in ragged)
        problems.append(
            Problem(
                where=f"{shown_as}, line {lines}",
                expected=f"{len(header)} cells in every row, as in the header",
                found=f"{ragged[0].actual_columns} in the first of these rows",
                next_step="Use a point for decimals, a comma between cells, and quote text "
                "that holds commas.",
            )
        )
    problems += _row_count_problems(table.num_rows, max_rows, shown_as)
    return (None, problems) if problems else (table, [])


def _read_parquet(
    path: Path, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    try:
        with pq.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            problems = _header_problems(names, shown_as)
            problems += _row_count_problems(file.metadata.num_rows, max_rows, shown_as)
            problems += [
                Problem(
                    where=f"{shown_as}, column `{field.name}`",
                    expected="plain numbers or text",
                    found=f"values of type {field.type}",
                    next_step="Store one number or id per cell.",
                )
                for field in file.schema_arrow
                if pa.types.is_nested(field.type)
            ]
            if problems:
                return None, problems
            table = file.read(columns=[name for name in names if name in allowed])
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        return None, [_unreadable(shown_as, "a parquet file", str(error))]
    unknown = {name: pa.nulls(table.num_rows) for name in names if name not in allowed}
    for name, column in unknown.items():
        table = table.append_column(name, column)
    return table, []


def _header_problems(header: Sequence[str], shown_as: str) -> list[Problem]:
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


def _row_count_problems(n_rows: int, max_rows: int, shown_as: str) -> list[Problem]:
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


def _unreadable(shown_as: str, expected: str, error: str) -> Problem:
    first_line = (error.splitlines() or ["no detail"])[0][:160]
    return Problem(
        where=shown_as,
        expected=expected,
        found=f"something else ({first_line})",
        next_step="Export the file again as plain CSV in UTF-8, or as parquet.",
    )
