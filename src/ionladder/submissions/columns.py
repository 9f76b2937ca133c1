"""From contributed cells to ids, seeds and finite numbers, with every bad cell named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ionladder.core.problems import MAX_LISTED, Problem, first_few
from ionladder.submissions.guesses import meant_column

_INTEGER_END = 2**31
_NO_TEXTS = pa.array([], type=pa.string())
_BLOCK = 4096
_KEYS = ("id", "scheme", "repeat", "fold")
_HEADER_LINES = 2  # a data row of index 0 stands on line 2 of a CSV file


def column_problems(
    names: Sequence[str], *, required: Sequence[str], optional: Sequence[str], shown_as: str
) -> list[Problem]:
    """Missing and unknown columns, each with the nearest name as a hint."""
    problems = []
    known = [*required, *optional]
    unknown = [name for name in names if name not in known]
    free, targets = list(unknown), [name for name in required if name not in _KEYS]
    for name in required:
        if name in names:
            continue
        is_only_target = name == required[-1] and len(targets) == 1
        meant = meant_column(name, free, is_only_target=is_only_target)
        hint = f"Add the column `{name}`."
        if meant is not None:
            free.remove(meant)
            hint = f"Column `{meant}`: did you mean `{name}`? Rename `{meant}` to `{name}`."
        problems.append(
            Problem(
                where=f"{shown_as}, header",
                expected=f"a column `{name}`",
                found=f"columns {first_few(names, limit=8)}",
                next_step=hint,
            )
        )
    if unknown and not problems:
        problems.append(
            Problem(
                where=f"{shown_as}, header",
                expected=f"only the columns {', '.join(known)}",
                found=f"also {first_few(unknown)}",
                next_step="Remove the extra columns; `notes` in submission.yaml takes remarks.",
            )
        )
    return problems


def text_column(table: pa.Table, name: str, *, shown_as: str) -> tuple[pa.Array, list[Problem]]:
    """A column of ids as text; ids stored as numbers or empty cells are problems."""
    column = table.column(name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _NO_TEXTS, [
            Problem(
                where=f"{shown_as}, column `{name}`",
                expected="text",
                found=f"values of type {column.type}",
                next_step="Store ids as text: '019' and '5e2' are not numbers.",
            )
        ]
    if pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    values = column.combine_chunks()
    lengths = pc.binary_length(values)
    if not lengths.null_count and (pc.min(lengths).as_py() or 0) > 0:
        return values, []
    is_empty = pc.fill_null(pc.equal(lengths, 0), True)
    empty = np.flatnonzero(is_empty.to_numpy(zero_copy_only=False))
    return values, [
        Problem(
            where=f"{shown_as}, {_rows(empty)}, column `{name}`",
            expected="an id",
            found="an empty cell",
            next_step="Fill in the id or remove the row.",
        )
    ]


def number_column(
    table: pa.Table,
    name: str,
    *,
    shown_as: str,
    ids: pa.Array,
    low: float,
    high: float,
    unit: str,
    guess: Callable[[npt.NDArray[np.float64]], Problem | None] | None = None,
) -> tuple[npt.NDArray[np.float64], list[Problem]]:
    """A column of finite numbers within ``[low, high]``; bad cells are named by row and id.

    Where ``guess`` knows from all values what is wrong, it speaks instead of the range.

    Returns:
        Values of shape (n_rows,), NaN in bad cells, and the problems.
    """
    column = table.column(name)
    values, unparsed = _parse(column)
    guessed = guess(values) if guess else None
    # Of values with a gap, neither end is a number that could lie in the range.
    if guessed is None and not len(unparsed) and low <= values.min() and values.max() <= high:
        return values, []
    is_gap = ~np.isfinite(values)
    is_gap[unparsed] = False
    problems = [] if guessed is None else [guessed]
    is_outside = np.isfinite(values) & ((values < low) | (values > high))
    for rows, expected, next_step in (
        (
            unparsed,
            f"a number in {unit}",
            "Write plain decimal numbers without unit, with a point (1.5e-3 is fine).",
        ),
        (
            np.flatnonzero(is_gap),
            "a finite number",
            "Predict a number for every id: gaps are not scored around.",
        ),
        (
            np.flatnonzero(is_outside & (guessed is None)),
            f"a value between {low:g} and {high:g} {unit}",
            f"Check the unit: the task wants {unit}.",
        ),
    ):
        if len(rows) == 0:
            continue
        listed = [int(row) for row in rows[:MAX_LISTED]]
        cells = first_few(
            (f"{ids[row].as_py()}: {column[row].as_py()!r}" for row in listed), total=len(rows)
        )
        problems.append(
            Problem(
                where=f"{shown_as}, {_rows(rows)}, column `{name}`",
                expected=expected,
                found=f"{len(rows)} other value{'s' if len(rows) > 1 else ''} ({cells})",
                next_step=next_step,
            )
        )
    return values, problems


def integer_column(
    table: pa.Table, name: str, *, shown_as: str
) -> tuple[npt.NDArray[np.int64], list[Problem]]:
    """A column of whole numbers from 0 to 2³¹ − 1 (seeds, repeats, folds)."""
    values, _ = _parse(table.column(name))
    with np.errstate(invalid="ignore"):
        is_whole = np.isfinite(values) & (values >= 0) & (values < _INTEGER_END) & (values % 1 == 0)
    bad = np.flatnonzero(~is_whole)
    if len(bad) == 0:
        return values.astype(np.int64), []
    listed = [int(row) for row in bad[:MAX_LISTED]]
    shown = first_few((repr(table.column(name)[row].as_py()) for row in listed), total=len(bad))
    return np.zeros(len(values), dtype=np.int64), [
        Problem(
            where=f"{shown_as}, {_rows(bad)}, column `{name}`",
            expected="a whole number, 0 or larger",
            found=shown,
            next_step="Number them 0, 1, 2, …",
        )
    ]


def _parse(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Numbers of a column, and the rows whose cell is not a number at all."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        numbers = column.cast(pa.float64(), safe=False) if _is_number(column.type) else None
        if numbers is None:
            return np.full(len(column), np.nan), np.arange(len(column))
        return numbers.to_numpy(zero_copy_only=False), np.array([], dtype=np.int64)
    trimmed = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(trimmed, pa.float64()).to_numpy(), np.array([], dtype=np.int64)
    except pa.ArrowInvalid:
        return _parse_in_blocks(trimmed)


def _parse_in_blocks(
    texts: pa.ChunkedArray,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """As :func:`_parse`, cell by cell only where a block holds a cell that is not a number."""
    values = np.full(len(texts), np.nan)
    bad: list[int] = []
    for start in range(0, len(texts), _BLOCK):
        block = texts.slice(start, _BLOCK)
        try:
            values[start : start + len(block)] = pc.cast(block, pa.float64()).to_numpy()
            continue
        except pa.ArrowInvalid:
            parsed = [_number(text) for text in block.to_pylist()]
        bad += [start + row for row, value in enumerate(parsed) if value is None]
        values[start : start + len(block)] = [np.nan if v is None else v for v in parsed]
    return values, np.array(bad, dtype=np.int64)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _number(text: str | None) -> float | None:
    """One cell as a number by Arrow's rules, which know no underscores or other scripts."""
    if text is None:
        return float("nan")
    try:
        value = pa.scalar(text).cast(pa.float64()).as_py()
    except pa.ArrowInvalid:
        return None
    return float(value)


def _rows(rows: npt.NDArray[np.int64]) -> str:
    listed = [int(row) + _HEADER_LINES for row in rows[:MAX_LISTED]]
    return "row " + first_few(listed, total=len(rows))
