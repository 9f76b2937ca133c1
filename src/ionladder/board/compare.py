"""Submissions of a board side by side: ranks, pairs, how firm the top is, experiments."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.board.model import MOST_FOR_ALL_PAIRS, PAIR_COLUMNS, paired
from ionladder.config import ScoringSettings
from ionladder.data.slices import NOT_GIVEN
from ionladder.metrics import get_metric, spearman
from ionladder.receipt import DECIMALS, MIN_ROWS, SCORER_VERSION, rounded
from ionladder.score import Scored, TaskScorer
from ionladder.specs import Array, MetricUse, Task
from ionladder.stats import ranking
from ionladder.stats.intervals import jackknife_variance, make_groups, student_t
from ionladder.stats.ranking import GroupScore, RankRow, Resamples, Rows, Standings, Verdicts

if TYPE_CHECKING:
    import pandas as pd

_OTHERS_AT_ONCE = 250
#: Deciding groups that are listed by name.
MOST_GROUPS = 20
_FEWEST_GROUPS, _FEWEST_MODELS = 2, 4
#: Blocks of groups that metrics without sums over groups are computed without, one at a time.
MOST_BLOCKS = 64
_SEEDS_LEFT_OUT = 2
CLAIMS = (0.1, 0.2, 0.5)

EXPERIMENTS_COLUMNS = (
    *PAIR_COLUMNS[:2],
    "slice",
    "part",
    "n",
    "n_groups",
    *PAIR_COLUMNS[2:5],
    "p",
    "smallest_detectable",
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All scored submissions of a task, ready to be compared.

    Attributes:
        names: Submissions, verified and references, by name.
        standings: Their primary scores in the same order; negated where larger is better.
        verdicts: Every verdict between them, in the same order.
        ranks: Verified submission → where it is; read from the verdicts.
        sign: 1 where smaller is better, −1 otherwise.
    """

    names: tuple[str, ...]
    standings: Standings
    verdicts: Verdicts
    ranks: Mapping[str, RankRow]
    sign: float

    @property
    def ranked(self) -> Rows:
        """Places of the verified submissions among the names."""
        return np.array([n for n, name in enumerate(self.names) if name in self.ranks], dtype=int)

    def references(self, submission: str) -> dict[str, list[str]]:
        """References that a verified submission is significantly better and worse than."""
        row, better = self.names.index(submission), self.verdicts.better
        judged = {"better_than_references": better[row], "worse_than_references": better[:, row]}
        return {
            key: [self.names[o] for o in np.flatnonzero(found) if self.names[o] not in self.ranks]
            for key, found in judged.items()
        }

    def not_separated(self, submission: str) -> list[str]:
        """Verified submissions that are neither better nor worse than one, best first."""
        row, better = self.names.index(submission), self.verdicts.better
        is_open = ~(better[row] | better[:, row])
        found = [self.names[o] for o in self.ranked if o != row and is_open[o]]
        return sorted(found, key=lambda name: (self.ranks[name].rank, name))


def sign_of(task: Task) -> float:
    """1 where a smaller primary score is better, −1 otherwise."""
    return _sign(task.primary_use.metric)


def compare_submissions(
    task: Task, scored: Mapping[str, Scored], settings: ScoringSettings, *, beside: bool = False
) -> Comparison:
    """Rank verified submissions and make every submission ready to be paired with another.

    ``beside`` does it by the other metric that the task ranks by.
    """
    sign = _sign(((task.beside_use if beside else None) or task.primary_use).metric)
    names = tuple(sorted(scored))
    resamples = Resamples(n_resamples=settings.resamples, seed=settings.seed)
    found = [scored[name].evaluation for name in names]
    scores = [(each.beside if beside else None) or each.primary for each in found]
    if sign < 0:
        scores = [replace(each, sums=-each.sums, per_seed=-each.per_seed) for each in scores]
    standings = ranking.make_standings(scores, resamples)
    is_ranked = np.array(
        [scored[name].submission.name not in task.references for name in names], dtype=bool
    )
    verdicts = ranking.judge(standings, is_ranked, confidence=settings.confidence)
    rows = np.flatnonzero(is_ranked)
    ranked = ranking.rank_rows(standings, verdicts, rows)
    ranks = {names[row]: rank for row, rank in zip(rows, ranked, strict=True)}
    return Comparison(names=names, standings=standings, verdicts=verdicts, ranks=ranks, sign=sign)


