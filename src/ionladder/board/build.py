"""Building a leaderboard: ranks, comparisons, experiments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.board.audit import audit_board, audit_json
from ionladder.board.history import Record, read_history, record_publication
from ionladder.board.model import (
    reported_row,
    scored_row,
    share_closed,
    write_analysis,
    write_leaderboard,
    write_receipts,
)
from ionladder.config import ScoringSettings
from ionladder.data.slices import crossing_ids, experiment_columns
from ionladder.evaluation import primary_metric
from ionladder.metrics import get_metric, spearman
from ionladder.receipt import MIN_ROWS, SCORER_VERSION, rounded
from ionladder.repo import Layout
from ionladder.score import Scored, TaskScorer, TaskScores, submission_folders
from ionladder.specs import Array, Experiment, Task
from ionladder.stats.floor import Floor
from ionladder.stats.intervals import make_groups
from ionladder.stats.ranking import (
    GroupScore,
    RankRow,
    Resamples,
    Standings,
    make_standings,
    paired_differences,
    rank_rows,
)

if TYPE_CHECKING:
    import pandas as pd


# The submissions of a board side by side: one set of resamples, every difference paired


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All scored submissions of a task, ready to be compared.

    Attributes:
        names: Submissions, verified and references, by name.
        standings: Their primary scores in the same order; negated where larger is better.
        ranks: Verified submission → where it stands.
        sign: 1 where smaller is better, −1 otherwise.
    """

    names: tuple[str, ...]
    standings: Standings
    ranks: Mapping[str, RankRow]
    sign: float


def compare(task: Task, scored: Mapping[str, Scored], settings: ScoringSettings) -> Comparison:
    """Rank verified submissions and make every submission ready to be paired with another."""
    _, metric = primary_metric(task)
    sign = 1.0 if metric.direction == "minimize" else -1.0
    names = tuple(sorted(scored))
    resamples = Resamples(n_resamples=settings.resamples, seed=settings.seed)
    scores = [_signed(scored[name].evaluation.primary, sign) for name in names]
    standings = make_standings(scores, resamples)
    rows = np.array(
        [row for row, name in enumerate(names) if name not in task.references], dtype=np.int64
    )
    # A copy of all samples is large, so there is none where everybody is ranked.
    entrants = standings if len(rows) == len(names) else standings.take(rows)
    ranked = rank_rows(entrants, resamples=resamples, confidence=settings.confidence)
    ranks = {names[row]: rank for row, rank in zip(rows, ranked, strict=True)}
    return Comparison(names=names, standings=standings, ranks=ranks, sign=sign)


def _signed(score: GroupScore, sign: float) -> GroupScore:
    if sign > 0:
        return score
    return replace(score, sums=-score.sums, per_seed=-score.per_seed)


# Pairs of submissions: difference of the primary score, its interval, who is likely better


MOST_FOR_ALL_PAIRS = 60
"""Submissions up to which every pair is written; beyond it, pairs with leaders and references."""

COLUMNS = ("submission", "other", "difference", "ci_low", "ci_high", "probability_better")


def pair_table(
    comparison: Comparison, references: Collection[str], *, confidence: float
) -> dict[str, Any]:
    """Paired differences, each pair once, the better of the two first.

    On a board of more than ``MOST_FOR_ALL_PAIRS`` submissions the table holds the pairs with the
    leader of the board, with the leader of the submission's own tie group and with each
    reference; its size then grows with the number of submissions and not with the square.
    ``ionladder compare`` gives any pair.

    Returns:
        ``columns`` and ``rows``: the score of ``submission`` minus that of ``other`` in the unit
        of the primary metric, the interval of that difference for this pair alone, and the share
        of the shared resamples in which ``submission`` is the better one.
    """
    order = np.argsort(comparison.standings.values, kind="stable").tolist()
    rows = []
    for place, row in enumerate(order):
        others = _others(comparison, order, place, references)
        if others:
            rows += _rows(comparison, row, others, confidence=confidence)
    return {"columns": list(COLUMNS), "rows": rows}


def pair(
    comparison: Comparison, submission: str, other: str, *, confidence: float
) -> dict[str, Any]:
    """One pair, as a row of :func:`pair_table` by the names of its columns.

    Raises:
        KeyError: One of them is not on the board.
    """
    places = {name: row for row, name in enumerate(comparison.names)}
    row = _rows(comparison, places[submission], [places[other]], confidence=confidence)[0]
    return dict(zip(COLUMNS, row, strict=True))


