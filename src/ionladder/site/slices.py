"""One submission in detail: its slices, plots, hardest entries, widths; and a board by slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ionladder.board.model import Board, Row, Value
from ionladder.site import tables
from ionladder.site import text as txt
from ionladder.site.charts import SPARK_WIDTH, Scale, baseline_value, spark_scale
from ionladder.site.charts_entries import calibration_chart
from ionladder.site.context import EntrySource, TaskSite
from ionladder.site.tables import Heat, TableCell
from ionladder.specs import Slice, Task
from ionladder.stats.calibration import CURVE_LEVELS

_Receipt = Mapping[str, Any]

if TYPE_CHECKING:
    from ionladder.evaluation import Slices

# Slices as tables: one submission part by part, and a board's models beside each other


SHOWN_MODELS = 10


def share(scale: Scale, at: float) -> int:
    """A place on the axis of small pictures in per cent of the width; what is beyond, its end."""
    return round(100 * min(max(scale(at), 0), SPARK_WIDTH) / SPARK_WIDTH)


class SlicePart(NamedTuple):
    """One part of a slice, as a receipt or the scorer tells it.

    ``is_small``: it has too few entries for an interval; ``is_open``: that says nothing.
    """

    value: str
    n: int
    n_groups: int
    score: Value
    is_small: bool
    is_open: bool

    @property
    def drawn(self) -> Value:
        """Its score without an interval that says nothing."""
        return Value(self.score.value) if self.is_open else self.score

    @property
    def cell(self) -> TableCell:
        """Value with its interval, or with what stands in the way of one."""
        if self.score.value is None:
            return TableCell("–")
        cell = tables.value_cell(self.score)
        return replace(cell, detail="undetermined") if self.is_open else cell

    def bar(self, scale: Scale) -> str:
        """Its picture as CSS: value and interval in per cent of the width, where there are any.

        A value beyond the axis has no mark; its interval is cut off at the edge.
        """
        value = self.drawn.value
        is_off = value is not None and scale(value) > SPARK_WIDTH
        ends = {"v": None if is_off else value, "l": self.drawn.low, "h": self.drawn.high}
        return ";".join(f"--{k}:{share(scale, at)}" for k, at in ends.items() if at is not None)

    @property
    def brief(self) -> str:
        """A part of few entries in a list: its score, and of how many entries and groups it is."""
        n = str(self.n) if self.n == self.n_groups else f"{self.n} in {self.n_groups}"
        return f"{self.cell.text} ({n})"


def slice_table(
    board: Board, row: Row, receipt: _Receipt | None, small: Slices
) -> dict[str, Any] | None:
    """The slices of one submission, in each the worst part of enough entries first.

    Args:
        board: Its board.
        row: Its row.
        receipt: Its receipt.
        small: Scores computed while rendering; they fill in what the receipt only counts. Empty
            where the labels are not here.

    Returns:
        ``slices``: each slice with its parts; the ``overall`` score, the ``scale`` of their
        pictures, the ``place`` of that score, and the ``axis``: place and label of each tick. None
        where its receipt has no slices.
    """
    slices = _parts(board, receipt, small)
    overall = board.primary(row).value
    if not slices or overall is None:
        return None
    values = [part.score.value for parts in slices.values() for part in parts]
    known = [value for value in values if value is not None]
    scale = spark_scale([overall, *known], baseline=overall)
    sign = -1.0 if board.smaller_is_better else 1.0

    def badness(part: SlicePart) -> tuple[bool, bool, float]:
        value = part.score.value
        return part.is_small, value is None, sign * (value or 0.0)

    return {
        "slices": [(item, sorted(parts, key=badness)) for item, parts in slices.items()],
        "overall": overall,
        "scale": scale,
        "place": share(scale, overall),
        "axis": [(share(scale, at), label) for at, label in scale.ticks(about=4)],
    }


def slice_board(item: TaskSite) -> dict[str, Any] | None:
    """Errors by slice of the first verified rows and all references; None without any.

    Returns:
        ``groups``: slices with their parts that have a value (title, entries); ``rows``: row of
        the board with one cell a part; ``n_hidden`` verified rows; ``heat``, what the shades
        stand for; and ``has_open``, whether any cell is hatched.
    """
    board = item.board
    verified = board.of_kind("verified")
    first = {row.order for row in verified[:SHOWN_MODELS]}
    shown = [r for r in board.scored if r.order in first or r.kind == "reference"]
    receipts = [item.entrants.get(row.submission or "") for row in shown]
    slices = [_parts(board, entrant.receipt if entrant else None, {}) for entrant in receipts]
    filled = next((of_row for of_row in slices if of_row), None)
    if filled is None:
        return None
    known = {s: [p for p in parts if p.score.value is not None] for s, parts in filled.items()}
    groups = [
        (of, [(of.title_of(part.value), part.n) for part in parts])
        for of, parts in known.items()
        if parts
    ]
    keys = [(of.name, part.value) for of, parts in known.items() for part in parts]
    cells = [
        {(of.name, part.value): part for of, parts in of_row.items() for part in parts}
        for of_row in slices
    ]
    heat = tables.heat_of(
        (part.score.value for of_row in cells for part in of_row.values()),
        baseline=baseline_value(board),
        is_larger_worse=board.smaller_is_better,
    )
    ranked = [parts for row, parts in zip(shown, cells, strict=True) if row.kind == "verified"]
    better = "↓" if board.smaller_is_better else "↑"
    best = {
        key: tables.best_of((p.score.value for of_row in ranked if (p := of_row.get(key))), better)
        for key in keys
    }
    rows = [
        (row, [_board_cell(parts.get(key), row, best[key], heat) for key in keys])
        for row, parts in zip(shown, cells, strict=True)
    ]
    return {
        "groups": groups,
        "rows": rows,
        "n_hidden": max(len(verified) - SHOWN_MODELS, 0),
        "heat": heat,
        "has_open": any(cell.shade == tables.OPEN for _, of_row in rows for cell in of_row),
    }


def determined_parts(board: Board, receipt: _Receipt | None) -> list[tuple[str, SlicePart]]:
    """The best and the worst part of the first slice by family or anions, with their titles.

    Parts without an interval that says something are passed over; empty with fewer than two.
    """
    for of, parts in _parts(board, receipt, {}).items():
        known = [part for part in parts if part.drawn.low is not None and part.drawn.value]
        if of.name in ("family", "anions") and len(known) > 1:
            known.sort(key=lambda part: part.score.value or 0.0)
            ends = (known[0], known[-1]) if board.smaller_is_better else (known[-1], known[0])
            return [(of.title_of(part.value), part) for part in ends]
    return []


def _parts(board: Board, receipt: _Receipt | None, small: Slices) -> dict[Slice, list[SlicePart]]:
    """Parts of every slice of the task that a receipt knows."""
    known = (receipt or {}).get("slices") or {}
    metric = board.task.primary.metric
    found: dict[Slice, list[SlicePart]] = {}
    for item in board.task.slices:
        for value, part in (known.get(item.name) or {}).items():
            score, computed = part.get(metric), small.get(item.name, {}).get(value)
            if score is None and computed is not None and not math.isnan(computed.value):
                score = computed.value
            shown = Value(score, part.get("ci_low"), part.get("ci_high"))
            flags = bool(part.get("too_few")), bool(part.get("undetermined"))
            read = SlicePart(value, int(part["n"]), int(part["n_groups"]), shown, *flags)
            found.setdefault(item, []).append(read)
    return found


def _board_cell(part: SlicePart | None, row: Row, best: float | None, heat: Heat) -> TableCell:
    """The number in its shade; hatched where its interval says nothing, or there is none."""
    if part is None or part.score.value is None:
        return TableCell("–")
    value, has_interval = part.score.value, part.score.low is not None
    return TableCell(
        txt.number(value),
        txt.exact(value),
        is_best=row.kind == "verified" and value == best,
        shade=heat.shade(value) if has_interval and not part.is_open else tables.OPEN,
    )


# One submission entry by entry: parity and residuals of every target, and where it errs most


HARDEST, LIMITS = 10, 3
"""Entries that a submission errs most on, and those among them of which only a limit is known."""


def hard_entries(source: EntrySource, name: str) -> list[list[tuple[int, TableCell, list[float]]]]:
    """The entries that a submission errs most on, largest error first; empty without labels.

    Returns:
        Those that were measured, and apart from them a few of which only a limit is known, where
        there are any: place of each in the table of entries, its error, which enters the primary
        score, and the prediction of every target.
    """
    table = source.table
    if table is None or name not in table.names:
        return []
    row = table.names.index(name)
    errors, predictions = table.errors[row], table.predictions.values()
    order = [int(p) for p in np.argsort(-errors, kind="stable") if np.isfinite(errors[p])]
    limits = [p for p in order if table.is_limit[p]][:LIMITS]
    measured = [p for p in order if not table.is_limit[p]][: HARDEST - len(limits)]

    def line(place: int) -> tuple[int, TableCell, list[float]]:
        cell = tables.error_cell(table, place, row)
        return place, cell, [float(rows[row, place]) for rows in predictions]

    return [list(map(line, part)) for part in (measured, limits) if part]


# What a submission's page shows of its stated standard deviations


def stated_uncertainty(receipt: _Receipt | None, task: Task) -> list[dict[str, Any]]:
    """One part a target with standard deviations, its scores in the order of their words."""
    given = (receipt or {}).get("uncertainty") or {}
    found = []
    for target in task.targets:
        if (part := given.get(target.name)) is None:
            continue
        observed = part.get("observed") or []
        is_judged = len(observed) == len(CURVE_LEVELS) and None not in observed
        name = f"calibration-{target.name}"
        found.append(
            {
                "target": target,
                "n": part["n"],
                "n_censored": part.get("n_censored", 0),
                "n_missing": part.get("n_missing", 0),
                "scores": [
                    tables.spread_cell(part.get(score))
                    if score == "miscalibration_area"
                    else tables.value_cell(Value(part.get(score)))
                    for score in txt.UNCERTAINTY
                ],
                "chart": calibration_chart(observed, part["n"], name=name) if is_judged else None,
            }
        )
    return found
