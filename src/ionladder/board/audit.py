"""The audit of a board: what a careful reader would want to know of a submission, as notes.

Every check is a function that goes through a board and yields the evidence of what it notes; the
words stand in ``audit.yaml``. A note is for readers and never an accusation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.errors import own_yaml
from ionladder.metrics import get_metric
from ionladder.receipt import MIN_ROWS, rounded
from ionladder.specs import Array, Target, Task
from ionladder.submit.card import skeleton
from ionladder.submit.units import are_too_many, n_disordered, n_outside

if TYPE_CHECKING:
    from ionladder.data.labels import EvaluationLabels
    from ionladder.score import Scored

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
# How much better than a constant, relative to what it does elsewhere, a model must be on the
# crossing entries to be noted. They may be easy: only the comparison with a constant tells.
CROSSING_RATIO = 2.0 / 3.0
# Exact mean errors over very few entries, beside known predictions, would give the labels away.
ERROR_DECIMALS = 1
# Two scores contradict each other when their intervals are disjoint (of two equally wide 95 %
# intervals of one number, 0.6 % are) and the larger exceeds the smaller by half: with many entries
# intervals are so narrow that folds and test set differ by more without anything being odd.
CONTRADICTION = 1.5
# Receipts and most prediction files carry six decimals; finer differences are those of writing.
SAME_DECIMALS = 6
# A copy written with three decimals still correlates by 1 - 1e-7 with predictions that spread by
# one unit; two different models of the committed boards reach 0.985 at most.
LINE = 1.0 - 1e-6
# Of the variance of an honest model's predictions at most 97 % follow from another's and the labels
# (two gradient boostings, two SchNets of the committed boards); noise of 0.25 decades leaves 99 %.
NEAR = 0.99
# Two honest models give the same number for at most 9 % of the entries, medians of groups included.
SHARED = 0.5
FEWEST_NEAR = 20
_MOST_COMPARED = 500
# A model is far ahead if it leaves less than half of what the best of at least three others leaves
# of the way to perfect correlation with the labels.
AHEAD, FEWEST_OTHERS = 0.5, 3
# With so few entries any two submissions come to lie on a line sooner or later.
FEWEST_ENTRIES = 5
NAMED_TWINS = 5
_BLOCK = 512

_SIDES = (
    *("error_crossing", "error_elsewhere"),
    *("median_error_crossing", "median_error_elsewhere"),
)
_ENDS = ("", "_ci_low", "_ci_high")

Evidence = dict[str, float | str]
#: Place of a submission, the evidence, and other words of the sentence.
Found = Iterator[tuple[int, Evidence, dict[str, str]]]


@dataclass(frozen=True, kw_only=True)
class AuditFinding:
    """One thing the audit saw.

    Attributes:
        check: Name of the check (``affine``).
        title: The finding in a few words.
        sentence: What was seen with its number, then innocent explanations worth checking.
        evidence: The numbers behind it, by name; text for names of submissions and targets.
    """

    check: str
    title: str
    sentence: str
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class TargetInputs:
    """Predictions and labels of one target.

    Attributes:
        target: The target.
        of: Words that name it where the task has several; empty where it has one.
        y_true: Labels, shape (n_entries,); NaN where there is none.
        upper_limit: Limits of left-censored entries, NaN elsewhere, shape (n_entries,).
        train_median: Median of the training labels; NaN where there are none.
        y_pred: One array of shape (n_seeds, n_entries) a submission.
        means: Means over seeds, shape (n_submissions, n_entries).
        label_sd: Standard deviation of the labels that are there; NaN with none.
    """

    target: Target
    of: str
    y_true: Array
    upper_limit: Array
    train_median: float
    y_pred: tuple[Array, ...]
    means: Array
    label_sd: float


@dataclass(frozen=True)
class AuditInputs:
    """A board as the checks see it.

    Attributes:
        task: The task.
        names: Submissions, in alphabetical order, as all arrays have them.
        receipts: Their receipts, in that order.
        targets: Predictions and labels, in the task's order of targets: those whose values models
            predict, for errors that scoring derives are no predictions. Where everything is
            derived, the targets that the task ranks by.
        crossing: Which test entries have a composition of the training set, shape (n_entries,).
        wanted: Which submissions are asked about, shape (n_submissions,).
    """

    task: Task
    names: tuple[str, ...]
    receipts: tuple[Mapping[str, Any], ...]
    targets: tuple[TargetInputs, ...]
    crossing: npt.NDArray[np.bool_]
    wanted: npt.NDArray[np.bool_]


def audit_board(
    task: Task,
    scored: Mapping[str, Scored],
    labels: EvaluationLabels,
    *,
    crossing: Collection[str] = (),
    only: str | None = None,
) -> dict[str, list[AuditFinding]]:
    """Look at every submission of a board, and at all of them together.

    Args:
        task: The task.
        scored: Name → scored submission; the order has no influence.
        labels: What they were scored against.
        crossing: Test entries whose composition is also in the training set
            (:func:`ionladder.data.slices.crossing_ids`); none where that cannot be said.
        only: The one submission that is asked about; None for all.

    Returns:
        Name → findings, in the order of :data:`CHECKS`; submissions by name, each of them once,
        with an empty list where there is nothing to note.
    """
    names = tuple(sorted(scored))
    test = labels.test.sort_values("id", kind="stable", ignore_index=True)
    missing, targets = pd.Series(np.nan, test.index), []
    for target in [t for t in task.targets if t.ideal is None] or task.primary_targets:
        train = labels.train[target.name].dropna().to_numpy(dtype=np.float64)
        columns: list[Any] = [test.get(n, missing) for n in (target.name, target.limit_column)]
        # A checked prediction table holds every test id once per seed, sorted by seed and id.
        tables = (scored[name].submission.predictions.columns[target.name] for name in names)
        y_pred = tuple(t.reshape(-1, len(test)) for t in tables)
        y_true, upper_limit = (c.to_numpy(dtype=np.float64, na_value=np.nan) for c in columns)
        known = y_true[np.isfinite(y_true)]
        means = [values.mean(axis=0) for values in y_pred]
        facts: dict[str, Any] = {"y_true": y_true, "upper_limit": upper_limit, "y_pred": y_pred}
        facts["of"] = f" of {target.symbol}" if len(task.targets) > 1 else ""
        facts["train_median"] = float(np.median(train)) if train.size else np.nan
        facts["means"] = np.stack(means) if means else np.empty((0, len(test)))
        facts["label_sd"] = float(known.std()) if known.size else np.nan
        targets.append(TargetInputs(target=target, **facts))
    receipts = tuple(scored[name].receipt for name in names)
    is_crossing = test["id"].isin(list(crossing)).to_numpy(dtype=bool)
    wanted = np.array([only in (None, name) for name in names], dtype=bool)
    inputs = AuditInputs(task, names, receipts, tuple(targets), is_crossing, wanted)
    findings: dict[str, list[AuditFinding]] = {name: [] for name in names}
    for check in CHECKS:
        for place, evidence, words in check.run(inputs):
            if not wanted[place]:
                continue
            words["why"] = check.why.get(words.get("why", ""), "")
            sentence = check.sentence.format(**{**evidence, **words})
            facts = {"sentence": sentence, "evidence": evidence}
            finding = AuditFinding(check=check.name, title=check.heading, **facts)
            findings[names[place]].append(finding)
    return findings


def audit_json(findings: Mapping[str, Sequence[AuditFinding]]) -> dict[str, list[dict[str, Any]]]:
    """The key ``audit`` of ``leaderboard/analysis/<task>.json``: floats as receipts print them."""

    def stored(finding: AuditFinding) -> dict[str, Any]:
        items = finding.evidence.items()
        evidence = {key: rounded(v) if isinstance(v, float) else v for key, v in items}
        return {**vars(finding), "evidence": evidence}

    return {name: [stored(each) for each in items] for name, items in findings.items()}


# --- The values that one submission predicts


def check_labels(inputs: AuditInputs) -> Found:
    """Predictions that equal the labels or follow them more closely than labels can be known."""
    for item in inputs.targets:
        known = np.isfinite(item.y_true)
        within = EQUAL_WITHIN * item.label_sd
        if not within > 0:
            continue
        rows = np.vstack([item.y_true, item.means])[:, known]
        # In order too: labels through a curve keep theirs.
        plain, ordered = ((r := _standardised(form))[1:] @ r[0] for form in (rows, _ranks(rows)))
        is_plain = (np.abs(plain) > LABEL_CORRELATION) | (known.sum() < FEWEST_NEAR)
        correlations = np.where(is_plain | (np.abs(ordered) <= LABEL_CORRELATION), plain, ordered)
        for place, (y_pred, r) in enumerate(zip(item.y_pred, correlations, strict=True)):
            is_close = np.abs(y_pred[:, known] - item.y_true[known]) <= within
            share = float(is_close.mean(axis=1).max())
            if share >= EQUAL_SHARE or abs(r) > LABEL_CORRELATION:
                evidence: Evidence = {"target": item.target.name, "share_equal": share}
                evidence |= {"equal_within": within, "correlation": float(r), "n": int(known.sum())}
                yield place, evidence, {"of": item.of, "unit": item.target.error_unit}


def check_ahead(inputs: AuditInputs) -> Found:
    """Predictions that follow the labels far more closely than those of every other row."""
    for item in inputs.targets:
        known = np.isfinite(item.y_true)
        (truth,) = _standardised(item.y_true[None, known])
        correlations = _standardised(item.means[:, known]) @ truth
        order = np.argsort(correlations)
        if int(known.sum()) < FEWEST_NEAR or (correlations != 0).sum() <= FEWEST_OTHERS:
            continue
        best, second = (float(correlations[at]) for at in order[[-1, -2]])
        if 1 - best < AHEAD * (1 - second) and best <= LABEL_CORRELATION:
            evidence: Evidence = {"target": item.target.name, "correlation": best}
            evidence |= {"next_correlation": second, "n": int(known.sum())}
            yield int(order[-1]), evidence, {"of": item.of}


def check_constant(inputs: AuditInputs) -> Found:
    """Predictions that say nearly the same of every entry."""
    spreads = np.array([item.means.std(axis=1) for item in inputs.targets])
    limits = np.array([CONSTANT_SPREAD * item.label_sd for item in inputs.targets])
    for place, name in enumerate(inputs.names):
        flat = np.flatnonzero(spreads[:, place] < limits)
        if not flat.size:
            continue
        items = [inputs.targets[at] for at in flat]
        evidence: Evidence = {"targets": ", ".join(item.target.name for item in items)}
        evidence |= {"prediction_sd": float(spreads[flat, place].max())}
        evidence |= {"label_sd": min(item.label_sd for item in items)}
        symbols = ", ".join(item.target.symbol for item in items)
        of = f" of {symbols}" if len(inputs.task.targets) > 1 else ""
        more = " or more" if len(items) > 1 else ""
        why = "reference" if name in inputs.task.references else "other"
        unit = items[0].target.error_unit
        yield place, evidence, {"of": of, "unit": unit, "more": more, "why": why}


def check_units(inputs: AuditInputs) -> Found:
    """More predictions that no material can have than chance makes: another unit or logarithm."""
    return (f for f in _outside(inputs) if are_too_many(f[1]["n_outside"], f[1]["n"]))


def check_physical(inputs: AuditInputs) -> Found:
    """Some predictions that no material can have; a task that states no range has no such check."""
    return (f for f in _outside(inputs) if not are_too_many(f[1]["n_outside"], f[1]["n"]))


def _outside(inputs: AuditInputs) -> Iterator[tuple[int, dict[str, Any], dict[str, str]]]:
    for item in inputs.targets:
        if item.target.physical is None:
            continue
        low, high = item.target.physical
        for place, y_pred in enumerate(item.y_pred):
            if outside := n_outside(y_pred, item.target):
                ends = float(y_pred.min()), float(y_pred.max())
                evidence: Evidence = {"target": item.target.name, "n_outside": outside}
                evidence |= {"n": y_pred.size, "smallest": ends[0], "largest": ends[1]}
                evidence |= {"physical_low": low, "physical_high": high}
                words = {"range": " to ".join(printed(end, "g") for end in (low, high))}
                words |= {"reach": " to ".join(printed(end, ".3g") for end in ends)}
                yield place, evidence, {**words, "of": item.of, "unit": item.target.unit}


def check_order(inputs: AuditInputs) -> Found:
    """Targets that are in one order by definition, in another for most entries."""
    order = " ≤ ".join(inputs.task.target(name).symbol for name in inputs.task.ascending)
    for place in range(len(inputs.names) if order else 0):
        columns = {item.target.name: item.y_pred[place].ravel() for item in inputs.targets}
        n = inputs.targets[0].y_pred[place].size
        if 2 * (wrong := n_disordered(columns, inputs.task)) > n:
            yield place, {"n_disordered": wrong, "n": n}, {"order": order}


# --- The scores of one submission against one another


def check_crossing(inputs: AuditInputs) -> Found:
    """A smaller error where the composition is also in the training set, held to a constant's."""
    task = inputs.task
    metric = get_metric(task.primary_use.metric)
    targets = [item for item in inputs.targets if item.target in task.primary_targets]
    usable = [np.isfinite(item.y_true) | metric.accepts_missing for item in targets]
    sides = [[side & rows for rows in usable] for side in (inputs.crossing, ~inputs.crossing)]
    if metric.direction != "minimize" or not targets:
        return
    if not all(rows.any() for side in sides for rows in side):
        return

    def errors(y_pred: Sequence[Array]) -> list[float]:
        """Error on the crossing entries and on all others, averaged over seeds and targets."""
        found = []
        for side in sides:
            values = []
            for item, rows, predicted in zip(targets, side, y_pred, strict=True):
                needed = {name: getattr(item, name)[rows] for name in metric.needs}
                options = {**task.primary_use.options, **needed}
                seeds = predicted[:, rows]
                values.append(
                    np.mean([metric.function(item.y_true[rows], seed, **options) for seed in seeds])
                )
            found.append(float(np.mean(values)))
        return found

    constant = errors([np.full((1, item.y_true.size), item.train_median) for item in targets])
    n = int(inputs.crossing.sum())
    unit = f" {targets[0].target.error_unit}" if metric.unit == "target" else ""
    why = "few" if n < MIN_ROWS else "many"
    for place in range(len(inputs.names)):
        mine = errors([item.y_pred[place] for item in targets])
        if mine[0] * constant[1] < CROSSING_RATIO * mine[1] * constant[0]:
            shown = [round(error, ERROR_DECIMALS) for error in (*mine, *constant)]
            evidence: Evidence = {"n_crossing": n, **dict(zip(_SIDES, shown, strict=True))}
            yield place, evidence, {"metric": task.primary_use.title, "unit": unit, "why": why}


