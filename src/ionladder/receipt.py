"""The receipt of a score: every number with its interval, and the hashes it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.metrics import get_metric
from ionladder.repo import sha256_file
from ionladder.stats.calibration import CURVE_LEVELS, SCORES, calibrate
from ionladder.submit.card import CARD_FILE

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.config import ScoringSettings
    from ionladder.evaluation import Evaluation, Score, Slices
    from ionladder.specs import MetricUse, Target, Task
    from ionladder.submit.validate import Submission

#: Version of the scoring rules: raised whenever a published number may change by code.
SCORER_VERSION = "3"

#: A part of fewer entries is counted, but has no interval, and its value stands in no file.
MIN_ROWS = 8
#: An interval of an error that spans more than this factor says nothing.
WIDEST = 30.0

DECIMALS = 6
INTERVAL_METHOD = "jackknife over groups, Student t"


def rounded(value: float) -> float | None:
    """A number as receipts and leaderboards print it: six decimals, null where undefined.

    Example:
        >>> rounded(0.40775291), rounded(float("nan")), rounded(-0.0)
        (0.407753, None, 0.0)
    """
    return round(float(value), DECIMALS) + 0.0 if math.isfinite(value) else None


def is_undetermined(low: float | None, high: float | None) -> bool:
    """Whether the interval of an error is so wide that pages do not print it.

    Example:
        >>> is_undetermined(0.1, 2.9), is_undetermined(0.0, 6.8e7), is_undetermined(None, None)
        (False, True, False)
    """
    return low is not None and high is not None and high > WIDEST * low


def build_receipt(
    submission: Submission,
    evaluation: Evaluation,
    cross_validation: Mapping[str, Any],
    *,
    task: Task,
    dataset_version: str,
    label_hashes: Mapping[str, str | None],
    slices: Slices | None,
    wider: Mapping[str, Any] | None,
    uncertainty: Mapping[str, Any] | None,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """Assemble the receipt of one submission, ready to be written as JSON.

    Args:
        submission: What was scored.
        evaluation: Its scores.
        cross_validation: From :func:`ionladder.score.score_folds`.
        task: The task.
        dataset_version: The version it is scored on.
        label_hashes: ``labels_sha256``, ``split_sha256`` and ``slices_sha256``.
        slices: Scores of the parts of every slice; None where the task has none.
        wider: From :func:`ionladder.score.wider_interval`.
        uncertainty: From :func:`calibration_json`.
        settings: Confidence of the intervals.
    """
    cv, remarks = submission.cv_predictions, submission.predictions.remarks
    return {
        "task": task.name,
        "submission": submission.name,
        "model": submission.card.model,
        "dataset": task.dataset,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "hashes": {
            "card_sha256": sha256_file(submission.folder / CARD_FILE),
            "predictions_sha256": submission.predictions.sha256,
            "cv_predictions_sha256": cv.sha256 if cv else None,
            **label_hashes,
        },
        "n_expected": evaluation.n_expected,
        "n_scored": evaluation.n_scored,
        "n_seeds": len(evaluation.seeds),
        **({"remarks": list(remarks)} if remarks else {}),
        "intervals": {
            "method": INTERVAL_METHOD,
            "confidence": settings.confidence,
            "group_column": task.group_column,
        },
        "targets": {
            target: {
                subset: {
                    "n": scores.n,
                    "n_groups": scores.n_groups,
                    "df": rounded(scores.df),
                    "too_few": scores.n < MIN_ROWS,
                    "metrics": {
                        use.name: _score_json(scores.metrics[use.name], use) for use in task.metrics
                    },
                }
                for subset, scores in subsets.items()
            }
            for target, subsets in evaluation.targets.items()
        },
        "cross_validation": dict(cross_validation) or None,
        "slices": None if slices is None else slices_json(slices, task.primary_use),
        "wider": wider,
        "uncertainty": uncertainty,
    }


def _score_json(score: Score, use: MetricUse) -> dict[str, Any]:
    """A score; an interval of a share has no factor, and is never too wide."""
    is_wide = not get_metric(use.metric).is_share and is_undetermined(score.ci_low, score.ci_high)
    return {**{key: rounded(value) for key, value in vars(score).items()}, "undetermined": is_wide}


def slices_json(slices: Slices, use: MetricUse) -> dict[str, dict[str, dict[str, Any]]]:
    """What a receipt says of slices.

    Receipts are public, and predictions too: the error of one or two entries next to their
    predictions would reveal labels that no file here holds. Parts under eight entries therefore
    have their numbers of entries and groups only.
    """
    return {
        name: {
            value: {
                "n": score.n,
                "n_groups": score.n_groups,
                "too_few": score.n < MIN_ROWS,
                use.name: rounded(score.value) if score.n >= MIN_ROWS else None,
                "ci_low": rounded(score.ci_low),
                "ci_high": rounded(score.ci_high),
                "undetermined": not get_metric(use.metric).is_share
                and is_undetermined(score.ci_low, score.ci_high),
            }
            for value, score in parts.items()
        }
        for name, parts in slices.items()
    }


def calibration_json(
    labels: pd.DataFrame, predictions: pd.DataFrame, task: Task
) -> dict[str, dict[str, Any]] | None:
    """The key ``uncertainty`` of a receipt: the quality of predicted standard deviations.

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
    truth = labels.sort_values("id", kind="stable", ignore_index=True)
    rows = predictions.sort_values(["seed", "id"], kind="stable", ignore_index=True)
    return {
        target.name: _calibration(truth, rows, target)
        for target in task.targets
        if f"{target.name}_std" in rows.columns
    } or None


def _calibration(truth: pd.DataFrame, rows: pd.DataFrame, target: Target) -> dict[str, Any]:
    y_true = truth[target.name].to_numpy(dtype=np.float64, na_value=np.nan)
    limits = truth[target.limit_column].notna() if target.limit_column else np.zeros(len(truth))
    has_limit = np.asarray(limits, dtype=bool)
    is_missing = np.isnan(y_true) & ~has_limit
    kept = ~has_limit & ~is_missing
    y_pred, y_std = (
        rows[name].to_numpy(dtype=np.float64).reshape(-1, len(truth))[:, kept]
        for name in (target.name, f"{target.name}_std")
    )
    masks = {"n": kept, "n_censored": has_limit, "n_missing": is_missing}
    counts = {name: int(mask.sum()) for name, mask in masks.items()}
    if not kept.any():
        return {**counts, **dict.fromkeys(SCORES), "observed": [None] * len(CURVE_LEVELS)}
    found = calibrate(y_true[kept], y_pred, y_std)
    scores = {name: rounded(getattr(found, name)) for name in SCORES}
    return {**counts, **scores, "observed": [rounded(share) for share in found.observed]}
