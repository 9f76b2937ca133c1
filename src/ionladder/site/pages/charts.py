"""A task's charts: error against cost, the best score over publications, how models agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ionladder.site.board import Board, Row
from ionladder.site.charts import CostChart, CostPoint, stands_of, timeline_chart
from ionladder.site.context import Site, TaskSite
from ionladder.site.differences import agreement_table
from ionladder.site.pages import Page
from ionladder.site.slices import slice_board
from ionladder.site.tables import Cell, value_cell
from ionladder.site.text import (
    board_url,
    charts_url,
    count,
    duration,
    entries_url,
    exact,
    plain,
    relative,
    submission_url,
)

DRAWN_ROWS = 100
"""Rows of a board that the charts of cost draw and list, from the first on."""
SHOWN_PUBLICATIONS = 60
_SECONDS = (
    *((1e-3, "1 ms"), (1e-2, "10 ms"), (0.1, "0.1 s"), (1.0, "1 s"), (10.0, "10 s")),
    *((60.0, "1 min"), (600.0, "10 min"), (3600.0, "1 h"), (36000.0, "10 h")),
    *((86400.0, "1 d"), (864000.0, "10 d"), (8640000.0, "100 d")),
)
_COUNTS = (
    *((1.0, "1"), (10.0, "10"), (100.0, "100"), (1e3, "1000"), (1e4, "10⁴"), (1e5, "10⁵")),
    *((1e6, "10⁶"), (1e7, "10⁷"), (1e8, "10⁸"), (1e9, "10⁹"), (1e10, "10¹⁰"), (1e12, "10¹²")),
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Something a card may state about what a model costs."""

    key: str
    title: str
    axis: str
    ticks: Sequence[tuple[float, str]]
    shown: Callable[[Any], str]
    note: str


COSTS = (
    Cost(
        key="training_time_s",
        title="Training time",
        axis="training time as stated, logarithmic",
        ticks=_SECONDS,
        shown=duration,
        note="Times were stated by those who trained, each on a machine of their own: a factor of "
        "a few says little, a factor of a hundred does.",
    ),
    Cost(
        key="parameters",
        title="Trainable parameters",
        axis="trainable parameters as stated, logarithmic",
        ticks=_COUNTS,
        shown=count,
        note="Forests and other models without a fixed set of parameters state none.",
    ),
)
TRAINING_TIME = COSTS[0]


def pages(site: Site) -> Iterator[Page]:
    """One page a task."""
    for item in site.tasks:
        here = charts_url(item.task.name)
        yield Page(url=here, context=_context(site, item, here))


def _context(site: Site, item: TaskSite, here: str) -> dict[str, Any]:
    board = item.board
    table = site.entries[item.task.name].table
    return {
        "item": item,
        "board": board,
        "costs": [cost_part(board, cost, here) for cost in COSTS],
        "n_drawn": min(len(board.scored), DRAWN_ROWS),
        "course": _course(site, board),
        "agreement": agreement_table(board, table, here),
        "has_labels": table is not None,
        "has_slices": slice_board(item, here) is not None,
        "absent": site.entries[item.task.name].absent,
        "board_href": relative(here, board_url(item.task.name)),
        "entries_href": relative(here, entries_url(item.task.name)),
        "changes_href": relative(here, "changes/"),
    }


def cost_part(board: Board, cost: Cost, here: str, *, by_name: bool = False) -> dict[str, Any]:
    """One chart of cost with its table, and how many rows do not state it.

    ``by_name`` writes names of submissions beside the marks, which are shorter than those of
    models, so that more of them find room.
    """
    drawn = [row for row in board.scored[:DRAWN_ROWS] if board.primary(row).value is not None]
    stated = [row for row in drawn if _stated(row, cost) is not None]
    chart = CostChart(
        board=board,
        points=[_point(board, row, cost, by_name=by_name) for row in stated],
        axis=cost.axis,
        ticks=cost.ticks,
    )
    return {
        "cost": cost,
        "chart": chart.draw(name=f"cost-{cost.key}") if stated else None,
        "hides_names": bool(stated) and chart.hides_names,
        "n_silent": len(drawn) - len(stated),
        "rows": [
            (
                row,
                relative(here, submission_url(board.task.name, row.submission or "")),
                Cell(text=cost.shown(_stated(row, cost)), sort=exact(_stated(row, cost))),
                value_cell(board.primary(row)),
            )
            for row in sorted(stated, key=lambda row: (_stated(row, cost) or 0, row.order))
        ],
    }


def _stated(row: Row, cost: Cost) -> float | None:
    value = row.card.get(cost.key)
    return value if isinstance(value, int | float) else None


def _point(board: Board, row: Row, cost: Cost, *, by_name: bool) -> CostPoint:
    stated = _stated(row, cost)
    return CostPoint(
        label=plain(row.submission if by_name else row.model, limit=80),
        kind=row.kind,
        cost=float(stated or 0),
        shown_cost=f"{cost.title.lower()} {cost.shown(stated)}",
        score=board.primary(row),
    )


def _course(site: Site, board: Board) -> dict[str, Any]:
    """The best score from publication to publication; a chart from the second one on."""
    stands = stands_of(site.history, board)
    shown = stands[-SHOWN_PUBLICATIONS:]
    return {
        "chart": timeline_chart(board, shown, name="course") if len(shown) > 1 else None,
        "stands": shown[::-1],
        "n_hidden": len(stands) - len(shown),
        "n_rules": len({stand.rules for stand in shown}),
    }
