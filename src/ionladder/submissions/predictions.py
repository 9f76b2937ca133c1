"""Predictions of one submission: read, checked for exact coverage, sorted by seed and id."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.core.hashing import sha256_file
from ionladder.core.problems import Problem
from ionladder.specs.task import Task
from ionladder.submissions.columns import (
    column_problems,
    integer_column,
    number_column,
    text_column,
)
from ionladder.submissions.coverage import coverage_problems
from ionladder.submissions.frozen_folds import FrozenFolds
from ionladder.submissions.guesses import unit_guess
from ionladder.submissions.known_ids import KnownIds, Places
from ionladder.submissions.reading import find_table, read_table
from ionladder.submissions.table import PredictionTable

if TYPE_CHECKING:
    import pyarrow as pa

PREDICTIONS_STEM = "predictions"
CV_STEM = "cv_predictions"
MAX_SEEDS = 100
# A standard deviation of zero claims to know the answer, and has no likelihood when it is wrong.
_SMALLEST_STD, _LARGEST_STD = 1e-6, 1e6


def read_predictions(
    folder: Path,
    task: Task,
    *,
    test_ids: Collection[str],
    train_ids: Collection[str],
    shown_as: str,
) -> tuple[PredictionTable | None, list[Problem]]:
    """Read ``predictions.csv`` or ``.parquet`` and check it against the task.

    Columns of the result: ``id``, ``seed`` (0 where the file has none), one float64 column per
    target, and ``<target>_std`` where given.

    Returns:
        The table and no problems, or None and all the problems found.
    """
    targets = [target.name for target in task.targets]
    optional = [*(f"{name}_std" for name in targets), "seed"]
    table, path, problems = _open(
        folder,
        PREDICTIONS_STEM,
        required=["id", *targets],
        optional=optional,
        max_rows=max(len(test_ids), 1) * MAX_SEEDS,
        shown_as=shown_as,
    )
    if path is None and not problems:
        problems = [
            Problem(
                where=shown_as,
                expected=f"{PREDICTIONS_STEM}.csv or {PREDICTIONS_STEM}.parquet",
                found="neither",
                next_step=f"`ionladder new {task.name} NAME` writes a template with all ids.",
            )
        ]
    if table is None or path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    ids, problems = text_column(table, "id", shown_as=file)
    if problems:
        return None, problems
    seeds, problems = _seeds(table, file)
    columns: dict[str, Any] = {"seed": seeds}
    for column, values, found in _target_columns(table, task, ids, file):
        columns[column] = values
        problems += found
    different, turns = _turns(seeds)
    if len(different) > MAX_SEEDS:
        problems.append(_too_many_seeds(len(different), file))
    known = KnownIds.of(test_ids)
    order = known.exact_order(ids, turns, len(different))
    if order is None:
        is_only = "seed" not in table.column_names
        for turn, seed in enumerate(different[:MAX_SEEDS]):
            problems += coverage_problems(
                ids.filter(turns == turn).to_pylist(),
                expected=known,
                where=file if is_only else f"{file}, seed {seed}",
                elsewhere={"training": train_ids},
            )
    if problems or order is None:
        return None, problems
    columns = {"id": known.in_turns(len(different)), **_ordered(columns, order)}
    return PredictionTable(path=path, sha256=sha256_file(path), columns=columns), []


def read_cv_predictions(
    folder: Path,
    task: Task,
    *,
    folds: FrozenFolds,
    shown_as: str,
) -> tuple[PredictionTable | None, list[Problem]]:
    """Read optional ``cv_predictions`` and check them against the frozen folds.

    Args:
        folder: The submission.
        task: Its task.
        folds: The frozen folds.
        shown_as: Path of the folder for messages.

    Returns:
        The table (columns ``scheme, repeat, fold, id`` and the targets), or None when the
        submission has no such file; and the problems found.
    """
    targets = [target.name for target in task.targets]
    table, path, problems = _open(
        folder,
        CV_STEM,
        required=["scheme", "repeat", "fold", "id", *targets],
        optional=[],
        max_rows=max(folds.n_rows, 1),
        shown_as=shown_as,
    )
    if table is None or path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    schemes, problems = text_column(table, "scheme", shown_as=file)
    ids, found = text_column(table, "id", shown_as=file)
    problems += found
    if problems:
        return None, problems
    columns: dict[str, Any] = {"scheme": schemes, "id": ids}
    for name in ("repeat", "fold"):
        columns[name], found = integer_column(table, name, shown_as=file)
        problems += found
    for column, values, found in _target_columns(table, task, ids, file):
        columns[column] = values
        problems += found
    if problems:
        return None, problems
    order = folds.exact_order(columns)
    if order is None:
        return None, folds.problems(columns, file)
    columns = _ordered(columns, order)
    return PredictionTable(path=path, sha256=sha256_file(path), columns=columns), []


def _open(
    folder: Path,
    stem: str,
    *,
    required: list[str],
    optional: list[str],
    max_rows: int,
    shown_as: str,
) -> tuple[pa.Table | None, Path | None, list[Problem]]:
    path, problems = find_table(folder, stem, shown_as=shown_as)
    if path is None:
        return None, None, problems
    file = f"{shown_as}/{path.name}"
    table, problems = read_table(
        path, shown_as=file, allowed=[*required, *optional], max_rows=max_rows
    )
    if table is not None:
        problems = column_problems(
            table.column_names, required=required, optional=optional, shown_as=file
        )
    return (None, path, problems) if problems else (table, path, [])


def _seeds(table: pa.Table, file: str) -> tuple[np.ndarray, list[Problem]]:
    if "seed" not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.int64), []
    return integer_column(table, "seed", shown_as=file)


def _turns(seeds: Places) -> tuple[Places, Places]:
    """The different seeds, ascending, and which of them every row is of."""
    if not seeds.any():
        return seeds[:1], seeds
    different, turns = np.unique(seeds, return_inverse=True)
    return different, turns


def _too_many_seeds(found: int, file: str) -> Problem:
    return Problem(
        where=f"{file}, column `seed`",
        expected=f"at most {MAX_SEEDS} seeds",
        found=str(found),
        next_step="Number the seeds 0, 1, 2, …, the same number for all rows of one training.",
    )


def _target_columns(
    table: pa.Table, task: Task, ids: pa.Array, file: str
) -> list[tuple[str, np.ndarray, list[Problem]]]:
    found = []
    for target in task.targets:
        low, high = target.plausible
        ranges = {target.name: (low, high), f"{target.name}_std": (_SMALLEST_STD, _LARGEST_STD)}
        for column, (smallest, largest) in ranges.items():
            if column not in table.column_names:
                continue
            is_target = column == target.name
            values, problems = number_column(
                table,
                column,
                shown_as=file,
                ids=ids,
                low=smallest,
                high=largest,
                unit=target.unit if is_target else target.error_unit,
                guess=partial(unit_guess, target=target, where=f"{file}, column `{column}`")
                if is_target
                else None,
            )
            found.append((column, values, problems))
    return found


def _ordered(columns: dict[str, Any], order: Places) -> dict[str, Any]:
    """Columns with their rows in an order, in which most files have them already."""
    if np.array_equal(order, np.arange(len(order))):
        return columns
    return {name: values.take(order) for name, values in columns.items()}