def check_cv_and_test(inputs: AuditInputs) -> Found:
    """A test error and an error on the primary folds whose intervals lie far apart."""
    task, primary = inputs.task, inputs.task.primary
    metric, name = get_metric(task.primary_use.metric), primary.metric
    scheme = next((cv for cv in task.cross_validation if cv.is_primary), None)
    if scheme is None or metric.direction != "minimize":
        return
    unit = f" {task.primary_targets[0].error_unit}" if metric.unit == "target" else ""
    for place, receipt in enumerate(inputs.receipts):
        score = receipt["targets"][primary.target][primary.subset]["metrics"][name]
        folds = (receipt.get("cross_validation") or {}).get(scheme.scheme) or {}
        test = [score[key] for key in ("value", "ci_low", "ci_high")]
        cv = [folds.get(key) for key in (name, f"{name}_ci_low", f"{name}_ci_high")]
        if None in (*test, *cv):
            continue
        smaller, larger = sorted([test, cv])
        if smaller[2] < larger[1] and larger[0] > CONTRADICTION * smaller[0]:
            keys = [f"{which}{end}" for which in ("test", "cross_validated") for end in _ENDS]
            evidence = dict(zip(keys, (*test, *cv), strict=True)) | {"scheme": scheme.scheme}
            side = "smaller" if test[0] < cv[0] else "larger"
            words = {"metric": task.primary_use.title, "unit": unit, "folds": scheme.title}
            yield place, evidence, {**words, "side": side, "why": side}


