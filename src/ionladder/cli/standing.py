"""What ``ionladder score`` says of a submission's place: rank, ties, worst slices, audit notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ionladder.cli.show import plain

if TYPE_CHECKING:
    from ionladder.leaderboard.standing_of import StandingOf
    from ionladder.specs.task import Task

_NAMED = 6


def standing_lines(found: StandingOf, task: Task) -> Iterator[str]:
    """The lines below the tables of a verdict, one statement each."""
    from ionladder.leaderboard.standing_of import primary_json, worst_slices

    yield _place(found)
    if found.former is not None:
        value = _number(primary_json(found.former, task)["value"])
        yield f"It replaces a committed submission whose {task.primary_use.title} is {value}."
    if found.reducible_error_closed is not None:
        yield (
            f"Of the error between {task.baseline_reference} and the floor it closes "
            f"{100 * found.reducible_error_closed:.0f} %."
        )
    worst = worst_slices(found.mine.receipt, task)
    if worst:
        yield f"Worst slices by {task.primary_use.title}, of those with 8 entries or more:"
        for part in worst:
            reach = _interval(part["ci_low"], part["ci_high"])
            yield f"  {part['title']} ({part['n']} entries): {_number(part['value'])}{reach}"
    for note in found.audit:
        yield f"Audit note, for readers and without judging. {note['title']}: {note['sentence']}"
    if found.refused:
        yield f"Not compared with {_names(found.refused)}, which cannot be scored."


def _place(found: StandingOf) -> str:
    standing = found.standing()
    if standing is None:
        return "It is a reference of this task: references are not ranked."
    low, high = standing["rank_low"], standing["rank_high"]
    reach = f"{low} to {high}" if low != high else f"{low}"
    tied = standing["tied_with"]
    ties = f"tied with {_names(tied)}" if tied else "told apart from all others"
    return (
        f"Among the committed submissions it would be rank {standing['rank']} of "
        f"{standing['n_ranked']} (range {reach}), {ties}; "
        f"best in {100 * standing['probability_best']:.1f} % of the resampled test sets."
    )


def _names(names: list[str] | tuple[str, ...]) -> str:
    rest = len(names) - _NAMED
    shown = ", ".join(plain(name) for name in names[:_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
