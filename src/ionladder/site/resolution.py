"""What the widths of an experiment's intervals say can be told apart."""

from __future__ import annotations

from statistics import median
from typing import Any

from ionladder.site.differences import Differences
from ionladder.site.text import count, inert, number
from ionladder.specs.experiment import Experiment


def resolution(
    experiment: Experiment, differences: Differences, spread: float | None
) -> dict[str, Any] | None:
    """What the widths of the intervals say can be told apart; None where there is no interval.

    Args:
        experiment: Names the differences that are asked for, and the subjects.
        differences: Those that are known.
        spread: Largest minus smallest printed score, or None.
    """
    asked = {
        (f.difference.submission, f.difference.other): f.difference
        for question in experiment.questions
        for clause in question.clauses
        for f in differences.found(clause)
    }
    n_asked = sum(difference.half_width is not None for difference in asked.values())
    for pair in experiment.arm_pairs:
        known = differences.of(*pair)
        if known is not None:
            asked.setdefault(pair, known)
    widths = sorted(
        ((half, d) for d in asked.values() if (half := d.half_width) is not None),
        key=lambda item: item[0],
    )
    if not widths:
        return None
    board = differences.board
    narrowest = widths[0][1]
    among = [d for d in differences.among(experiment.subjects) if d.half_width is not None]
    typical = median(d.half_width or 0.0 for d in among) if among else None
    sized = next((d for _, d in widths if d.n is not None), None)
    return {
        "n_pairs": len(widths),
        "n_asked": n_asked,
        "n_arms": len(widths) - n_asked,
        "n_clear": sum(d.state != "open" for _, d in widths),
        "smallest": number(widths[0][0]),
        "middle": number(median(half for half, _ in widths)),
        "largest": number(widths[-1][0]),
        "narrowest": [
            inert(row.model if (row := board.entrant(name)) else name, limit=60)
            for name in (narrowest.submission, narrowest.other)
        ],
        "n": count(sized.n) if sized else None,
        "n_groups": count(sized.n_groups) if sized else None,
        "n_among": len(among),
        "n_among_clear": sum(d.state != "open" for d in among),
        "typical": None if typical is None else number(typical),
        "spread": None if spread is None else number(spread),
        "spread_is_less": None if typical is None or spread is None else spread < typical,
    }