# --- Submissions against one another


def check_identical(inputs: AuditInputs) -> Found:
    """Submissions whose predictions are the same to six decimals."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for position, item in enumerate(inputs.targets):
        # One seed of another is the same too.
        owners = [place for place, rows in enumerate(item.y_pred) for _ in (None, *rows)]
        rows = [
            row
            for mean, seeds in zip(item.means, item.y_pred, strict=True)
            for row in (mean, *seeds)
        ]
        members: dict[int, set[int]] = {}
        for place, kind in zip(owners, same_rows(np.array(rows)).tolist(), strict=True):
            members.setdefault(kind, set()).add(place)
        for same in {tuple(sorted(found)) for found in members.values() if len(found) > 1}:
            groups.setdefault(same, []).append(position)
    for same_places, positions in groups.items():
        values = [inputs.targets[at].means[same_places[0]] for at in positions]
        is_constant = all(np.ptp(np.round(each, SAME_DECIMALS)) == 0 for each in values)
        references = {at for at in same_places if inputs.names[at] in inputs.task.references}
        for place in same_places:
            why = "reference" if references - {place} else "other"
            evidence, words = _twins(inputs, place, same_places, positions)
            words |= {"decimals": str(SAME_DECIMALS), "why": "constant" if is_constant else why}
            yield place, evidence, words


def check_affine(inputs: AuditInputs) -> Found:
    """Submissions whose predictions follow from another's by a slope and an offset.

    Constants and identical ones are left out. Correlations come from matrix products over blocks
    of submissions, never pair by pair.
    """
    lines: dict[int, dict[tuple[int, ...], list[int]]] = {}
    for position, item in enumerate(inputs.targets):
        if item.means.shape[1] < FEWEST_ENTRIES:
            continue
        kinds, standard = same_rows(item.means), _standardised(item.means)
        for begin in range(0, len(standard), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            close = np.abs(standard[block] @ standard.T) > LINE
            close &= kinds[block, None] != kinds[None, :]
            for row in np.flatnonzero(close.any(axis=1)):
                others = tuple(np.flatnonzero(close[row]).tolist())
                lines.setdefault(begin + int(row), {}).setdefault(others, []).append(position)
    for place, found in lines.items():
        for others, positions in found.items():
            item = inputs.targets[positions[0]]
            mine, other = item.means[place], item.means[others[0]]
            slope, offset = map(float, np.polyfit(other, mine, 1))
            residual = float(np.abs(slope * other + offset - mine).max())
            twins, words = _twins(inputs, place, others, positions)
            n_distinct = len(np.unique(np.round(mine, SAME_DECIMALS)))
            evidence: Evidence = {**twins, "slope": slope, "offset": offset}
            evidence |= {"largest_residual": residual, "n_distinct": n_distinct}
            line = f"{printed(slope, '.4g')} times the other {printed(offset, '+.4g')}"
            yield place, evidence, {**words, "line": line, "unit": item.target.error_unit}


def check_near(inputs: AuditInputs) -> Found:
    """Submissions that are another's with changes, or another's mixed with the labels."""
    for position, item in enumerate(inputs.targets):
        known = np.isfinite(item.y_true)
        if known.sum() < FEWEST_NEAR:
            continue
        means = item.means[:, known]
        kinds, standard = same_rows(item.means), _standardised(means)
        (truth,) = _standardised(item.y_true[None, known])
        ry, varies = standard @ truth, np.any(standard, axis=1)
        free = np.maximum(1 - ry**2, 1e-9)
        ranks = _standardised(_ranks(means))
        compared = np.linspace(0, means.shape[1] - 1, min(means.shape[1], _MOST_COMPARED))
        exact = np.round(means[:, compared.astype(int)], SAME_DECIMALS)
        # A number for each value: many times faster to compare.
        numbers = (np.unique(column, return_inverse=True)[1] for column in exact.T)
        exact = np.ascontiguousarray(np.array([*numbers], dtype=np.uint32).T)
        places = np.flatnonzero(varies & inputs.wanted)
        blocks = (places[n : n + _BLOCK] for n in range(0, len(places), _BLOCK))
        products = ((b, standard[b] @ standard.T, ranks[b] @ ranks.T) for b in blocks)
        for at, r, ordered in chain.from_iterable(zip(*three, strict=True) for three in products):
            # R² of these predictions on the labels and each other row, from the correlations.
            explained = ry[at] ** 2 + (r - ry[at] * ry) ** 2 / free
            shared = np.count_nonzero(exact == exact[at], axis=1) / exact.shape[1]
            close = (explained > NEAR) & (ry[at] ** 2 <= NEAR) & (ry**2 <= NEAR)
            # Another row through a curve keeps its order.
            close |= (ordered**2 > NEAR) & (ry[at] ** 2 <= NEAR)
            close = (close | (shared >= SHARED)) & (np.abs(r) <= LINE)
            others = np.flatnonzero(close & varies & (kinds != kinds[at]))
            if others.size:
                first = others[0]
                evidence, words = _twins(inputs, int(at), others.tolist(), [position])
                evidence |= {"unexplained": max(1 - float(explained[first]), 0.0)}
                evidence |= {"share_equal": float(shared[first])}
                weight = (ry[at] - r[first] * ry[first]) / free[first]
                mixed = " and the labels together" if weight > CONSTANT_SPREAD else ""
                yield int(at), evidence, {**words, "mixed": mixed}


def check_names(inputs: AuditInputs) -> Found:
    """Models that a reader would take for another by their names."""
    models = [str(receipt.get("model", "")) for receipt in inputs.receipts]
    spelt = [_spelt(model) for model in models]
    # Numbers apart, names are versions of one model.
    bare = [re.sub(r"\d", "", text) for text in spelt]
    near: dict[str, set[int]] = {}
    for at, text in enumerate(spelt):
        shorter = (text[:n] + text[n + 1 :] for n in range(len(text)))
        for key in {text, *(shorter if len(text) > _SHORT_NAME else ())}:
            near.setdefault(key, set()).add(at)
    like: dict[int, set[int]] = {}
    for group in near.values():
        for at in group if len(group) > 1 else ():
            like.setdefault(at, set()).update(group - {at})
    for at, others in sorted(like.items()):
        alike = [n for n in others if spelt[n] == spelt[at] or bare[n] != bare[at]]
        if alike:
            owners = sorted(inputs.names[n] for n in alike)
            evidence: Evidence = {"model": models[at], "n_alike": len(alike), "twin": owners[0]}
            yield at, evidence, {"names": ", ".join(owners[:NAMED_TWINS])}


def _spelt(model: str) -> str:
    """A display name as a reader sees it: letters and digits only, look-alikes made the same."""
    folded = unicodedata.normalize("NFKD", model).translate(_LATIN).casefold()
    return skeleton("".join(character for character in folded if character.isalnum()))


# Characters of other scripts that look like Latin ones.
_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u03b1\u03bf\u03c1\u03bd"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7",
    "aeopcyxisjaopvABEKMHOPCTXIABEZHIKMNOPTX",
)
_SHORT_NAME = 6


def same_rows(rows: Array) -> npt.NDArray[np.int64]:
    """The place of the first row that is the same to six decimals, for each row.

    Example:
        >>> same_rows(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0 + 1e-9]]))
        array([0, 1, 0])
    """
    first: dict[bytes, int] = {}
    exact = np.round(rows, SAME_DECIMALS) + 0.0  # no negative zeros
    kinds = [first.setdefault(row.tobytes(), place) for place, row in enumerate(exact)]
    return np.array(kinds, dtype=np.int64)


def printed(value: float, form: str) -> str:
    """A number as a sentence prints it, with a true minus.

    Example:
        >>> printed(-38.06, ".3g"), printed(0.5, "+.4g")
        ('−38.1', '+0.5')
    """
    return format(value, form).replace("-", "−")


def _ranks(rows: Array) -> Array:
    """Ranks within each row, from 0 upwards; ties as they come."""
    return rows.argsort(axis=1).argsort(axis=1).astype(np.float64)


def _standardised(rows: Array) -> Array:
    """Rows of mean 0 and length 1, so that products are correlations; constants become 0."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    varies = np.ptp(np.round(rows, SAME_DECIMALS), axis=1, keepdims=True) > 0
    standard: Array = np.where(varies & (length > 0), centred / np.where(length > 0, length, 1), 0)
    return standard


