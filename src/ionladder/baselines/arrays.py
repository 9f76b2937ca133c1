"""Baselines that predict arrays: run, written and checked again like those that predict numbers.

The ``model.py`` of such a baseline has ``write_predictions(inputs, path)`` instead of
``fit_predict``: arrays of a whole test set need not fit into memory.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ionladder.baselines.card import card_fields
from ionladder.baselines.registry import get_baseline
from ionladder.baselines.runner import plan_problems
from ionladder.baselines.threads import single_thread
from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.data.store import ArrayInputs, load_array_inputs
from ionladder.errors import BaselineError, DataChangedError, Problem
from ionladder.repo import Layout, read_parquet, replacing, write_text
from ionladder.specs import Baseline
from ionladder.submit.card import CARD_FILE, Card, read_card
from ionladder.submit.predictions import to_yaml

if TYPE_CHECKING:
    import pyarrow as pa

PREDICTIONS_FILE = "predictions.parquet"


class WritePredictions(Protocol):
    """What ``model.py`` of a baseline for arrays exposes as ``write_predictions``."""

    def __call__(self, inputs: ArrayInputs, path: Path) -> None:
        """Learn from the training rows and write predictions of every held-out entry.

        A pure function: the same inputs give the same bytes with the locked libraries.
        """


@dataclass(frozen=True, kw_only=True)
class ArrayRun:
    """What a run wrote.

    Attributes:
        folder: The submission.
        n_entries: Held-out entries it predicts.
        is_unchanged: Whether the same predictions were there before.
    """

    folder: Path
    n_entries: int
    is_unchanged: bool


def predicts_arrays(task: str) -> bool:
    """Whether baselines of a task are run here instead of by the runner of numbers."""
    return get_task(task).predicts != "values"


def run_arrays(layout: Layout, params: Params, name: str, task: str) -> ArrayRun:
    """Run a baseline and write ``submissions/<task>/<name>/``.

    Where the predictions are those already there, the training time stays as recorded.

    Raises:
        BaselineError: No such baseline, or not made for this task.
        ConfigError: No such task.
        DataMissingError: The tables of the dataset version are not here.
    """
    baseline, inputs = _prepare(layout, params, name, task)
    folder = layout.submission_dir(task, baseline.name)
    target = folder / PREDICTIONS_FILE
    with replacing(target) as fresh:
        spent = _write(baseline, inputs, fresh)
        is_unchanged = target.is_file() and difference(target, fresh) == 0
    recorded = _recorded_time(folder) if is_unchanged else None
    card = card_fields(
        baseline, seeds=(0,), training_time_s=recorded or max(float(f"{spent:.2g}"), 0.01)
    )
    Card.model_validate(card)
    write_text(folder / CARD_FILE, to_yaml(card))
    return ArrayRun(folder=folder, n_entries=len(inputs.test_ids), is_unchanged=is_unchanged)


def check_arrays(layout: Layout, params: Params, name: str, task: str) -> float:
    """Run a baseline again and compare with what is committed; nothing is written.

    Returns:
        The largest difference of any number.

    Raises:
        BaselineError: Nothing is committed, or it differs by more than the baseline's tolerance.
    """
    baseline, inputs = _prepare(layout, params, name, task)
    target = layout.submission_dir(task, baseline.name) / PREDICTIONS_FILE
    shown = layout.relative(target)
    if not target.is_file():
        raise BaselineError(_problem(shown, "the committed predictions", "no such file"))
    with replacing(target.with_name(".rerun.parquet")) as fresh:
        _write(baseline, inputs, fresh)
        found = difference(target, fresh)
    target.with_name(".rerun.parquet").unlink(missing_ok=True)
    if not found <= baseline.tolerance:
        expected = f"the predictions of a rerun within {baseline.tolerance:g}"
        raise BaselineError(_problem(shown, expected, f"differences up to {found:.3g}"))
    return found


def difference(one: Path, other: Path) -> float:
    """Largest absolute difference of two parquet files; infinite where rows or texts differ."""
    try:
        first, second = read_parquet(one), read_parquet(other)
    except DataChangedError:
        return float("inf")
    if first.schema != second.schema or first.num_rows != second.num_rows:
        return float("inf")
    return max((_column_difference(a, b) for a, b in zip(first, second, strict=True)), default=0.0)


def _column_difference(one: pa.ChunkedArray, other: pa.ChunkedArray) -> float:
    import numpy as np
    import pyarrow as pa

    if one.equals(other):
        return 0.0
    kind = one.type.value_type if pa.types.is_list(one.type) else one.type
    if not pa.types.is_floating(kind):
        return float("inf")
    flat = [a.combine_chunks() for a in (one, other)]
    if pa.types.is_list(one.type):
        flat = [a.flatten() for a in flat]
    values = [a.to_numpy(zero_copy_only=False).astype(np.float64) for a in flat]
    if values[0].shape != values[1].shape:
        return float("inf")
    gaps = np.abs(values[0] - values[1])
    return float("inf") if np.isnan(gaps).any() else float(gaps.max())


def _prepare(layout: Layout, params: Params, name: str, task: str) -> tuple[Baseline, ArrayInputs]:
    baseline, spec = get_baseline(name).for_task(task), get_task(task)
    problems = plan_problems(baseline, spec, None, params)
    if problems:
        raise BaselineError(problems)
    return baseline, load_array_inputs(layout, spec, params.task_versions[task])


def _write(baseline: Baseline, inputs: ArrayInputs, path: Path) -> float:
    """Write the predictions; CPU seconds spent."""
    module = importlib.import_module(f"ionladder.baselines.{baseline.package}.model")
    write: WritePredictions = module.write_predictions
    with single_thread():
        start = time.process_time()
        write(inputs, path)
        return time.process_time() - start


def _recorded_time(folder: Path) -> float | None:
    card, _ = read_card(folder / CARD_FILE, shown_as=CARD_FILE)
    return None if card is None else card.training_time_s


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(
        where=where,
        expected=expected,
        found=found,
        next_step="Install the versions of requirements.lock, or run `ionladder baseline` without "
        "--check to write the new predictions and review what changed.",
    )
