"""Scoring predictions on the frozen folds: pooled error per repeat, its spread and interval."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.scoring.align import align
from ionladder.scoring.evaluate import entry_errors, primary_score
from ionladder.scoring.prepared import PreparedLabels
from ionladder.scoring.summary import Value, summarise
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Subset, Task

_EVERY = "all"


@dataclass(frozen=True, kw_only=True)
class CvScore:
    """The primary metric of one fold scheme.

    Attributes:
        value: Mean over repeats of the metric on the pooled out-of-fold predictions.
        ci_low, ci_high: Interval of the value over groups of related training entries; NaN where
            there are fewer than two. Repeats enter it as seeds do in a test score.
        sd_over_repeats: Its standard deviation over repeats (n − 1); NaN with one repeat.
        n_repeats: Repeats scored.
        n: Entries per repeat.
    """

    value: float
    ci_low: float
    ci_high: float
    sd_over_repeats: float
    n_repeats: int
    n: int


class TrainingLabels:
    """Training labels made ready once per task.

    Args:
        labels: ``id``, the targets, their limit columns and the group column.
        task: Its primary score is computed, over all training entries.
        settings: Confidence of the intervals.
    """

    def __init__(self, labels: pd.DataFrame, task: Task, settings: ScoringSettings) -> None:
        every = Subset(name=_EVERY, title="all training entries")
        self.task = replace(
            task,
            metrics=(task.primary_use,),
            subsets=(every,),
            primary=replace(task.primary, subset=_EVERY),
        )
        self.prepared = PreparedLabels(labels, self.task, settings)


def score_cross_validation(
    training: TrainingLabels, cv_predictions: pd.DataFrame, task: Task
) -> dict[str, CvScore]:
    """Score checked cross-validation predictions.

    Args:
        training: Training labels.
        cv_predictions: ``scheme, repeat, fold, id`` and the targets, every training id exactly
            once per scheme and repeat.
        task: Names the schemes.

    Returns:
        Scheme → score, in the task's order, for the schemes that have predictions.
    """
    scores = {}
    for scheme in task.cross_validation:
        rows = cv_predictions[cv_predictions["scheme"] == scheme.scheme]
        if not rows.empty:
            scores[scheme.scheme] = _score(training, rows.rename(columns={"repeat": "seed"}))
    return scores


def _score(training: TrainingLabels, rows: pd.DataFrame) -> CvScore:
    prepared = training.prepared
    subset = prepared.subset(_EVERY)
    errors = entry_errors(prepared, align(prepared.ids, rows, training.task), training.task)
    pooled = primary_score(errors, subset, training.task)
    value = Value(
        per_seed=pooled.per_seed, left_out=pooled.left_out, present=subset.n_groups, df=subset.df
    )
    metric = get_metric(training.task.primary_use.metric)
    score = summarise({0: value}, {0: metric}, prepared.settings.confidence)[0]
    return CvScore(
        value=score.value,
        ci_low=score.ci_low,
        ci_high=score.ci_high,
        sd_over_repeats=score.seed_sd,
        n_repeats=len(pooled.per_seed),
        n=len(prepared.ids),
    )
