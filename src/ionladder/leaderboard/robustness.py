"""How much the top of a board rests on: single groups of entries, the metric, the subset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ionladder.leaderboard.comparison import Comparison
from ionladder.metrics.registry import get_metric
from ionladder.metrics.spearman import spearman
from ionladder.scoring.receipt import rounded
from ionladder.scoring.score import Scored
from ionladder.specs.task import Task

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
