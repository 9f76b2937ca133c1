"""Auditing submissions: duplicates, copies and suspicious scores."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.metrics import get_metric
from ionladder.specs import Array, Metric, Target, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from ionladder.data.labels import EvaluationLabels
    from ionladder.score import Scored


# What the audit reads, as arrays: predictions of a board's submissions beside the labels


@dataclass(frozen=True, kw_only=True)
class TargetInputs:
    """Predictions and labels of one target.

    Attributes:
        target: The target.
        y_true: Labels, shape (n_entries,); NaN where there is none.
        upper_limit: Limits of left-censored entries, NaN elsewhere, shape (n_entries,).
        train_median: Median of the training labels; NaN where there are none.
        y_pred: One array of shape (n_seeds, n_entries) a submission.
        means: Means over seeds, shape (n_submissions, n_entries).
    """

    target: Target
    y_true: Array
    upper_limit: Array
    train_median: float
    y_pred: tuple[Array, ...]
    means: Array

    @property
    def label_sd(self) -> float:
        """Standard deviation of the labels that are there; NaN with none."""
        known = self.y_true[np.isfinite(self.y_true)]
        return float(known.std()) if known.size else np.nan


@dataclass(frozen=True, kw_only=True)
class AuditInputs:
    """A board as the checks see it.

    Attributes:
        task: The task.
        names: Submissions, in alphabetical order, as all arrays have them.
        receipts: Their receipts, in that order.
        targets: Predictions and labels, in the task's order of targets.
        crossing: Which test entries have a composition of the training set, shape (n_entries,).
    """

    task: Task
    names: tuple[str, ...]
    receipts: tuple[Mapping[str, Any], ...]
    targets: tuple[TargetInputs, ...]
    crossing: npt.NDArray[np.bool_]

    def of_target(self, target: Target) -> str:
        """Words that name a target where the task has several; empty where it has one."""
        return f" of {target.symbol}" if len(self.task.targets) > 1 else ""


def audit_inputs(
    task: Task,
    scored: Mapping[str, Scored],
    labels: EvaluationLabels,
    crossing: Collection[str],
) -> AuditInputs:
    """Gather what the checks read; the order of ``scored`` has no influence."""
    names = tuple(sorted(scored))
    test = labels.test.sort_values("id", kind="stable", ignore_index=True)
    return AuditInputs(
        task=task,
        names=names,
        receipts=tuple(scored[name].receipt for name in names),
        targets=tuple(
            _target_inputs(target, [scored[name] for name in names], labels)
            for target in audited_targets(task)
        ),
        crossing=test["id"].isin(list(crossing)).to_numpy(dtype=bool),
    )


def audited_targets(task: Task) -> tuple[Target, ...]:
    """Targets whose values models predict; errors that scoring derives are no predictions.

    Where everything is derived, the targets that the task ranks by.
    """
    return tuple(t for t in task.targets if t.ideal is None) or task.primary_targets


def _target_inputs(target: Target, scored: list[Scored], labels: EvaluationLabels) -> TargetInputs:
    test = labels.test.sort_values("id", kind="stable", ignore_index=True)
    known = labels.train[target.name].dropna().to_numpy(dtype=np.float64)
    # A checked prediction table holds every test id once per seed, sorted by seed and id.
    y_pred = tuple(
        entry.submission.predictions.rows[target.name]
        .to_numpy(dtype=np.float64)
        .reshape(-1, len(test))
        for entry in scored
    )
    return TargetInputs(
        target=target,
        y_true=test[target.name].to_numpy(dtype=np.float64, na_value=np.nan),
        upper_limit=test[target.limit_column].to_numpy(dtype=np.float64, na_value=np.nan)
        if target.limit_column
        else np.full(len(test), np.nan),
        train_median=float(np.median(known)) if known.size else np.nan,
        y_pred=y_pred,
        means=np.stack([values.mean(axis=0) for values in y_pred])
        if y_pred
        else np.empty((0, len(test))),
    )


# What the audit of a submission looks at, and what it notes: plain text, for pages as well


Evidence = float | int | str


def printed(value: float, form: str) -> str:
    """A number as a sentence prints it, with a true minus.

    Example:
        >>> printed(-38.06, ".3g"), printed(0.5, "+.4g")
        ('−38.1', '+0.5')
    """
    return format(value, form).replace("-", "−")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing the audit saw: a note for readers, never an accusation.

    Attributes:
        check: Name of the check (``affine``).
        title: The finding in a few words.
        sentence: What was seen with its number, then innocent explanations worth checking.
        evidence: The numbers behind it, by name; text for names of submissions and targets.
    """

    check: str
    title: str
    sentence: str
    evidence: Mapping[str, Evidence]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of the audit.

    Attributes:
        name: Key in findings.
        title: As printed, in a list of all checks.
    """

    name: str
    title: str


CHECKS = (
    Check(name="labels", title="predictions equal or very close to the labels"),
    Check(name="identical", title="the same predictions as another submission"),
    Check(name="affine", title="predictions on a straight line with those of another submission"),
    Check(name="constant", title="nearly the same prediction for every entry"),
    Check(name="physical", title="values outside the physical range"),
    Check(
        name="crossing",
        title="a smaller error on entries whose composition is also in the training set, where "
        "there are any",
    ),
    Check(
        name="cv_and_test",
        title="a cross-validated and a test score that contradict each other, where both are known",
    ),
)
"""Every check, in the order in which findings are listed."""


# Checks of the audit that look at the values a submission predicts, one function each


Found = Iterator[tuple[str, Finding]]
"""Submission → finding, one at a time."""

# Two numbers within this share of the labels' standard deviation count as equal: 0.017 decades on
# OBELiX, less than half a step of the grid on BVEL-proto. Honest models hit so closely by chance
# for at most 6 % of the entries of either board.
EQUAL_WITHIN = 0.005
EQUAL_SHARE = 0.25
# Pairs of repeated measurements of one OBELiX material correlate by 0.79, so nothing can honestly
# know its labels so well. Repeated labels of BVEL-proto, which are computed, do by 0.999: there a
# method that repeats the computation may be noted, and the note says so. Best model so far: 0.94.
LABEL_CORRELATION = 0.995
# A twentieth of the spread of OBELiX' labels is 0.17 decades, less than the board can resolve. The
# least varied honest model (a median per family) has 0.30.
CONSTANT_SPREAD = 0.05


def check_labels(inputs: AuditInputs) -> Found:
    """Predictions that equal the labels or follow them more closely than labels can be known."""
    for item in inputs.targets:
        known = np.isfinite(item.y_true)
        within = EQUAL_WITHIN * item.label_sd
        if not within > 0:
            continue
        correlations = _correlations(item.means[:, known], item.y_true[known])
        for name, y_pred, r in zip(inputs.names, item.y_pred, correlations, strict=True):
            is_close = np.abs(y_pred[:, known] - item.y_true[known]) <= within
            share = float(is_close.mean(axis=1).max())
            if share < EQUAL_SHARE and not r > LABEL_CORRELATION:
                continue
            yield (
                name,
                Finding(
                    check="labels",
                    title="Very close to the labels",
                    sentence=(
                        f"Predictions{inputs.of_target(item.target)} equal the label within "
                        f"{within:.2g} {item.target.error_unit} for {share:.0%} of the entries, "
                        f"and correlate with the labels by {r:.4f}. Worth checking: test entries "
                        "among external training data, a prediction file made from the labels as "
                        "an exercise, or a method that repeats how the labels were obtained."
                    ),
                    evidence={
                        "target": item.target.name,
                        "share_equal": share,
                        "equal_within": within,
                        "correlation": float(r),
                        "n": int(known.sum()),
                    },
                ),
            )


def check_constant(inputs: AuditInputs) -> Found:
    """Predictions that say nearly the same of every entry."""
    spreads = [item.means.std(axis=1) for item in inputs.targets]
    for place, name in enumerate(inputs.names):
        constant = [
            (item, float(spread[place]))
            for item, spread in zip(inputs.targets, spreads, strict=True)
            if spread[place] < CONSTANT_SPREAD * item.label_sd
        ]
        if not constant:
            continue
        which = ", ".join(item.target.symbol for item, _ in constant)
        of_targets = f" of {which}" if len(inputs.task.targets) > 1 else ""
        widest = max(spread for _, spread in constant)
        label_sd = min(item.label_sd for item, _ in constant)
        why = (
            "It is a reference of this task, made to be simple."
            if name in inputs.task.references
            else "Worth checking: a constant sent as a reference, a training that did not "
            "converge, or inputs that were missing when predicting."
        )
        yield (
            name,
            Finding(
                check="constant",
                title="Nearly the same prediction for every entry",
                sentence=(
                    f"Predictions{of_targets} spread by {widest:.2f} "
                    f"{constant[0][0].target.error_unit} (standard deviation), the labels by "
                    f"{label_sd:.2f}{' or more' if len(constant) > 1 else ''}. {why}"
                ),
                evidence={
                    "targets": ", ".join(item.target.name for item, _ in constant),
                    "prediction_sd": widest,
                    "label_sd": label_sd,
                },
            ),
        )


def check_physical(inputs: AuditInputs) -> Found:
    """Predictions that no material can have; a task that states no range has no such check."""
    for item in inputs.targets:
        if item.target.physical is None:
            continue
        low, high = item.target.physical
        for name, y_pred in zip(inputs.names, item.y_pred, strict=True):
            outside = int(((y_pred < low) | (y_pred > high)).sum())
            if not outside:
                continue
            yield (
                name,
                Finding(
                    check="physical",
                    title="Values outside the physical range",
                    sentence=(
                        f"{outside} of {y_pred.size} predictions{inputs.of_target(item.target)} "
                        f"lie outside {printed(low, 'g')} to {printed(high, 'g')} "
                        f"{item.target.unit}; they reach from {printed(y_pred.min(), '.3g')} to "
                        f"{printed(y_pred.max(), '.3g')}. Worth checking: extrapolation to "
                        "entries unlike the training set, or a unit or logarithm mixed up."
                    ),
                    evidence={
                        "target": item.target.name,
                        "n_outside": outside,
                        "n": y_pred.size,
                        "smallest": float(y_pred.min()),
                        "largest": float(y_pred.max()),
                        "physical_low": low,
                        "physical_high": high,
                    },
                ),
            )


def _correlations(rows: Array, y_true: Array) -> Array:
    """Pearson correlation of each row with the labels; 0 where either is constant."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    deviation = y_true - y_true.mean()
    length = np.linalg.norm(centred, axis=1) * np.linalg.norm(deviation)
    products: Array = centred @ deviation
    correlations: Array = np.divide(products, length, out=np.zeros_like(length), where=length > 0)
    return correlations