def _others(
    comparison: Comparison, order: list[int], place: int, references: Collection[str]
) -> list[int]:
    """Whom the submission at a place of the order is paired with, among those after it."""
    after = order[place + 1 :]
    name = comparison.names[order[place]]
    if len(order) <= MOST_FOR_ALL_PAIRS or place == 0 or name in references:
        return after
    ranks = comparison.ranks
    leads = not any(
        ranks[other].tie_group == ranks[name].tie_group
        for other in (comparison.names[row] for row in order[:place])
        if other in ranks
    )
    return [
        row
        for row in after
        if (other := comparison.names[row]) in references
        or (leads and other in ranks and ranks[other].tie_group == ranks[name].tie_group)
    ]


def _rows(
    comparison: Comparison, row: int, others: list[int], *, confidence: float
) -> list[list[Any]]:
    pairs = paired_differences(comparison.standings, row, others, confidence=confidence)
    low, high = pairs.ci_low, pairs.ci_high
    if comparison.sign < 0:
        low, high = -high, -low
    return [
        [
            comparison.names[row],
            comparison.names[other],
            rounded(comparison.sign * pairs.difference[at]),
            rounded(low[at]),
            rounded(high[at]),
            rounded(pairs.probability_smaller[at]),
        ]
        for at, other in enumerate(others)
    ]


# How much the top of a board rests on: single groups of entries, the metric, the subset


MOST_GROUPS = 20
"""Deciding groups that are listed by name."""


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
    if len(comparison.ranks) < 2:
        return None
    names = list(comparison.ranks)
    rows = np.array([comparison.names.index(name) for name in names])
    standings = comparison.standings.take(rows)
    leader = int(np.argmin(standings.values))
    without = standings.left_out
    new_leaders = without.argmin(axis=0)
    changed = np.flatnonzero(without[leader] > without.min(axis=0))
    return {
        "leader": names[leader],
        "n_groups": len(groups),
        "share_leader_stays": rounded(1.0 - len(changed) / len(groups)),
        "n_deciding": len(changed),
        "deciding": [
            {
                "entries": list(groups[group]),
                "leader": names[int(new_leaders[group])],
                "score": rounded(comparison.sign * without[new_leaders[group], group]),
                "score_of_leader": rounded(comparison.sign * without[leader, group]),
            }
            for group in changed[:MOST_GROUPS]
        ],
    }


def sensitivity(task: Task, scored: Mapping[str, Scored], ranked: Sequence[str]) -> dict[str, Any]:
    """Ranks under every metric on the primary subset and the primary metric on every subset.

    Args:
        task: Names metrics and subsets.
        scored: Scored submissions.
        ranked: Verified submissions in the order of the board.

    Returns:
        ``views``: what each column is (metric, subset, agreement with the board's order as
        Spearman's ρ, null where it is undefined); ``ranks``: submission → rank in each view,
        null where it has no score there.
    """
    primary = task.primary
    pairs = [(use.name, primary.subset) for use in task.metrics]
    pairs += [(primary.metric, s.name) for s in task.subsets if s.name != primary.subset]
    metrics = {use.name: get_metric(use.metric) for use in task.metrics}
    columns = []
    for use, subset in pairs:
        sign = 1.0 if metrics[use].direction == "minimize" else -1.0
        scores = [scored[n].evaluation.score(primary.target, subset, use).value for n in ranked]
        columns.append(sign * np.array(scores, dtype=np.float64))
    board = columns[pairs.index((primary.metric, primary.subset))] if ranked else np.array([])
    ranks = [_ranks(column) for column in columns]
    return {
        "views": [
            {"metric": use, "subset": subset, "agreement": rounded(_agreement(board, column))}
            for (use, subset), column in zip(pairs, columns, strict=True)
        ],
        "ranks": {name: [rank[row] for rank in ranks] for row, name in enumerate(ranked)},
    }


def _ranks(scores: np.ndarray) -> list[int | None]:
    known = np.sort(scores[np.isfinite(scores)])
    ranks = 1 + np.searchsorted(known, scores, side="left")
    return [int(r) if np.isfinite(s) else None for r, s in zip(ranks, scores, strict=True)]


def _agreement(board: np.ndarray, column: np.ndarray) -> float:
    known = np.isfinite(board) & np.isfinite(column)
    return spearman(board[known], column[known]) if known.sum() > 1 else float("nan")


# What a board says beyond its rows: pairs, how robust the top is, how the order shifts


