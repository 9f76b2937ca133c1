"""One submission entry by entry: parity and residuals of every target, and where it errs most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.site.charts.parity import Parity, Point, parity_chart
from ionladder.site.charts.residuals import Residuals, residual_chart
from ionladder.site.entries import Entries
from ionladder.site.entry_choice import EntryChoice
from ionladder.site.label_cells import difference_cell, number_cell, own_label
from ionladder.site.tables import Cell
from ionladder.site.text import change_of
from ionladder.site.wording import axis_title, scored_words
from ionladder.specs.task import Target, Task

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable

HARDEST = 12
MOST_MARKS = 1500
"""Marks in one plot; of more entries an even sample is drawn."""


@dataclass(frozen=True, kw_only=True)
class HardEntry:
    """One of the entries that a submission errs most on, ready for the template.

    Attributes:
        id: Its id.
        name: Its formula.
        href: The way to its page, or None.
        targets: Label, prediction and difference of every target.
        error: The error that enters the primary score.
        typical: Median of that error over verified submissions.
    """

    id: str
    name: str
    href: str | None
    targets: tuple[tuple[Cell, Cell, Cell], ...]
    error: Cell
    typical: Cell


def plots(entries: Entries, task: Task) -> list[dict[str, Any]]:
    """Parity and residuals of every target that has labels, and what their captions count."""
    return [
        _plots_of(target, entries, task)
        for target in task.targets
        if entries.points.get(target.name)
    ]


def _plots_of(target: Target, entries: Entries, task: Task) -> dict[str, Any]:
    every = entries.points[target.name]
    points = _sample(every)
    cap, known = task.primary_use.options.get("clip"), task.label_words.adjective
    parity = Parity(
        points=points,
        axis=axis_title(target),
        band=target.band,
        cap=cap,
        known=known,
        entries=scored_words(task).entries,
    )
    residuals = Residuals(
        points=points,
        hovers=parity.hovers,
        axis=axis_title(target),
        error_unit=target.error_unit,
        band=target.band,
        cap=cap,
        known=known,
    )
    return {
        "target": target,
        "chart": parity_chart(parity, name=f"parity-{target.name}"),
        "residuals": residual_chart(residuals, name=f"residuals-{target.name}"),
        "middle": change_of(residuals.middle),
        "n_limits": sum(point.upper_limit is not None for point in points),
        "n_beyond": parity.n_beyond,
        "n_residuals_beyond": residuals.n_beyond,
        "n_missing": entries.n_missing.get(target.name, 0),
        "n_drawn": len(points),
        "n": len(every),
    }


def _sample(points: Sequence[Point]) -> Sequence[Point]:
    """All points, or as many as one plot takes, evenly spaced in the order of ids."""
    if len(points) <= MOST_MARKS:
        return points
    step = len(points) / MOST_MARKS
    return [points[int(i * step)] for i in range(MOST_MARKS)]


def hard_entries(
    task: Task,
    table: EntryTable | None,
    choice: EntryChoice | None,
    names: Mapping[str, str],
    *,
    name: str,
    here: str,
) -> tuple[HardEntry, ...]:
    """The entries that a submission errs most on, largest error first; empty without labels.

    Args:
        task: The task.
        table: Its entries, or None.
        choice: Which of them have pages, or None.
        names: Entry → formula.
        name: The submission.
        here: Address of the page that shows them.
    """
    if table is None or choice is None or name not in table.names:
        return ()
    row = table.names.index(name)
    errors = table.errors[row]
    order = np.argsort(-errors, kind="stable")
    return tuple(
        _hard_entry(task, table, row, int(place), names, choice.href(here, table.ids[place]))
        for place in order[:HARDEST]
        if np.isfinite(errors[place])
    )


def _hard_entry(
    task: Task,
    table: EntryTable,
    row: int,
    place: int,
    names: Mapping[str, str],
    href: str | None,
) -> HardEntry:
    entry = table.ids[place]
    return HardEntry(
        id=entry,
        name=names.get(entry, entry),
        href=href,
        targets=tuple(_cells(table, target, row, place) for target in task.targets),
        error=number_cell(float(table.errors[row, place])),
        typical=number_cell(float(table.typical_error[place])),
    )


def _cells(table: EntryTable, target: Target, row: int, place: int) -> tuple[Cell, Cell, Cell]:
    predicted = float(table.predictions[target.name][row, place])
    return (
        own_label(table, target, place),
        number_cell(predicted),
        difference_cell(predicted - float(table.labels[target.name][place])),
    )
