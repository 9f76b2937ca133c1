"""Pairs of submissions: difference of the primary score, its interval, who is likely better."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ionladder.leaderboard.comparison import Comparison
from ionladder.scoring.receipt import rounded
from ionladder.statistics.pairs import paired_differences

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