def resolution(comparison: Comparison, settings: ScoringSettings) -> dict[str, Any] | None:
    """Which differences a board can tell apart; None with fewer than two ranked submissions.

    Returns:
        ``difference``: what would be separated on a share ``power`` of test sets like this one,
        among as many submissions that scatter as these do; null where nothing would.
        ``n_pairs``, ``n_groups``; and ``claims``: for differences of round size about as large
        against the leading score as 0.1, 0.2 and 0.5 are against 1, how many groups would do.
    """
    rows, standings = comparison.ranked, comparison.standings
    if len(rows) < 2:
        return None
    gap = ranking.smallest_detectable(standings, rows, confidence=settings.confidence)
    n_groups = int((standings.weights > 0).sum())
    best = abs(float(standings.values[rows].min()))
    unit = 10.0 ** np.floor(np.log10(best)) if best > 0 else 1.0
    claims = []
    for claim in (round(float(unit * share), 12) for share in CLAIMS):
        n = math.ceil(n_groups * (gap / claim) ** 2) if math.isfinite(gap) else None
        claims.append({"difference": claim, "groups_needed": n})
    sizes = {"n_pairs": comparison.verdicts.n_pairs, "n_groups": n_groups}
    return {"difference": rounded(gap), "power": ranking.POWER, **sizes, "claims": claims}