# Checks of the audit that hold a submission's scores against one another, one function each


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


# Checks of the audit that hold submissions against one another: identical, or on a line


_Places = npt.NDArray[np.int64]
Twins = Mapping[int, Mapping[int, _Places]]
"""Place of a submission → place of a target → places of its twins in that target."""

# Receipts and most prediction files carry six decimals; finer differences are those of writing.
SAME_DECIMALS = 6
# A copy written with three decimals still correlates by 1 - 1e-7 with predictions that spread by
# one unit; two different models of the committed boards reach 0.985 at most.
LINE = 1.0 - 1e-6
# With so few entries any two submissions come to lie on a line sooner or later.
FEWEST_ENTRIES = 5
NAMED_TWINS = 5
_BLOCK = 512


def check_identical(inputs: AuditInputs) -> Found:
    """Submissions whose predictions are the same to six decimals."""
    kinds = [same_rows(item.means) for item in inputs.targets]
    twins: dict[int, dict[int, _Places]] = {}
    for position, kind in enumerate(kinds):
        for members in _groups(kind):
            for member in members:
                twins.setdefault(int(member), {})[position] = members[members != member]
    for place, positions, same in _shared(twins):
        names = [inputs.names[other] for other in same]
        is_constant = all(_is_constant(inputs.targets[at].means[place]) for at in positions)
        which = _which(inputs, positions)
        if is_constant:
            why = (
                "All entries have one number: constants taken from the same statistic of the same "
                "training labels agree by construction."
            )
        elif set(names) & set(inputs.task.references):
            why = (
                "One of them is a reference of this task. Worth checking: the reference sent "
                "under another name, or a model that fell back to its rule."
            )
        else:
            why = (
                "Worth checking: one model sent twice, a corrected card under another name, or a "
                "prediction file copied by mistake."
            )
        yield (
            inputs.names[place],
            Finding(
                check="identical",
                title="The same predictions as another submission",
                sentence=f"Predictions{which} equal those of {_named(names)} to {SAME_DECIMALS} "
                f"decimals. {why}",
                evidence=_twin_evidence(inputs, positions, names),
            ),
        )


