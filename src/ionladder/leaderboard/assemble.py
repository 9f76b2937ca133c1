"""The leaderboard of a task: floors, ranked rows, references and reported rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ionladder.leaderboard.rows import reported_row, scored_row
from ionladder.scoring.evaluate import primary_metric
from ionladder.scoring.receipt import rounded
from ionladder.scoring.score import Scored
from ionladder.scoring.version import SCORER_VERSION
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.statistics.floor import Floor
from ionladder.statistics.ranks import RankRow, rank_rows


def assemble(
    task: Task,
    scored: Mapping[str, Scored],
    floors: Sequence[Floor],
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
    sign = 1.0 if metric.direction == "minimize" else -1.0
    ranks = _rank(task, scored, sign, settings)
    rows = [scored_row(entry, task, ranks.get(name)) for name, entry in scored.items()]
    rows.sort(key=lambda row: (_sort_value(row[use.name], sign), row["submission"]))
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


def _sort_value(value: float | None, sign: float) -> float:
    return np.inf if value is None else sign * value


def _rank(
    task: Task, scored: Mapping[str, Scored], sign: float, settings: ScoringSettings
) -> dict[str, RankRow]:
    primary = task.primary
    names = [name for name in scored if name not in task.references]
    if not names:
        return {}
    evaluations = [scored[name].evaluation for name in names]
    scores = np.array(
        [entry.score(primary.target, primary.subset, primary.metric).value for entry in evaluations]
    )
    samples = np.stack([entry.primary_samples for entry in evaluations])
    ranked = rank_rows(sign * scores, sign * samples, confidence=settings.confidence)
    return dict(zip(names, ranked, strict=True))