def analyse(
    task: Task,
    scored: Mapping[str, Scored],
    comparison: Comparison,
    scorer: TaskScorer,
    *,
    dataset_version: str,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """What a board says beyond its rows, ready to be written as JSON.

    Args:
        task: The task.
        scored: Its scored submissions.
        comparison: The same, side by side.
        scorer: Knows predictions, labels and groups.
        dataset_version: Version scored on.
        settings: Interval settings.
    """
    return {
        "task": task.name,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "pairs": pair_table(comparison, task.references, confidence=settings.confidence),
        "robustness": leader_without_groups(comparison, scorer.groups()),
        "purposes": purposes(task, scored, comparison, scorer, settings),
    }


# --- Pairs: difference of the primary score, its interval, who is likely better


def pair_table(
    comparison: Comparison, references: Collection[str], *, confidence: float
) -> dict[str, Any]:
    """Paired differences, each pair once, the better of the two first.

    A large board has those of :func:`ionladder.board.model.paired`; ``ionladder compare`` gives
    any pair.

    Returns:
        ``columns`` and ``rows``: the score of ``submission`` minus that of ``other`` in the unit
        of the primary metric, the interval of that difference for this pair alone, and the
        verdict's p-value, which allows for all pairs; null between references. ``confidence``:
        the two are separated where that p is at most 1 − confidence.
    """
    names, ranks = comparison.names, comparison.ranks
    # By the scores as rows print them, so that the order is that of the board.
    order = np.argsort(np.round(comparison.standings.values, DECIMALS), kind="stable")
    listed = [
        {
            "submission": name,
            "kind": "reference" if name in references else "verified",
            "tie_group": ranks[name].tie_group if name in ranks else None,
        }
        for name in (names[row] for row in order)
    ]
    place, rows = {name: row for row, name in enumerate(names)}, []
    for name, others in paired(listed):
        behind = [place[other] for other in others]
        rows += _pairs(comparison, place[name], behind, confidence=confidence)
    return {"columns": list(PAIR_COLUMNS), "rows": rows, "confidence": confidence}


def pair(
    comparison: Comparison, submission: str, other: str, *, confidence: float
) -> dict[str, Any]:
    """One pair, as a row of :func:`pair_table` by the names of its columns, and ``p`` alone.

    Raises:
        ValueError: One of them is not on the board.
    """
    row, place = (comparison.names.index(name) for name in (submission, other))
    (found,) = _pairs(comparison, row, [place], confidence=confidence)
    alone = ranking.paired_differences(comparison.standings, row, [place], confidence=confidence)
    return {**dict(zip(PAIR_COLUMNS, found, strict=True)), "p": rounded(alone.p[0])}


def _pairs(
    comparison: Comparison, row: int, others: list[int], *, confidence: float
) -> list[list[Any]]:
    name, names = comparison.names[row], (comparison.names[other] for other in others)
    numbers = _numbers(comparison.standings, row, others, comparison.sign, confidence)
    p = comparison.verdicts.p[row, others].tolist()
    return [
        [name, other, *found[:-1], rounded(adjusted)]
        for other, found, adjusted in zip(names, numbers, p, strict=True)
    ]


def _numbers(
    standings: Standings, row: int, others: list[int], sign: float, confidence: float
) -> Iterator[tuple[float | None, ...]]:
    """Difference, ends of its interval, and p of this pair alone, for each other."""
    for begin in range(0, len(others), _OTHERS_AT_ONCE):  # each takes 10,000 differences of memory
        some = others[begin : begin + _OTHERS_AT_ONCE]
        pairs = ranking.paired_differences(standings, row, some, confidence=confidence)
        ends = (pairs.ci_low, pairs.ci_high) if sign > 0 else (-pairs.ci_high, -pairs.ci_low)
        columns = (sign * pairs.difference, *ends, pairs.p)
        yield from (tuple(map(rounded, numbers)) for numbers in zip(*columns, strict=True))


# --- How much the top of a board rests on: single groups of entries, the metric, the subset


def leader_without_groups(
    comparison: Comparison, groups: Sequence[Sequence[str]]
) -> dict[str, Any] | None:
    """Who would lead if one group of related entries had not been measured.

    Args:
        comparison: The submissions of the board.
        groups: Ids of the entries of each group, in the order of the standings' groups.

    Returns:
        ``leader``, ``n_groups``, ``share_leader_stays`` (share of the deletions, between 0 and 1)
        and ``deciding``: the groups without which another submission leads, with their ids, that
        submission, and both scores. None when fewer than two submissions are ranked.
    """
    ranked = [row for row, name in enumerate(comparison.names) if name in comparison.ranks]
    if len(ranked) < 2:
        return None
    names = [comparison.names[row] for row in ranked]
    leader = int(np.argmin(comparison.standings.values[ranked]))
    without = comparison.standings.left_out[ranked]
    new_leaders = without.argmin(axis=0)
    changed = np.flatnonzero(without[leader] > without.min(axis=0))
    deciding = []
    for group in changed[:MOST_GROUPS]:
        new, scores = new_leaders[group], comparison.sign * without[:, group]
        found = {"entries": list(groups[group]), "leader": names[new]}
        found |= {"score": rounded(scores[new]), "score_of_leader": rounded(scores[leader])}
        deciding.append(found)
    share = rounded(1.0 - len(changed) / len(groups))
    said = {"leader": names[leader], "n_groups": len(groups), "share_leader_stays": share}
    return {**said, "n_deciding": len(changed), "deciding": deciding}


def purposes(
    task: Task,
    scored: Mapping[str, Scored],
    comparison: Comparison,
    scorer: TaskScorer,
    settings: ScoringSettings,
) -> list[dict[str, Any]]:
    """Which models are best for what: by every measure on the test set, and on parts of it.

    Each purpose is judged by the rule of the board, in units of the metric: sign flips of group
    differences, p times the number of pairs. A metric that is no mean over entries has no sums over
    groups; what it loses without each group, the jackknife's pseudo-values, takes their place.

    Args:
        task: The task.
        scored: Its scored submissions.
        comparison: The same, side by side; the first ``MOST_FOR_ALL_PAIRS`` verified are looked at.
        scorer: Knows predictions, labels and groups.
        settings: Interval settings.

    Returns:
        One item a purpose: ``metric`` (as the task names it), ``slice`` and ``part`` (null on the
        whole primary subset), ``n`` entries in ``n_groups`` groups, ``n_models`` that have a value,
        ``best`` of them, its ``value``, and ``alike``: those not separated from the best, the best
        included, in order. All ``n_models`` alike says that nothing is determined. ``agreement``
        with the order of the board, as Spearman's ρ, has an interval from leaving out groups.

    Reference:
        Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 11.2 (pseudo-values)
    """
    ranked = sorted(comparison.ranks, key=lambda name: (comparison.ranks[name].rank, name))
    ranked = ranked[:MOST_FOR_ALL_PAIRS]
    if len(ranked) < 2:
        return []
    rows = scorer.prepared.rows(task.primary.subset)
    y_pred = {name: scorer.predictions(scored[name]) for name in ranked}
    found: list[dict[str, Any]] = []
    board: Mapping[str, GroupScore] = {}
    for use in sorted(task.metrics, key=lambda use: use.name != task.primary.metric):
        if use.weight or use.only or get_metric(use.metric).ideal is not None:
            continue
        measured = {
            name: each
            for name in ranked
            if (each := _pseudo_values(scorer, task, use, y_pred[name])) is not None
        }
        board = board or measured
        whole: dict[str, Any] = {"metric": use.name, "slice": None, "part": None}
        whole |= _best_of(measured, len(rows.index), use.metric, settings)
        if use.name == task.primary.metric:
            places = {name: comparison.names.index(name) for name in ranked}
            beaten = comparison.verdicts.better[places[whole["best"]]]
            whole["alike"] = [name for name in ranked if not beaten[places[name]]]
        found.append(whole | _agreement(board, measured, task, use.metric, settings.confidence))
    found_errors = ((name, scorer.entry_errors(scored[name])) for name in ranked)
    errors = {name: own for name, own in found_errors if own is not None}
    if scorer.labels.slices is None or not errors:
        return found
    group = np.full(len(scorer.prepared.ids), -1)
    group[rows.index] = rows.groups.index
    aligned = scorer.labels.slices.set_index("id").loc[scorer.prepared.ids]
    for item in task.slices:
        column = aligned[item.name].to_numpy(dtype=object)
        for part in [v for v, _ in item.values or ()] or sorted({*column} - {None, NOT_GIVEN}):
            inside = (column == part) & (group >= 0) & scorer.prepared.has_error
            if (n := int(inside.sum())) < MIN_ROWS:
                continue
            groups = make_groups(group[inside])
            measured = {
                name: GroupScore(
                    sums=groups.sums(each[:, inside].mean(axis=0))[None, :],
                    sizes=groups.sizes[None, :],
                    per_seed=each[:, inside].mean(axis=1),
                )
                for name, each in errors.items()
            }
            said = {"metric": task.primary.metric, "slice": item.name, "part": part}
            found.append(said | _best_of(measured, n, task.primary_use.metric, settings))
    return found


def _pseudo_values(
    scorer: TaskScorer, task: Task, use: MetricUse, y_pred: Mapping[str, Array]
) -> GroupScore | None:
    """A metric as a mean over blocks of groups of its pseudo-values; None where it is undefined."""
    metric, prepared = get_metric(use.metric), scorer.prepared
    per_seed, left = [], []
    for target in task.primary_targets:
        rows = prepared.scored_rows(task.primary.subset, target, metric)
        block = rows.groups.index % MOST_BLOCKS
        y_true, known = prepared.y_true[target.name][rows.index], y_pred[target.name][:, rows.index]
        options = prepared.options(use, target, rows)

        def value(kept: Any, pred: Array, y: Array = y_true, given: Any = options) -> float:
            cut = {k: v[kept] if isinstance(v, np.ndarray) else v for k, v in given.items()}
            return float(metric.function(y[kept], pred[kept], **cut))

        blocks = range(min(rows.groups.n_groups, MOST_BLOCKS))
        some = known[:_SEEDS_LEFT_OUT]
        per_seed.append([value(slice(None), pred) for pred in known])
        left.append([[value(block != b, pred) for b in blocks] for pred in some])
    values, rest = np.mean(per_seed, axis=0), np.mean(left, axis=(0, 1))
    if not (np.isfinite(values).all() and np.isfinite(rest).all()) or len(rest) < _FEWEST_GROUPS:
        return None
    parts = values.mean() + (len(rest) - 1) * (rest.mean() - rest)
    return GroupScore(sums=parts[None, :], sizes=np.ones((1, len(rest))), per_seed=values)


def _best_of(
    measured: Mapping[str, GroupScore], n: int, metric: str, settings: ScoringSettings
) -> dict[str, Any]:
    """The best of some scores over the same groups, and those that are not separated from it."""
    names, sign = list(measured), _sign(metric)
    if not names:
        return {"n": n, "n_groups": 0, "n_models": 0, "best": None, "value": None, "alike": []}
    scores = [
        replace(each, sums=sign * each.sums, per_seed=sign * each.per_seed)
        for each in measured.values()
    ]
    standings = ranking.make_standings(scores, Resamples(n_resamples=1, seed=settings.seed))
    values, n_groups = standings.values, int((standings.weights > 0).sum())
    order = np.argsort(values, kind="stable")
    others, n_pairs = order[1:], len(names) * (len(names) - 1) // 2
    p = np.ones(len(names))
    # So few groups have too few patterns of signs for any verdict.
    if n_pairs and 2.0 ** (1 - n_groups) * n_pairs <= 1.0 - settings.confidence:
        best = np.full(len(others), order[0])
        p[others] = n_pairs * ranking.p_values(standings, others, best, n_draws=0)
    alike = [names[row] for row in order if p[row] > 1.0 - settings.confidence]
    counts = {"n": n, "n_groups": n_groups, "n_models": len(names)}
    value = rounded(sign * values[order[0]])
    return {**counts, "best": names[order[0]], "value": value, "alike": alike}


def _agreement(
    board: Mapping[str, GroupScore],
    measured: Mapping[str, GroupScore],
    task: Task,
    metric: str,
    confidence: float,
) -> dict[str, Any]:
    """Spearman's ρ between the orders by two measures, with the jackknife's interval."""
    names = [name for name in measured if name in board]
    sides = [
        np.array([[*each[name].sums[0]] for name in names]) * sign
        for each, sign in ((board, sign_of(task)), (measured, _sign(metric)))
    ]
    found = dict.fromkeys(("agreement", "agreement_ci_low", "agreement_ci_high"))
    if len(names) < _FEWEST_MODELS or sides[0].shape != sides[1].shape:
        return found
    k = sides[0].shape[1]
    whole = [side.mean(axis=1) for side in sides]
    # From pseudo-values back to the values without a block.
    rest = [(k * mean[:, None] - side) / (k - 1) for mean, side in zip(whole, sides, strict=True)]
    rho = spearman(*whole)
    left = np.array([spearman(rest[0][:, b], rest[1][:, b]) for b in range(k)])
    reach = float(student_t(k - 1, confidence)) * math.sqrt(
        jackknife_variance(np.array(rho), left, np.array(k))
    )
    ends = (rho, max(rho - reach, -1.0), min(rho + reach, 1.0))
    return dict(zip(found, map(rounded, ends), strict=True))


def _sign(metric: str) -> float:
    return 1.0 if get_metric(metric).direction == "minimize" else -1.0


# --- The differences that an experiment asks for, on the whole test set and on parts of it


def experiment_tables(
    task: Task,
    scored: Mapping[str, Scored],
    scorer: TaskScorer,
    columns: pd.DataFrame | None,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """The key ``experiments`` of ``leaderboard/analysis/<task>.json``.

    Args:
        task: The task; its experiments name the pairs.
        scored: Its scored submissions. Pairs of which one is missing are left out.
        scorer: Knows the errors of entries and their groups.
        columns: One text column per part, indexed by id; None where there are no parts.
        settings: Interval settings.

    Returns:
        Experiment → ``columns`` and ``rows``: the score of ``submission`` minus that of ``other``,
        with the interval and p for this pair alone. ``slice`` and ``part`` are null for the whole
        test set, ``subset`` and its name for the experiment's subset; ``smallest_detectable`` is
        what this pair alone would need there, null on other parts. Parts under eight entries or two
        groups have no difference, as on receipts.
    """
    groups = {entry: n for n, ids in enumerate(scorer.groups()) for entry in ids}
    ids = scorer.labels.test["id"].sort_values().tolist()
    group = np.array([groups.get(entry, -1) for entry in ids], dtype=np.int64)
    aligned = None if columns is None else columns.loc[ids]
    tables = {}
    for experiment in task.experiments:
        errors = {}
        for name in experiment.submissions:
            if name in scored and (found := scorer.entry_errors(scored[name])) is not None:
                errors[name] = sign_of(task) * found
        rows = list(_differences(errors, experiment.pairs, (None, None), group, settings, task))
        if experiment.subset:
            place, inside = ("subset", experiment.subset), np.full_like(group, -1)
            chosen = scorer.prepared.rows(experiment.subset).index
            inside[chosen] = group[chosen]
            rows += _differences(errors, experiment.pairs, place, inside, settings, task)
        for item in experiment.parts if aligned is not None else ():
            values = aligned[item.column].to_numpy(dtype=object)  # type: ignore[index]
            for part, _ in item.values or ():
                inside = np.where(values == part, group, -1)
                place = (item.name, part)
                rows += _differences(errors, experiment.arm_pairs, place, inside, settings, task)
        table = {"columns": list(EXPERIMENTS_COLUMNS), "rows": rows}
        tables[experiment.name] = {**table, "confidence": settings.confidence}
    return tables


def _differences(
    errors: Mapping[str, Array],
    pairs: Sequence[tuple[str, str]],
    place: tuple[str | None, str | None],
    group: npt.NDArray[np.int64],
    settings: ScoringSettings,
    task: Task,
) -> Iterator[list[Any]]:
    """One row a pair whose two submissions are scored; entries of group −1 are left out."""
    known = [pair for pair in pairs if pair[0] in errors and pair[1] in errors]
    names = sorted({name for pair in known for name in pair})
    if not known:
        return
    # Labels are missing for everybody alike.
    inside = (group >= 0) & ~np.isnan(errors[names[0]]).any(axis=0)
    groups = make_groups(group[inside])
    counts = [int(inside.sum()), groups.n_groups]
    is_part, is_asked = place != (None, None), place[0] in (None, "subset")
    if (is_part and counts[0] < MIN_ROWS) or counts[1] < _FEWEST_GROUPS:
        yield from ([*pair, *place, *counts, *[None] * 5] for pair in known)
        return
    scores = []
    for found in (errors[name][:, inside] for name in names):
        sums, sizes = groups.sums(found.mean(axis=0))[None, :], groups.sizes[None, :]
        scores.append(GroupScore(sums=sums, sizes=sizes, per_seed=found.mean(axis=1)))
    resamples = Resamples(n_resamples=settings.resamples, seed=settings.seed)
    standings = ranking.make_standings(scores, resamples)
    for pair in known:
        row, other = map(names.index, pair)
        numbers = next(_numbers(standings, row, [other], sign_of(task), settings.confidence))
        gap = None
        if is_asked:
            two, confidence = np.array([row, other]), settings.confidence
            gap = rounded(ranking.smallest_detectable(standings, two, confidence=confidence))
        yield [*pair, *place, *counts, *numbers, gap]
