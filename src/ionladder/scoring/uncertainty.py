"""The quality of predicted standard deviations, for submissions that give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ionladder.scoring.receipt import rounded
from ionladder.specs.task import Target, Task
from ionladder.statistics.calibration import CURVE_LEVELS, SCORES, calibrate


def uncertainty(
    labels: pd.DataFrame, predictions: pd.DataFrame, task: Task
) -> dict[str, dict[str, Any]] | None:
    """The key ``uncertainty`` of a receipt.

    Args:
        labels: One row per test entry: ``id``, the targets and their limit columns, in any order.
        predictions: Checked predictions: ``id``, ``seed``, the targets, and ``<target>_std`` where
            given, in any order.
        task: Names the targets.

    Returns:
        None where no target has standard deviations. Else target → ``n`` (entries judged),
        ``n_censored`` and ``n_missing`` (entries left out: only a limit or no label is known, so
        no error is), the five scores, and ``observed``, the calibration curve: the share of labels
        inside the central interval of each level of ``CURVE_LEVELS``. Scores are null where no
        entry can be judged.
    """
    judged = [target for target in task.targets if f"{target.name}_std" in predictions.columns]
    if not judged:
        return None
    truth = labels.sort_values("id", kind="stable", ignore_index=True)
    rows = predictions.sort_values(["seed", "id"], kind="stable", ignore_index=True)
    return {target.name: _of_target(truth, rows, target) for target in judged}


def _of_target(truth: pd.DataFrame, rows: pd.DataFrame, target: Target) -> dict[str, Any]:
    y_true = truth[target.name].to_numpy(dtype=np.float64, na_value=np.nan)
    has_limit = (
        truth[target.limit_column].notna().to_numpy(dtype=bool)
        if target.limit_column
        else np.zeros(len(truth), dtype=bool)
    )
    is_missing = np.isnan(y_true) & ~has_limit
    kept = ~has_limit & ~is_missing
    shape = (-1, len(truth))
    y_pred, y_std = (
        rows[name].to_numpy(dtype=np.float64).reshape(shape)[:, kept]
        for name in (target.name, f"{target.name}_std")
    )
    counts = {
        "n": int(kept.sum()),
        "n_censored": int(has_limit.sum()),
        "n_missing": int(is_missing.sum()),
    }
    if not kept.any():
        nothing = [None] * len(CURVE_LEVELS)
        return {**counts, **dict.fromkeys(SCORES), "observed": nothing}
    found = calibrate(y_true[kept], y_pred, y_std)
    scores = {name: rounded(getattr(found, name)) for name in SCORES}
    return {**counts, **scores, "observed": [rounded(share) for share in found.observed]}
