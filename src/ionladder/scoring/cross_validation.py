"""Scoring predictions on the frozen folds: pooled error per repeat, its spread and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.scoring.align import align
from ionladder.scoring.evaluate import errors_by_metric, primary_score
from ionladder.scoring.prepared import PreparedLabels
from ionladder.scoring.summary import Value, summarise
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Subset, Task
from ionladder.statistics.pairs import paired_differences
from ionladder.statistics.resamples import Resamples
from ionladder.statistics.standing import GroupScore, make_standings

_EVERY = "all"


@dataclass(frozen=True, kw_only=True)
class Step:
    """How much harder one kind of folds is than another, for one submission.

    Attributes:
        since: The scheme of the rung below.
        difference: Score on this scheme minus that on the other, of the same entries.
        ci_low, ci_high: Its interval, groups of entries and repeats allowed for.
    """

    since: str
    difference: float
    ci_low: float
    ci_high: float


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
        step: The step up from the rung below on the task's ladder of splits, or None.
    """

    value: float
    ci_low: float
    ci_high: float
    sd_over_repeats: float
    n_repeats: int
    n: int
    step: Step | None = None


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
    pooled = {}
    for scheme in task.cross_validation:
        rows = cv_predictions[cv_predictions["scheme"] == scheme.scheme]
        if not rows.empty:
            pooled[scheme.scheme] = _pooled(training, rows.rename(columns={"repeat": "seed"}))
    steps = _steps(training, pooled, task)
    return {name: _score(training, part, steps.get(name)) for name, part in pooled.items()}


def _pooled(training: TrainingLabels, rows: pd.DataFrame) -> GroupScore:
    """The primary score on the out-of-fold predictions of each repeat."""
    prepared = training.prepared
    errors = errors_by_metric(prepared, align(prepared.ids, rows, training.task), training.task)
    return primary_score(errors, prepared.subset(_EVERY), training.task)


def _score(training: TrainingLabels, pooled: GroupScore, step: Step | None) -> CvScore:
    subset = training.prepared.subset(_EVERY)
    value = Value(
        per_seed=pooled.per_seed, left_out=pooled.left_out, present=subset.n_groups, df=subset.df
    )
    metric = get_metric(training.task.primary_use.metric)
    score = summarise({0: value}, {0: metric}, training.prepared.settings.confidence)[0]
    return CvScore(
        value=score.value,
        ci_low=score.ci_low,
        ci_high=score.ci_high,
        sd_over_repeats=score.seed_sd,
        n_repeats=len(pooled.per_seed),
        n=len(training.prepared.ids),
        step=step,
    )


def _steps(
    training: TrainingLabels, pooled: Mapping[str, GroupScore], task: Task
) -> dict[str, Step]:
    """Paired differences between neighbouring rungs: entry by entry, so what both share cancels."""
    rungs = sorted((s.rung, s.scheme) for s in task.cross_validation if s.rung)
    names = [name for _, name in rungs if name in pooled]
    standings = make_standings([pooled[name] for name in names], Resamples(n_resamples=1, seed=0))
    confidence = training.prepared.settings.confidence
    steps = {}
    for row, (below, above) in enumerate(pairwise(names)):
        pair = paired_differences(standings, row + 1, [row], confidence=confidence)
        steps[above] = Step(
            since=below,
            difference=float(pair.difference[0]),
            ci_low=float(pair.ci_low[0]),
            ci_high=float(pair.ci_high[0]),
        )
    return steps
