"""The receipt of a score: every number with its interval, and the hashes it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ionladder.scoring.cross_validation import CvScore, Step
from ionladder.scoring.evaluate import Evaluation
from ionladder.scoring.summary import Score
from ionladder.scoring.version import SCORER_VERSION
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.submissions.validate import Submission

DECIMALS = 6
INTERVAL_METHOD = "jackknife over groups, Student t"


def rounded(value: float) -> float | None:
    """A number as receipts and leaderboards print it: six decimals, null where undefined.

    Example:
        >>> rounded(0.40775291), rounded(float("nan")), rounded(-0.0)
        (0.407753, None, 0.0)
    """
    if not math.isfinite(value):
        return None
    return round(float(value), DECIMALS) + 0.0


def build_receipt(
    submission: Submission,
    evaluation: Evaluation,
    cross_validation: Mapping[str, CvScore],
    *,
    task: Task,
    dataset_version: str,
    label_hashes: Mapping[str, str | None],
    slices: Mapping[str, Any] | None,
    uncertainty: Mapping[str, Any] | None,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """Assemble the receipt of one submission, ready to be written as JSON."""
    cv, remarks = submission.cv_predictions, submission.predictions.remarks
    return {
        "task": task.name,
        "submission": submission.name,
        "model": submission.card.model,
        "dataset": task.dataset,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "hashes": {
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
                    "metrics": {name: _score(score) for name, score in scores.metrics.items()},
                }
                for subset, scores in subsets.items()
            }
            for target, subsets in evaluation.targets.items()
        },
        "cross_validation": {
            scheme: {
                task.primary.metric: rounded(score.value),
                f"{task.primary.metric}_ci_low": rounded(score.ci_low),
                f"{task.primary.metric}_ci_high": rounded(score.ci_high),
                f"{task.primary.metric}_sd_over_repeats": rounded(score.sd_over_repeats),
                "n_repeats": score.n_repeats,
                "n": score.n,
                "step": _step(score.step),
            }
            for scheme, score in cross_validation.items()
        }
        or None,
        "slices": slices,
        "uncertainty": uncertainty,
    }


def _score(score: Score) -> dict[str, float | None]:
    return {name: rounded(value) for name, value in vars(score).items()}


def _step(step: Step | None) -> dict[str, Any] | None:
    if step is None:
        return None
    return {
        "since": step.since,
        "difference": rounded(step.difference),
        "ci_low": rounded(step.ci_low),
        "ci_high": rounded(step.ci_high),
    }
