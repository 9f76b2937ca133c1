"""What tables of every format have in common: a header, a number of rows, bytes that may be bad."""

from __future__ import annotations

from collections.abc import Sequence

from ionladder.core.problems import Problem, first_few

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