def check_affine(inputs: AuditInputs) -> Found:
    """Submissions whose predictions follow from another's by a slope and an offset."""
    twins: dict[int, dict[int, _Places]] = {}
    for position, item in enumerate(inputs.targets):
        for place, others in _on_a_line(item):
            twins.setdefault(place, {})[position] = others
    for place, positions, on_line in _shared(twins):
        names = [inputs.names[other] for other in on_line]
        item = inputs.targets[positions[0]]
        slope, offset, residual = _line(item.means[on_line[0]], item.means[place])
        yield (
            inputs.names[place],
            Finding(
                check="affine",
                title="On a straight line with another submission",
                sentence=(
                    f"Predictions{_which(inputs, positions)} follow from those of {_named(names)} "
                    f"by a straight line: {printed(slope, '.4g')} times the other "
                    f"{printed(offset, '+.4g')} {item.target.error_unit}, within {residual:.1g}. "
                    "Worth checking: one model in two recalibrations, units or roundings, or two "
                    "models that tell only a few kinds of entries apart."
                ),
                evidence={
                    **_twin_evidence(inputs, positions, names),
                    "slope": slope,
                    "offset": offset,
                    "largest_residual": residual,
                    "n_distinct": len(np.unique(np.round(item.means[place], SAME_DECIMALS))),
                },
            ),
        )


