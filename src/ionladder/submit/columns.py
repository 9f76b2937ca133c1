"""From contributed cells to ids, seeds and finite numbers, with every bad cell named."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ionladder.errors import MAX_LISTED, Problem, first_few
from ionladder.specs import Target

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_KEYS = ("id", "scheme", "repeat", "fold")
_USUAL_HEADERS: dict[str, tuple[str, ...]] = {
    "id": ("id", "ids", "entry_id", "material_id", "entry", "index", "name"),
    "prediction": ("prediction", "predictions", "predicted", "pred", "preds", "y_pred", "y_hat"),
}
# No barrier has a median of 50 eV: what moves at all does so below 20. In meV, 50 is small.
_LARGE_EV = 50.0
# A standard deviation of zero claims to know the answer, and has no likelihood when it is wrong.
_SMALLEST_STD, _LARGEST_STD = 1e-6, 1e6
_INTEGER_END = 2**31
_BLOCK = 4096
_HEADER_LINES = 2  # a data row of index 0 stands on line 2 of a CSV file


def column_problems(
    names: Sequence[str], *, required: Sequence[str], optional: Sequence[str], shown_as: str
) -> list[Problem]:
    """Missing and unknown columns, each with the nearest name as a hint."""
    problems = []
    where, known = f"{shown_as}, header", [*required, *optional]
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
        found = f"columns {first_few(names, limit=8)}"
        problems.append(Problem(where, f"a column `{name}`", found, hint))
    if unknown and not problems:
        hint = "Remove the extra columns; `notes` in submission.yaml takes remarks."
        expected = f"only the columns {', '.join(known)}"
        problems.append(Problem(where, expected, f"also {first_few(unknown)}", hint))
    return problems


def meant_column(name: str, unknown: Sequence[str], *, is_only_target: bool) -> str | None:
    """The header that was probably meant to be a column, or None.

    Args:
        name: The column that is missing.
        unknown: Headers that nothing else needs.
        is_only_target: Whether it is the one target of its task, which any usual word for
            predictions may then stand for.

    Example:
        >>> meant_column("log10_sigma", ["comment", "pred"], is_only_target=True)
        'pred'
        >>> meant_column("id", ["ID", "value"], is_only_target=False)
        'ID'
    """
    words = _USUAL_HEADERS.get("prediction" if is_only_target else name, ())
    usual = [header for header in unknown if header.strip().casefold() in words]
    close = difflib.get_close_matches(name, unknown, n=1, cutoff=0.4)
    if usual or close:
        return (usual or close)[0]
    return unknown[0] if len(unknown) == 1 else None


def text_column(table: pa.Table, name: str, *, shown_as: str) -> tuple[pa.Array, list[Problem]]:
    """A column of ids as text; ids stored as numbers or empty cells are problems."""
    column = table.column(name)
    if not _is_text(column.type):
        where, found = f"{shown_as}, column `{name}`", f"values of type {column.type}"
        step = "Store ids as text: '019' and '5e2' are not numbers."
        return pa.array([], type=pa.string()), [Problem(where, "text", found, step)]
    values = column.cast(pa.string()).combine_chunks()
    is_empty = pc.fill_null(pc.equal(pc.binary_length(values), 0), True)
    empty = np.flatnonzero(is_empty.to_numpy(zero_copy_only=False))
    if not len(empty):
        return values, []
    where, step = (
        f"{shown_as}, {_rows(empty)}, column `{name}`",
        "Fill in the id or remove the row.",
    )
    return values, [Problem(where, "an id", "an empty cell", step)]


def integer_column(table: pa.Table, name: str, *, shown_as: str) -> tuple[Places, list[Problem]]:
    """A column of whole numbers from 0 to 2³¹ − 1 (seeds, repeats, folds)."""
    column = table.column(name)
    values, _ = _parse(column)
    with np.errstate(invalid="ignore"):
        is_whole = np.isfinite(values) & (values >= 0) & (values < _INTEGER_END) & (values % 1 == 0)
    bad = np.flatnonzero(~is_whole)
    if not len(bad):
        return values.astype(np.int64), []
    found = first_few((repr(column[int(row)].as_py()) for row in bad[:MAX_LISTED]), total=len(bad))
    where = f"{shown_as}, {_rows(bad)}, column `{name}`"
    problem = Problem(where, "a whole number, 0 or larger", found, "Number them 0, 1, 2, …")
    return np.zeros(len(values), dtype=np.int64), [problem]


def number_column(
    table: pa.Table, name: str, target: Target, *, ids: pa.Array, shown_as: str
) -> tuple[Numbers, list[Problem]]:
    """A column of finite, plausible numbers; bad cells are named by row and id.

    Where all values tell that they are in another unit, that is said instead of the range.

    Args:
        table: The file.
        name: The column: the target's, or that of its standard deviations.
        target: The target.
        ids: Id of every row.
        shown_as: The file as messages name it.

    Returns:
        Values of shape (n_rows,), NaN in bad cells, and the problems.
    """
    column, is_std = table.column(name), name != target.name
    low, high = (_SMALLEST_STD, _LARGEST_STD) if is_std else target.plausible
    unit = target.error_unit if is_std else target.unit
    values, unparsed = _parse(column)
    where = f"{shown_as}, column `{name}`"
    guessed = None if is_std else unit_guess(values, target, where=where)
    # Of values with a gap, neither end is a number that could lie in the range.
    if guessed is None and not len(unparsed) and low <= values.min() and values.max() <= high:
        return values, []
    is_gap = ~np.isfinite(values)
    is_gap[unparsed] = False
    is_outside = np.isfinite(values) & ((values < low) | (values > high)) & (guessed is None)
    plain = "Write plain decimal numbers without unit, with a point (1.5e-3 is fine)."
    gaps = "Predict a number for every id: gaps are not scored around."
    between = f"a value between {low:g} and {high:g} {unit}"
    problems = [] if guessed is None else [guessed]
    for rows, expected, step in (
        (unparsed, f"a number in {unit}", plain),
        (np.flatnonzero(is_gap), "a finite number", gaps),
        (np.flatnonzero(is_outside), between, f"Check the unit: the task wants {unit}."),
    ):
        if len(rows):
            listed = [int(row) for row in rows[:MAX_LISTED]]
            texts = [f"{ids[row].as_py()}: {column[row].as_py()!r}" for row in listed]
            cells = first_few(texts, total=len(rows))
            found = f"{len(rows)} other value{'s' if len(rows) > 1 else ''} ({cells})"
            where = f"{shown_as}, {_rows(rows)}, column `{name}`"
            problems.append(Problem(where, expected, found, step))
    return values, problems


def unit_guess(values: Numbers, target: Target, *, where: str) -> Problem | None:
    """A unit that the values betray, or None.

    Args:
        values: Predictions of one target, shape (n,); NaN where a cell is no number.
        target: The target. A log10 whose physical range ends at zero cannot have all its values
            above zero; an energy in eV cannot be large throughout.
        where: File and column, for the message.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> sigma = np.array([1e-4, 3e-7])
        >>> print(unit_guess(sigma, get_task("obelix").targets[0], where="predictions.csv"))
        predictions.csv: expected log10_sigma in log10(S/cm); found values that look like σ in S/cm,
        3e-07 to 0.0001. Take log10 of every value.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return None
    span = f"{known.min():.3g} to {known.max():.3g}"
    log = re.fullmatch(r"log10\((.+)\)", target.unit)
    is_negative = target.physical is not None and target.physical[1] <= 0
    looks, step = "", ""
    if log and is_negative and known.min() > 0 and known.max() <= 1:
        looks, step = f"σ in {log[1]}", "Take log10 of every value."
    elif target.unit == "eV" and known.max() > _LARGE_EV and float(np.median(known)) > _LARGE_EV:
        looks, step = "meV", "Divide every value by 1000."
    if not looks:
        return None
    expected = f"{target.name} in {target.unit}"
    return Problem(where, expected, f"values that look like {looks}, {span}", step)


def _parse(column: pa.ChunkedArray) -> tuple[Numbers, Places]:
    """Numbers of a column, and the rows whose cell is not a number at all."""
    none = np.array([], dtype=np.int64)
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), none
    if not _is_text(kind):
        return np.full(len(column), np.nan), np.arange(len(column))
    texts = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(texts, pa.float64()).to_numpy(), none
    except pa.ArrowInvalid:
        pass
    values, bad = np.full(len(texts), np.nan), []
    # Cell by cell only where a block holds a cell that is not a number.
    for start in range(0, len(texts), _BLOCK):
        block = texts.slice(start, _BLOCK)
        try:
            values[start : start + len(block)] = pc.cast(block, pa.float64()).to_numpy()
        except pa.ArrowInvalid:
            for row, text in enumerate(block, start):
                try:  # by Arrow's rules, which know no underscores or other scripts
                    number = text.cast(pa.float64()).as_py()
                    values[row] = np.nan if number is None else number
                except pa.ArrowInvalid:
                    bad.append(row)
    return values, np.array(bad, dtype=np.int64)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _rows(rows: Places) -> str:
    listed = [int(row) + _HEADER_LINES for row in rows[:MAX_LISTED]]
    return "row " + first_few(listed, total=len(rows))
