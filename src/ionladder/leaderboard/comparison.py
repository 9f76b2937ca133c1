"""The submissions of a board side by side: one set of resamples, every difference paired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ionladder.scoring.evaluate import primary_metric
from ionladder.scoring.score import Scored
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.statistics.ranks import RankRow, rank_rows
from ionladder.statistics.resamples import Resamples
from ionladder.statistics.standing import GroupScore, Standings, make_standings


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
