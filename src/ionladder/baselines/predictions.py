"""Predictions of one baseline: the test set seed by seed, the frozen folds repeat by repeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ionladder.baselines.registry import FitPredict
from ionladder.errors import BaselineError, Problem, first_few

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

Tick = Callable[[], None]


def withhold(inputs: TaskInputs, train_ids: Sequence[str]) -> TaskInputs:
    """The same inputs with the labels of ``train_ids`` and of nobody else."""
    return replace(inputs, train_labels=inputs.train_labels.loc[list(train_ids)])


def predict_test(
    model: FitPredict, inputs: TaskInputs, seeds: Sequence[int], *, tick: Tick = lambda: None
) -> pd.DataFrame:
    """Train on the whole training set with each seed and predict the test set.

    Args:
        model: The baseline's ``fit_predict``.
        inputs: Inputs and training labels of the task.
        seeds: Seeds in the order to run them.
        tick: Called after every training.

    Returns:
        Columns ``seed``, ``id`` and the targets.
    """
    tables = []
    for seed in seeds:
        predicted = _predict(model, inputs, inputs.train_ids, inputs.test_ids, seed=seed)
        tables.append(pd.DataFrame({"seed": seed, "id": inputs.test_ids, **predicted}))
        tick()
    return pd.concat(tables, ignore_index=True)


def predict_folds(
    model: FitPredict,
    inputs: TaskInputs,
    schemes: Sequence[str],
    repeats: Sequence[int],
    *,
    tick: Tick = lambda: None,
) -> pd.DataFrame:
    """Predict every held-out fold from the other folds; repeat ``r`` is trained with seed ``r``.

    Returns:
        Columns ``scheme``, ``repeat``, ``fold``, ``id`` and the targets.
    """
    folds = inputs.folds
    chosen = folds[folds["scheme"].isin(schemes) & folds["repeat"].isin(repeats)]
    tables = []
    for scheme, repeat in sorted(set(zip(chosen["scheme"], chosen["repeat"], strict=True))):
        part = chosen[(chosen["scheme"] == scheme) & (chosen["repeat"] == repeat)]
        for fold in sorted(part["fold"].unique()):
            held_out = sorted(part.loc[part["fold"] == fold, "id"])
            learnt = sorted(part.loc[part["fold"] != fold, "id"])
            predicted = _predict(model, inputs, learnt, held_out, seed=int(repeat))
            keys = {"scheme": str(scheme), "repeat": int(repeat), "fold": int(fold)}
            tables.append(pd.DataFrame({**keys, "id": held_out, **predicted}))
            tick()
    return pd.concat(tables, ignore_index=True)


def _predict(
    model: FitPredict,
    inputs: TaskInputs,
    train_ids: Sequence[str],
    predict_ids: Sequence[str],
    *,
    seed: int,
) -> dict[str, Array]:
    """Predictions by target, each of shape (n_predict,)."""
    given = np.asarray(
        model(withhold(inputs, train_ids), train_ids, predict_ids, seed=seed), dtype=float
    )
    table = given[:, None] if given.ndim == 1 else given
    problem = _problem(table, predict_ids, inputs.targets)
    if problem:
        expected, found = problem
        raise BaselineError(
            Problem(
                where=f"{getattr(model, '__module__', 'model')}, seed {seed}",
                expected=expected,
                found=found,
                next_step="Mend the model; predictions are never filled in or clipped here.",
            )
        )
    return dict(zip(inputs.targets, table.T, strict=True))


def _problem(
    table: Array, predict_ids: Sequence[str], targets: Sequence[str]
) -> tuple[str, str] | None:
    """What was expected of predictions and what was found instead, or None."""
    shape = (len(predict_ids), len(targets))
    if table.shape != shape:
        return f"predictions of shape {shape}, one column a target", f"shape {table.shape}"
    bad = [predict_ids[int(row)] for row in np.flatnonzero(~np.isfinite(table).all(axis=1))]
    if bad:
        return "a finite prediction for every entry", f"none for {first_few(bad)}"
    return None
