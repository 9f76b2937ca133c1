"""Labels, predictions and errors of single entries as cells: a limit is shown as a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionladder.site.tables import Cell
from ionladder.site.text import change_of, exact, number
from ionladder.specs.task import Target

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable


def own_label(table: EntryTable, target: Target, place: int) -> Cell:
    """The label of an entry of a table."""
    limit = float(table.limits[target.name][place])
    known = limit if limit == limit else None
    return label_cell(target, float(table.labels[target.name][place]), known)


def label_cell(target: Target, value: float, limit: float | None) -> Cell:
    """A label; a limit sorts by what it is scored at."""
    if limit is not None:
        hint = f"only an upper limit; scored at {number(value)}"
        return Cell(text=f"< {number(limit)}", sort=exact(value), hint=hint)
    return number_cell(value, missing=target.missing_note)


def number_cell(value: float | None, *, missing: str = "") -> Cell:
    """A number with all its digits on hover; a dash for none."""
    if value is None or value != value:
        return Cell(text="–", hint=missing)
    return Cell(text=number(value), sort=exact(float(value)), hint=f"{value:.6g}")


def difference_cell(value: float | None) -> Cell:
    """A difference with its sign."""
    if value is None or value != value:
        return Cell(text="–")
    return Cell(text=change_of(value), sort=exact(float(value)), hint=f"{value:+.6g}")
