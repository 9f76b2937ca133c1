"""Slices as tables: one submission part by part, and a board's models beside each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ionladder.site.board import Board, Row, Value
from ionladder.site.charts.svg import Scale
from ionladder.site.charts.whisker import backdrop, whisker, whisker_axis, whisker_scale
from ionladder.site.context import TaskSite
from ionladder.site.heat import OPEN, Heat, heat_of
from ionladder.site.links import relative, submission_url
from ionladder.site.tables import NOT_APPLICABLE, Cell, value_cell
from ionladder.site.text import exact, inert, interval, number
from ionladder.specs.slice import Slice

if TYPE_CHECKING:
    from ionladder.scoring.slices import Slices

SHOWN_MODELS = 10
FEWEST_ENTRIES = 8
"""As in receipts: parts of fewer entries are counted there without a value."""
_WIDEST = 100.0
_TOO_FEW = f"fewer than {FEWEST_ENTRIES} entries: no interval"
_WITHHELD = f"fewer than {FEWEST_ENTRIES} entries: the receipt gives their number only"
_NO_GROUPS = "one group of related entries: no interval"


@dataclass(frozen=True, kw_only=True)
class SlicePart:
    """One part of a slice of one submission, ready for the template."""

    title: str
    n: int
    n_groups: int
    is_small: bool
    cell: Cell
    whisker: Markup
    difference: Cell


@dataclass(frozen=True, kw_only=True)
class SliceTable:
    """All slices of one submission; in each, the worst part of enough entries comes first."""

    axis: Markup
    slices: tuple[tuple[Slice, tuple[SlicePart, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class SliceBoard:
    """Models against parts of slices; only parts that have a value.

    Attributes:
        groups: Slice and its parts that have a value: (title, entries).
        rows: Row of the board, its link, and one cell a part.
        n_hidden: Verified rows that are not shown.
        heat: What the shades of the cells stand for.
    """

    groups: tuple[tuple[Slice, tuple[tuple[str, int], ...]], ...]
    rows: tuple[tuple[Row, str, tuple[Cell, ...]], ...]
    n_hidden: int
    heat: Heat

    @property
    def has_open(self) -> bool:
        """Whether any cell is hatched."""
        return any(cell.shade == OPEN for _, _, cells in self.rows for cell in cells)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One part as a receipt or the scorer tells it."""

    value: str
    n: int
    n_groups: int
    score: Value


def slice_table(
    board: Board, row: Row, receipt: Mapping[str, Any] | None, small: Slices
) -> SliceTable | None:
    """The slices of one submission; None where its receipt has none.

    Args:
        board: Its board.
        row: Its row.
        receipt: Its receipt.
        small: Scores computed while rendering; they fill in what the receipt only counts. Empty
            where the labels are not here.
    """
    parts = _parts(board, receipt, small)
    overall = board.primary(row).value
    if not parts or overall is None:
        return None
    values = [p.score.value for _, of_slice in parts for p in of_slice if p.score.value is not None]
    scale = whisker_scale([overall, *values], baseline=overall)
    behind = backdrop(scale, board.floor, overall)
    return SliceTable(
        axis=whisker_axis(scale),
        slices=tuple(
            (
                item,
                tuple(
                    _shown(item, part, row, overall, scale, behind)
                    for part in sorted(of_slice, key=lambda p: _badness(p, board))
                ),
            )
            for item, of_slice in parts
        ),
    )


def slice_board(item: TaskSite, here: str) -> SliceBoard | None:
    """Errors by slice of the first verified rows and all references; None without any."""
    board = item.board
    verified = board.of_kind("verified")
    rows = [*verified[:SHOWN_MODELS], *board.of_kind("reference")]
    by_row = {
        row.order: dict(_parts(board, _receipt(item, row), {}))
        for row in sorted(rows, key=lambda row: row.order)
    }
    filled = [parts for parts in by_row.values() if parts]
    if not filled:
        return None
    groups = [
        (part, tuple(p for p in of_slice if p.score.value is not None))
        for part, of_slice in filled[0].items()
    ]
    groups = [(part, of_slice) for part, of_slice in groups if of_slice]
    keys = [(part.name, p.value) for part, of_slice in groups for p in of_slice]
    cells = {order: _by_key(parts) for order, parts in by_row.items()}
    baseline = board.primary(board.baseline).value if board.baseline else None
    heat = heat_of(
        [part.score.value for of_row in cells.values() for part in of_row.values()],
        baseline=baseline,
        is_larger_worse=board.smaller_is_better,
    )
    best = {
        key: _best(board, [cells[row.order].get(key) for row in verified[:SHOWN_MODELS]])
        for key in keys
    }
    return SliceBoard(
        groups=tuple(
            (part, tuple((part.title_of(p.value), p.n) for p in of_slice))
            for part, of_slice in groups
        ),
        rows=tuple(
            (
                row,
                relative(here, submission_url(item.task.name, row.submission or "")),
                tuple(_board_cell(cells[row.order].get(key), row, best[key], heat) for key in keys),
            )
            for row in board.scored
            if row.order in by_row
        ),
        n_hidden=max(len(verified) - SHOWN_MODELS, 0),
        heat=heat,
    )


