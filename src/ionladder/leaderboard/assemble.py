"""The leaderboard of a task: floors, ranked rows, references and reported rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ionladder.leaderboard.comparison import Comparison
from ionladder.leaderboard.rows import reported_row, scored_row
from ionladder.scoring.evaluate import primary_metric
from ionladder.scoring.receipt import rounded
from ionladder.scoring.score import Scored
from ionladder.scoring.version import SCORER_VERSION
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.statistics.floor import Floor

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