def analyse(
    task: Task,
    scored: Mapping[str, Scored],
    comparison: Comparison,
    groups: Sequence[Sequence[str]],
    *,
    dataset_version: str,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """Put the analysis of a board together, ready to be written as JSON.

    Args:
        task: The task.
        scored: Its scored submissions.
        comparison: The same, side by side.
        groups: Ids of the entries of each group of the primary subset, in the standings' order.
        dataset_version: Version scored on.
        settings: Interval settings.
    """
    ranked = sorted(comparison.ranks, key=lambda name: (comparison.ranks[name].rank, name))
    return {
        "task": task.name,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "pairs": pair_table(comparison, task.references, confidence=settings.confidence),
        "robustness": leader_without_groups(comparison, groups),
        "sensitivity": sensitivity(task, scored, ranked),
    }


# The leaderboard of a task: floors, ranked rows, references and reported rows


TIE_METHOD = "studentised difference to the leader, step-down, normal multipliers over groups"


def assemble(
    task: Task,
    scored: Mapping[str, Scored],
    floors: Sequence[Floor],
    comparison: Comparison,
    *,
    dataset_version: str,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """Put a leaderboard together, ready to be written as JSON.

    Verified and reference rows stand in the order of the primary metric (best first, then by
    name); only verified rows are ranked. Reported rows follow in the order of their source.
    """
    use, metric = primary_metric(task)
    target = task.primary_targets[0]
    scale = error_scale(task, scored, floors)
    rows = [
        scored_row(entry, task, comparison.ranks.get(name), scale) for name, entry in scored.items()
    ]
    rows.sort(key=lambda row: (_sort_value(row[use.name], comparison.sign), row["submission"]))
    return {
        "task": task.name,
        "dataset": task.dataset,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "primary": {
            "target": task.primary.target,
            "metric": task.primary.metric,
            "subset": task.primary.subset,
            "unit": target.error_unit if metric.unit == "target" else "1",
            "direction": metric.direction,
        },
        "ranking": {
            "ties": TIE_METHOD,
            "resamples": settings.resamples,
            "seed": settings.seed,
            "confidence": settings.confidence,
            "df": rounded(comparison.standings.df),
            "baseline_reference": task.baseline_reference,
        },
        "floors": [
            {
                "name": floor.name,
                "value": rounded(floor.value),
                "ci_low": rounded(floor.ci_low),
                "ci_high": rounded(floor.ci_high),
                "n_groups": floor.n_groups,
                "n_entries": floor.n_entries,
            }
            for floor in floors
        ],
        "rows": rows + [reported_row(reported, task) for reported in task.reported],
    }


def error_scale(
    task: Task, scored: Mapping[str, Scored], floors: Sequence[Floor]
) -> tuple[float, float]:
    """Primary score of the baseline reference, and the floor: the ends of the reducible error.

    NaN for what the task or the board does not have.
    """
    primary = task.primary
    reference = scored.get(task.baseline_reference or "")
    score = (
        reference.evaluation.score(primary.target, primary.subset, primary.metric).value
        if reference
        else np.nan
    )
    return score, floors[0].value if floors else np.nan


def _sort_value(value: float | None, sign: float) -> float:
    return np.inf if value is None else sign * value


# The differences that an experiment asks for, on the whole test set and on parts of it


EXPERIMENTS_COLUMNS = (
    *("submission", "other", "slice", "part", "n", "n_groups"),
    *("difference", "ci_low", "ci_high", "probability_better"),
)
_FEWEST_GROUPS = 2

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where differences are taken: everywhere (both names None), or on a part of a slice."""

    item: str | None
    part: str | None
    inside: npt.NDArray[np.bool_]


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
        with the interval for this pair alone. ``slice`` and ``part`` are null for the whole test
        set. Parts under eight entries or two groups have no difference, as on receipts.
    """
    groups = {entry: n for n, ids in enumerate(scorer.groups()) for entry in ids}
    ids = scorer.labels.test["id"].sort_values().tolist()
    group = np.array([groups.get(entry, -1) for entry in ids], dtype=np.int64)
    aligned = None if columns is None else columns.loc[ids]
    _, metric = primary_metric(task)
    sign = 1.0 if metric.direction == "minimize" else -1.0
    tables = {}
    for experiment in task.experiments:
        names = [name for name in experiment.submissions if name in scored]
        errors = {
            name: found
            for name in names
            if (found := scorer.entry_errors(scored[name])) is not None
        }
        rows = [
            row
            for place in _places(experiment, group >= 0, aligned)
            for row in _experiments_rows(
                errors,
                experiment.pairs if place.item is None else experiment.arm_pairs,
                place,
                group,
                sign=sign,
                settings=settings,
            )
        ]
        tables[experiment.name] = {"columns": list(EXPERIMENTS_COLUMNS), "rows": rows}
    return tables


def _places(
    experiment: Experiment, everywhere: npt.NDArray[np.bool_], columns: pd.DataFrame | None
) -> Iterator[_Place]:
    yield _Place(item=None, part=None, inside=everywhere)
    for item in experiment.parts if columns is not None else ():
        values = columns[item.column].to_numpy(dtype=object)  # type: ignore[index]
        for part, _ in item.values or ():
            yield _Place(item=item.name, part=part, inside=everywhere & (values == part))


def _experiments_rows(
    errors: Mapping[str, Array],
    pairs: Pairs,
    place: _Place,
    group: npt.NDArray[np.int64],
    *,
    sign: float,
    settings: ScoringSettings,
) -> Iterator[list[Any]]:
    """One row a pair whose two submissions are scored."""
    known = [pair for pair in pairs if pair[0] in errors and pair[1] in errors]
    if not known:
        return
    names = sorted({name for pair in known for name in pair})
    # Labels are missing for everybody alike.
    inside = place.inside & ~np.isnan(errors[names[0]]).any(axis=0)
    groups = make_groups(group[inside])
    counts = [int(inside.sum()), groups.n_groups]
    is_small = place.item is not None and counts[0] < MIN_ROWS
    if is_small or counts[1] < _FEWEST_GROUPS:
        yield from ([*pair, place.item, place.part, *counts, *[None] * 4] for pair in known)
        return
    scores = [
        GroupScore(
            sums=groups.sums(sign * errors[name][:, inside].mean(axis=0))[None, :],
            sizes=groups.sizes[None, :],
            per_seed=sign * errors[name][:, inside].mean(axis=1),
        )
        for name in names
    ]
    resamples = Resamples(n_resamples=settings.resamples, seed=settings.seed)
    standings = make_standings(scores, resamples)
    for first, second in known:
        found = paired_differences(
            standings, names.index(first), [names.index(second)], confidence=settings.confidence
        )
        ends = sorted((sign * found.ci_low[0], sign * found.ci_high[0]))
        numbers = (sign * found.difference[0], *ends, found.probability_smaller[0])
        yield [first, second, place.item, place.part, *counts, *map(rounded, numbers)]


# Scoring a task and writing all that is published of it: receipts, board, analysis, history


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a run published.

    Attributes:
        scores: What was scored, and what was refused with its problems.
        records: What was added to the history.
    """

    scores: TaskScores
    records: tuple[Record, ...]


def publish(layout: Layout, task: Task, version: str, settings: ScoringSettings) -> Published:
    """Score every submission of a task and write its files under ``leaderboard/``.

    Raises:
        HistoryError: The history is damaged; nothing is written.
        DataMissingError: The labels are not on this machine; nothing is written.
        DataChangedError: They are not those of the released version.
    """
    history = read_history(layout)
    scorer = TaskScorer.open(layout, task, version, settings)
    result = scorer.score_all(submission_folders(layout, task.name))
    comparison = compare(task, result.scored, settings)
    board = assemble(
        task,
        result.scored,
        scorer.floors(),
        comparison,
        dataset_version=version,
        settings=settings,
    )
    analysis = analyse(
        task,
        result.scored,
        comparison,
        scorer.groups(),
        dataset_version=version,
        settings=settings,
    )
    crossing = crossing_ids(layout, task, version)
    findings = audit_board(task, result.scored, scorer.labels, crossing=crossing)
    analysis["audit"] = audit_json(findings)
    if task.experiments:
        slices = scorer.labels.slices
        columns = None if slices is None else experiment_columns(layout, task, version, slices)
        analysis["experiments"] = experiment_tables(task, result.scored, scorer, columns, settings)
    receipts = {name: scored.receipt for name, scored in result.scored.items()}
    write_receipts(layout, task.name, receipts, result.refused)
    write_analysis(layout, analysis)
    write_leaderboard(layout, board)
    records = record_publication(layout, history, board, receipts)
    return Published(scores=result, records=tuple(records))


# Where one submission would stand on its board: rank, ties, doubt, and what the audit notes


WORST_SLICES = 3


@dataclass(frozen=True, kw_only=True)
class StandingOf:
    """A scored submission beside the others of its task.

    Attributes:
        mine: The submission.
        former: The submission of the same name that it would replace, or None.
        comparison: All of them side by side, the submission included.
        reducible_error_closed: Share of the way from the baseline reference to the floor; None
            where the task or the board has no such scale.
        audit: What the audit notes about it.
        refused: Others of the board that cannot be scored, and are left out.
    """

    mine: Scored
    former: Scored | None
    comparison: Comparison
    reducible_error_closed: float | None
    audit: list[dict[str, Any]]
    refused: tuple[str, ...]

    def standing(self) -> dict[str, Any] | None:
        """Rank and ties (:func:`standing_json`)."""
        return standing_json(self.comparison, self.mine.submission.name)


def stand(
    layout: Layout,
    task: Task,
    version: str,
    *,
    scorer: TaskScorer,
    settings: ScoringSettings,
    mine: Scored,
    board: Layout | None = None,
    follow: Callable[[list[Path]], Iterable[Path]] = iter,
) -> StandingOf:
    """Stand a scored submission beside the others of its task; nothing is written.

    Args:
        layout: The repository with the tables.
        task: The task.
        version: Dataset version.
        scorer: Its scorer.
        settings: Interval settings.
        mine: The submission. One of the same name on the board is the one it replaces.
        board: Root of the submissions it is compared with; ``layout`` unless given.
        follow: Hands out the folders of the board one by one, and may say how far it has come.

    Raises:
        DataMissingError: A table is not on this machine.
    """
    name = mine.submission.name
    others = scorer.score_all(follow(submission_folders(board or layout, task.name)))
    scored = dict(others.scored)
    former = scored.get(name)
    scored[name] = mine
    comparison = compare(task, scored, settings)
    primary = task.primary
    value = mine.evaluation.score(primary.target, primary.subset, primary.metric).value
    crossing = crossing_ids(layout, task, version)
    notes = audit_json(audit_board(task, scored, scorer.labels, crossing=crossing))
    return StandingOf(
        mine=mine,
        former=former,
        comparison=comparison,
        reducible_error_closed=share_closed(
            rounded(value), error_scale(task, scored, scorer.floors())
        ),
        audit=notes[name],
        refused=tuple(other for other in others.refused if other != name),
    )


def standing_json(comparison: Comparison, name: str) -> dict[str, Any] | None:
    """Where a submission stands; None for a reference, which is not ranked.

    Returns:
        ``rank``, ``rank_low``, ``rank_high``, ``n_ranked``, ``probability_best``, ``leader``, and
        ``tied_with``: the others of its tie group, best first.
    """
    ranks = comparison.ranks
    mine = ranks.get(name)
    if mine is None:
        return None
    in_order = sorted(ranks, key=lambda other: (ranks[other].rank, other))
    tied = [o for o in in_order if o != name and ranks[o].tie_group == mine.tie_group]
    return {
        "rank": mine.rank,
        "rank_low": mine.rank_low,
        "rank_high": mine.rank_high,
        "n_ranked": len(ranks),
        "probability_best": rounded(mine.probability_best),
        "leader": in_order[0],
        "tied_with": tied,
    }


def primary_json(scored: Scored, task: Task) -> dict[str, float | None]:
    """The score that the task ranks by, as the receipt has it."""
    primary = task.primary
    subset = scored.receipt["targets"][primary.target][primary.subset]
    score: dict[str, float | None] = subset["metrics"][primary.metric]
    return score


def worst_slices(
    receipt: Mapping[str, Any], task: Task, *, limit: int = WORST_SLICES
) -> list[dict[str, Any]]:
    """The parts of the test set on which a submission does worst by the primary metric.

    Only parts of at least eight entries count; worst first, equal ones in the order of the task.

    Returns:
        ``slice``, ``part``, their ``title``, ``n``, ``value``, ``ci_low`` and ``ci_high`` each.
    """
    _, metric = primary_metric(task)
    sign = -1.0 if metric.direction == "minimize" else 1.0
    slices = receipt.get("slices") or {}
    found = [
        {
            "slice": item.name,
            "part": part,
            "title": f"{item.title}: {item.title_of(part)}",
            "n": score["n"],
            "value": score[task.primary.metric],
            "ci_low": score["ci_low"],
            "ci_high": score["ci_high"],
        }
        for item in task.slices
        for part, score in (slices.get(item.name) or {}).items()
        if score["n"] >= MIN_ROWS and score[task.primary.metric] is not None
    ]
    return sorted(found, key=lambda part: sign * part["value"])[:limit]


def full_json(found: StandingOf, task: Task) -> dict[str, Any]:
    """Receipt and standing under keys of their own, as ``ionladder score --json --full`` prints."""
    return {
        "receipt": found.mine.receipt,
        "standing": found.standing(),
        "reducible_error_closed": found.reducible_error_closed,
        "worst_slices": worst_slices(found.mine.receipt, task),
        "former": primary_json(found.former, task) if found.former else None,
        "audit": found.audit,
        "not_compared_with": list(found.refused),
    }