def _parts(
    board: Board, receipt: Mapping[str, Any] | None, small: Slices
) -> list[tuple[Slice, list[_Part]]]:
    """Parts of every slice of the task that a receipt knows."""
    known = (receipt or {}).get("slices") or {}
    metric = board.task.primary.metric
    found = []
    for item in board.task.slices:
        of_slice = [
            _Part(
                value=value,
                n=int(part["n"]),
                n_groups=int(part["n_groups"]),
                score=Value(
                    _filled(part.get(metric), small, item.name, value),
                    part.get("ci_low"),
                    part.get("ci_high"),
                ),
            )
            for value, part in (known.get(item.name) or {}).items()
        ]
        if of_slice:
            found.append((item, of_slice))
    return found


def _filled(value: float | None, small: Slices, name: str, part: str) -> float | None:
    """The value of a receipt, or the one computed while rendering."""
    score = small.get(name, {}).get(part)
    if value is not None or score is None or math.isnan(score.value):
        return value
    return score.value


def _badness(part: _Part, board: Board) -> tuple[bool, bool, float]:
    """Worst first; parts of too few entries come after, as anecdotes do, without a value last."""
    value = part.score.value
    sign = -1.0 if board.smaller_is_better else 1.0
    return part.n < FEWEST_ENTRIES, value is None, sign * (value or 0.0)


def _shown(
    item: Slice, part: _Part, row: Row, overall: float, scale: Scale, behind: str
) -> SlicePart:
    value = part.score.value
    apart = None if value is None else value - overall
    return SlicePart(
        title=item.title_of(part.value),
        n=part.n,
        n_groups=part.n_groups,
        is_small=part.n < FEWEST_ENTRIES,
        cell=_cell(part),
        whisker=whisker(_drawn(part.score), row.kind, scale, behind=behind),
        difference=Cell(text="–")
        if apart is None
        else Cell(text=_signed(apart), sort=exact(apart), hint=f"{apart:+.6g}"),
    )


def _cell(part: _Part) -> Cell:
    """Value with its interval, or with what stands in the way of one."""
    score = part.score
    if score.value is None:
        return Cell(text="–", hint=_WITHHELD)
    shown = value_cell(Value(score.value))
    if score.low is None or score.high is None:
        why = _TOO_FEW if part.n < FEWEST_ENTRIES else _NO_GROUPS
        return Cell(text=shown.text, sort=shown.sort, hint=why)
    if _is_empty(score):
        detail = "undetermined"
        hint = f"interval {interval(score.low, score.high)}: too few independent groups"
        return Cell(text=shown.text, sort=shown.sort, hint=hint, detail=detail)
    return value_cell(score)


def _is_empty(score: Value) -> bool:
    """Whether an interval is so wide that it says nothing."""
    return score.low is not None and score.high is not None and score.high > _WIDEST * score.low


def _drawn(score: Value) -> Value:
    return Value(score.value) if _is_empty(score) else score


def _signed(value: float) -> str:
    shown = number(value)
    return shown if shown.startswith("−") or float(shown) == 0 else f"+{shown}"


def _receipt(item: TaskSite, row: Row) -> Mapping[str, Any] | None:
    entrant = item.entrants.get(row.submission or "")
    return entrant.receipt if entrant else None


def _by_key(parts: Mapping[Slice, list[_Part]]) -> dict[tuple[str, str], _Part]:
    return {(item.name, part.value): part for item, of_slice in parts.items() for part in of_slice}


def _best(board: Board, parts: Iterable[_Part | None]) -> float | None:
    """The best value of a part among verified rows; None while there are fewer than two."""
    values = [part.score.value for part in parts if part and part.score.value is not None]
    if len(values) < 2:
        return None
    return min(values) if board.smaller_is_better else max(values)


def _board_cell(part: _Part | None, row: Row, best: float | None, heat: Heat) -> Cell:
    """The number in its shade; hatched where its interval says nothing, or there is none."""
    if part is None or part.score.value is None:
        return Cell(text="–", hint=NOT_APPLICABLE)
    score = part.score
    between = inert(interval(score.low, score.high))
    note = f"interval {between}" if between else _NO_GROUPS
    is_open = not between or _is_empty(score)
    counted = f"{part.n} entries in {part.n_groups} group{'' if part.n_groups == 1 else 's'}"
    return Cell(
        text=number(score.value),
        sort=exact(score.value),
        hint=f"{score.value:.6g}, {note}; {counted}",
        is_best=row.kind == "verified" and score.value == best,
        shade=OPEN if is_open else heat.shade(score.value),
    )