def _twins(
    inputs: AuditInputs, place: int, others: Sequence[int], positions: Sequence[int]
) -> tuple[Evidence, dict[str, str]]:
    """Evidence and words on twins; targets are named where not all of them are meant."""
    n = len(others) - (place in others)
    names = [inputs.names[at] for at in others[: NAMED_TWINS + 1] if at != place]
    targets = [inputs.targets[at].target for at in positions]
    more = f" and {n - NAMED_TWINS} more" if n > NAMED_TWINS else ""
    symbols = ", ".join(target.symbol for target in targets)
    of = f" of {symbols}" if len(targets) < len(inputs.targets) else ""
    evidence: Evidence = {"twin": names[0], "n_twins": n}
    evidence |= {"targets": ", ".join(target.name for target in targets)}
    evidence |= {"n": inputs.targets[0].means.shape[1]}
    return evidence, {"of": of, "names": ", ".join(names[:NAMED_TWINS]) + more}


@dataclass(frozen=True, kw_only=True)
class AuditCheck:
    """One check of the audit, its words from ``audit.yaml``.

    Attributes:
        name: Key in findings.
        title: As printed, in a list of all checks.
        heading: Title of a finding.
        sentence: Its text, with places for the evidence and for other words.
        why: Explanations to choose from.
        run: Yields what it notes on a board.
    """

    name: str
    title: str
    heading: str
    sentence: str
    why: Mapping[str, str] = field(default_factory=dict)
    run: Callable[[AuditInputs], Found]


_WORDS = own_yaml(Path(__file__).with_suffix(".yaml"))
#: Every check, in the order in which findings are listed.
CHECKS = tuple(
    AuditCheck(name=name, run=globals()[f"check_{name}"], **words) for name, words in _WORDS.items()
)