def same_rows(rows: Array) -> _Places:
    """The place of the first row that is the same to six decimals, for each row.

    Example:
        >>> same_rows(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0 + 1e-9]]))
        array([0, 1, 0])
    """
    rounded = np.round(rows, SAME_DECIMALS) + 0.0  # no negative zeros
    first: dict[bytes, int] = {}
    kinds = [first.setdefault(row.tobytes(), place) for place, row in enumerate(rounded)]
    return np.array(kinds, dtype=np.int64)


def _groups(kinds: _Places) -> Iterator[_Places]:
    """Places of rows of one kind, for every kind that has several."""
    order = np.argsort(kinds, kind="stable")
    starts = np.flatnonzero(np.diff(kinds[order], prepend=-1))
    for members in np.split(order, starts[1:]):
        if len(members) > 1:
            yield members


def _on_a_line(item: TargetInputs) -> Iterator[tuple[int, _Places]]:
    """Each submission with those on a line with it; constants and identical ones are left out.

    Correlations come from matrix products over blocks of submissions, never pair by pair.
    """
    if item.means.shape[1] < FEWEST_ENTRIES:
        return
    kinds = same_rows(item.means)
    standard = _standardised(item.means)
    for begin in range(0, len(standard), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        close = np.abs(standard[block] @ standard.T) > LINE
        close &= kinds[block, None] != kinds[None, :]
        for row in np.flatnonzero(close.any(axis=1)):
            yield begin + int(row), np.flatnonzero(close[row])


def _standardised(rows: Array) -> Array:
    """Rows of mean 0 and length 1, so that products are correlations; constants become 0."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    is_constant = np.ptp(np.round(rows, SAME_DECIMALS), axis=1, keepdims=True) == 0
    standard: Array = np.divide(
        centred, length, out=np.zeros_like(centred), where=~is_constant & (length > 0)
    )
    return standard


def _shared(twins: Twins) -> Iterator[tuple[int, list[int], list[int]]]:
    """Submission, targets, twins: targets with the same twins make one finding."""
    for place in sorted(twins):
        by_twins: dict[tuple[int, ...], list[int]] = {}
        for position, others in sorted(twins[place].items()):
            by_twins.setdefault(tuple(others.tolist()), []).append(position)
        for others_of, positions in by_twins.items():
            yield place, positions, list(others_of)


def _line(other: Array, mine: Array) -> tuple[float, float, float]:
    """Slope and offset from another's predictions to mine, and the largest distance from it."""
    slope, offset = np.polyfit(other, mine, 1)
    return float(slope), float(offset), float(np.abs(slope * other + offset - mine).max())


def _is_constant(values: Array) -> bool:
    return bool(np.ptp(np.round(values, SAME_DECIMALS)) == 0)


def _which(inputs: AuditInputs, positions: Sequence[int]) -> str:
    """Names the targets where not all of them are meant."""
    if len(positions) == len(inputs.targets):
        return ""
    return f" of {', '.join(inputs.targets[at].target.symbol for at in positions)}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED_TWINS
    return ", ".join(names[:NAMED_TWINS]) + (f" and {more} more" if more > 0 else "")


def _twin_evidence(
    inputs: AuditInputs, positions: Sequence[int], names: Sequence[str]
) -> dict[str, Evidence]:
    return {
        "twin": names[0],
        "n_twins": len(names),
        "targets": ", ".join(inputs.targets[at].target.name for at in positions),
        "n": inputs.targets[0].means.shape[1],
    }


# The audit of a board: what a careful reader would want to know about a submission, as notes


__all__ = ["CHECKS", "Finding", "audit_board", "audit_json"]

_FUNCTIONS: dict[str, Callable[[AuditInputs], Found]] = {
    "labels": check_labels,
    "identical": check_identical,
    "affine": check_affine,
    "constant": check_constant,
    "physical": check_physical,
    "crossing": check_crossing,
    "cv_and_test": check_cv_and_test,
}


def audit_board(
    task: Task,
    scored: Mapping[str, Scored],
    labels: EvaluationLabels,
    *,
    crossing: Collection[str] = (),
) -> dict[str, list[Finding]]:
    """Look at every submission of a board, and at all of them together.

    Args:
        task: The task.
        scored: Name → scored submission; the order has no influence.
        labels: What they were scored against.
        crossing: Test entries whose composition is also in the training set
            (:func:`ionladder.data.slices.crossing_ids`); none where that cannot be said.

    Returns:
        Name → findings, in the order of :data:`CHECKS`; submissions by name, each of them once,
        with an empty list where there is nothing to note.
    """
    inputs = audit_inputs(task, scored, labels, crossing)
    findings: dict[str, list[Finding]] = {name: [] for name in inputs.names}
    for check in CHECKS:
        for name, finding in _FUNCTIONS[check.name](inputs):
            findings[name].append(finding)
    return findings


def audit_json(findings: Mapping[str, Sequence[Finding]]) -> dict[str, list[dict[str, Any]]]:
    """The key ``audit`` of ``leaderboard/analysis/<task>.json``: floats as receipts print them."""
    from ionladder.receipt import rounded

    return {
        name: [
            {
                "check": finding.check,
                "title": finding.title,
                "sentence": finding.sentence,
                "evidence": {
                    key: rounded(value) if isinstance(value, float) else value
                    for key, value in finding.evidence.items()
                },
            }
            for finding in items
        ]
        for name, items in findings.items()
    }
