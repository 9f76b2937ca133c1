"""Checks of the audit that hold a submission's scores against one another, one function each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.leaderboard.audit_checks import Found
from ionladder.leaderboard.audit_inputs import AuditInputs, TargetInputs
from ionladder.leaderboard.findings import Finding
from ionladder.metrics.registry import get_metric
from ionladder.specs.metric import Array, Metric
from ionladder.specs.task import Task

# How much better than a constant, relative to what it does elsewhere, a model must be on the
# crossing entries to be noted. They may be easy: only the comparison with a constant tells.
CROSSING_RATIO = 2.0 / 3.0
# Below this number of entries slices carry no interval; a mean over so few concludes nothing.
FEW_ENTRIES = 8
# Exact mean errors over very few entries, beside known predictions, would give the labels away.
ERROR_DECIMALS = 1
# Two scores contradict each other when their intervals are disjoint (of two equally wide 95 %
# intervals of one number, 0.6 % are) and the larger exceeds the smaller by half: with many entries
# intervals are so narrow that folds and test set differ by more without anything being odd.
CONTRADICTION = 1.5

_Interval = tuple[float, float, float]
"""A value with the ends of its interval."""


def check_crossing(inputs: AuditInputs) -> Found:
    """A smaller error where the composition is also in the training set, held to a constant's."""
    metric = get_metric(inputs.task.primary_use.metric)
    targets = [t for t in inputs.targets if t.target in inputs.task.primary_targets]
    if metric.direction != "minimize":
        return
    if not all(_rows(inputs, metric, t, side).any() for t in targets for side in (True, False)):
        return
    n = int(inputs.crossing.sum())
    constant = [np.full((1, t.y_true.size), t.train_median) for t in targets]
    there, elsewhere = _split_error(inputs, metric, targets, constant)
    title = inputs.task.primary_use.title
    unit = f" {targets[0].target.error_unit}" if metric.unit == "target" else ""
    few = " So few entries allow no conclusion." if n < FEW_ENTRIES else ""
    for place, name in enumerate(inputs.names):
        mine, others = _split_error(inputs, metric, targets, [t.y_pred[place] for t in targets])
        if not mine * elsewhere < CROSSING_RATIO * others * there:
            continue
        shown = [round(error, ERROR_DECIMALS) for error in (mine, others, there, elsewhere)]
        yield (
            name,
            Finding(
                check="crossing",
                title="Better where the composition is known from training",
                sentence=(
                    f"On the {n} test entries whose composition is also in the training set the "
                    f"{title} is {shown[0]}{unit}, on the others {shown[1]}; always predicting "
                    f"the training median has {shown[2]} and {shown[3]}.{few} Worth checking: "
                    "entries that happen to suit this kind of model, or a model that leans on "
                    "compositions it has seen."
                ),
                evidence={
                    "n_crossing": n,
                    "error_crossing": shown[0],
                    "error_elsewhere": shown[1],
                    "median_error_crossing": shown[2],
                    "median_error_elsewhere": shown[3],
                },
            ),
        )


def check_cv_and_test(inputs: AuditInputs) -> Found:
    """A test error and an error on the primary folds whose intervals lie far apart."""
    task = inputs.task
    metric = get_metric(task.primary_use.metric)
    scheme = next((cv for cv in task.cross_validation if cv.is_primary), None)
    if scheme is None or metric.direction != "minimize":
        return
    unit = f" {task.primary_targets[0].error_unit}" if metric.unit == "target" else ""
    title = task.primary_use.title
    for name, receipt in zip(inputs.names, inputs.receipts, strict=True):
        test = _test_score(receipt, task)
        folds = _folds_score(receipt, scheme.scheme, task.primary.metric)
        if test is None or folds is None or not _contradict(test, folds):
            continue
        (value, low, high), (cv_value, cv_low, cv_high) = test, folds
        side = "smaller" if value < cv_value else "larger"
        why = (
            "test entries among external training data, or cross-validation predictions of an "
            "earlier version of the model"
            if value < cv_value
            else "a test set unlike the training set for this kind of model, folds that were "
            "trained with other settings, or a mix-up of ids in the test predictions"
        )
        yield (
            name,
            Finding(
                check="cv_and_test",
                title="Cross-validation and test contradict each other",
                sentence=(
                    f"The test {title} of {value:.2f}{unit} ({low:.2f} to {high:.2f}) is {side} "
                    f"than the {cv_value:.2f} ({cv_low:.2f} to {cv_high:.2f}) of the folds "
                    f"{scheme.title}, and the intervals do not meet. Worth checking: {why}."
                ),
                evidence={
                    "test": value,
                    "test_ci_low": low,
                    "test_ci_high": high,
                    "cross_validated": cv_value,
                    "cross_validated_ci_low": cv_low,
                    "cross_validated_ci_high": cv_high,
                    "scheme": scheme.scheme,
                },
            ),
        )


def _rows(
    inputs: AuditInputs, metric: Metric, item: TargetInputs, is_crossing: bool
) -> npt.NDArray[np.bool_]:
    """Entries of one side that the metric takes."""
    has_label = np.isfinite(item.y_true) | metric.accepts_missing
    rows: npt.NDArray[np.bool_] = (inputs.crossing == is_crossing) & has_label
    return rows


def _split_error(
    inputs: AuditInputs,
    metric: Metric,
    targets: Sequence[TargetInputs],
    y_pred: Sequence[Array],
) -> tuple[float, float]:
    """Error on the crossing entries and on all others, averaged over seeds and targets."""
    sides = []
    for is_crossing in (True, False):
        values = []
        for item, predicted in zip(targets, y_pred, strict=True):
            rows = _rows(inputs, metric, item, is_crossing)
            needed = {name: getattr(item, name)[rows] for name in metric.needs}
            options = {**inputs.task.primary_use.options, **needed}
            seeds = predicted[:, rows]
            values.append(
                np.mean([metric.function(item.y_true[rows], seed, **options) for seed in seeds])
            )
        sides.append(float(np.mean(values)))
    return sides[0], sides[1]


def _test_score(receipt: Mapping[str, Any], task: Task) -> _Interval | None:
    primary = task.primary
    score = receipt["targets"][primary.target][primary.subset]["metrics"][primary.metric]
    return _known(score["value"], score["ci_low"], score["ci_high"])


def _folds_score(receipt: Mapping[str, Any], scheme: str, metric: str) -> _Interval | None:
    part = (receipt.get("cross_validation") or {}).get(scheme) or {}
    return _known(part.get(metric), part.get(f"{metric}_ci_low"), part.get(f"{metric}_ci_high"))


def _known(value: float | None, low: float | None, high: float | None) -> _Interval | None:
    return None if value is None or low is None or high is None else (value, low, high)


def _contradict(one: _Interval, other: _Interval) -> bool:
    """Whether two intervals are disjoint and their values far apart."""
    smaller, larger = sorted([one, other])
    return smaller[2] < larger[1] and larger[0] > CONTRADICTION * smaller[0]
