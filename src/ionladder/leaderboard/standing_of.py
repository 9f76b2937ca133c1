"""Where one submission would stand on its board: rank, ties, doubt, and what the audit notes.

``ionladder score`` and the check of a pull request come through here, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ionladder.core.paths import Layout
from ionladder.datasets.crossing import crossing_ids
from ionladder.leaderboard.assemble import error_scale
from ionladder.leaderboard.audit import audit_board, audit_json
from ionladder.leaderboard.comparison import Comparison, compare
from ionladder.leaderboard.rows import share_closed
from ionladder.scoring.evaluate import primary_metric
from ionladder.scoring.receipt import rounded
from ionladder.scoring.score import Scored, TaskScorer, submission_folders
from ionladder.scoring.slices import MIN_ROWS
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task

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
