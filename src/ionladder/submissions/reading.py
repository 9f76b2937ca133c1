"""Reading a contributor's CSV or parquet into text or numbers, before anything is believed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from ionladder.core.problems import Problem, first_few
from ionladder.submissions.parquet import read_parquet
from ionladder.submissions.shapes import header_problems, row_count_problems, unreadable

MAX_FILE_BYTES = 50_000_000
_MAX_HEADER = 64 * 1024
_MAX_RAGGED = 100
_PIECE = 1 << 20
_LARGEST_BLOCK = 1 << 20
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
    return read_parquet(path, shown_as, allowed, max_rows)


def _read_csv(path: Path, shown_as: str, max_rows: int) -> tuple[pa.Table | None, list[Problem]]:
    try:
        _require_utf8(path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader([stream.readline(_MAX_HEADER)]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        return None, [unreadable(shown_as, "a CSV file in UTF-8", str(error))]
    found_problems = header_problems(header, shown_as)
    if found_problems:
        return None, found_problems
    ragged: list[pa_csv.InvalidRow] = []

    def keep_note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip" if len(ragged) < _MAX_RAGGED else "error"

    try:
        # In memory of Arrow's own: its reading thread may outlive this call, and must not have to
        # wait for an interpreter that is shutting down.
        copy = pa.BufferOutputStream()
        copy.write(path.read_bytes())
        with pa.BufferReader(copy.getvalue()) as data:
            table = pa_csv.read_csv(
                data,
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    column_names=header,
                    skip_rows=1,
                    encoding="utf8",
                    # Arrow fills a whole block: for a small file it would mostly be empty.
                    block_size=min(path.stat().st_size, _LARGEST_BLOCK),
                ),
                parse_options=pa_csv.ParseOptions(invalid_row_handler=keep_note),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
                ),
            )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        if len(ragged) >= _MAX_RAGGED:
            return None, [_ragged_problem(ragged, header, shown_as)]
        return None, [unreadable(shown_as, "a CSV file in UTF-8", str(error))]
    problems = [_ragged_problem(ragged, header, shown_as)] if ragged else []
    problems += row_count_problems(table.num_rows, max_rows, shown_as)
    return (None, problems) if problems else (table, [])


def _require_utf8(path: Path) -> None:
    """Raise UnicodeDecodeError here: Arrow, on its way to a ragged row, would only print one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            decoder.decode(piece)
    decoder.decode(b"", final=True)


def _ragged_problem(
    ragged: Sequence[pa_csv.InvalidRow], header: Sequence[str], shown_as: str
) -> Problem:
    """Rows of another length than the header; reading ends at the hundredth of them."""
    lines = first_few(row.number for row in ragged)
    return Problem(
        where=f"{shown_as}, line {lines}",
        expected=f"{len(header)} cells in every row, as in the header",
        found=f"{ragged[0].actual_columns} in the first of these rows",
        next_step="Use a point for decimals, a comma between cells, and quote text "
        "that holds commas.",
    )
