"""What a board says beyond its rows: pairs, how robust the top is, how the order shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ionladder.leaderboard.comparison import Comparison
from ionladder.leaderboard.pairs import pair_table
from ionladder.leaderboard.robustness import leader_without_groups, sensitivity
from ionladder.scoring.score import Scored
from ionladder.scoring.version import SCORER_VERSION
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task


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
