"""The home page: every board's question, its picture, its first rows, and how to read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ionladder.site.board import NO_VALUE
from ionladder.site.charts import interval_chart
from ionladder.site.context import Site, TaskSite, WaitingTask
from ionladder.site.pages import Page
from ionladder.site.pages._shared import verdict
from ionladder.site.tables import value_cell
from ionladder.site.text import (
    HOME,
    UNITS,
    board_url,
    byte_count,
    dataset_url,
    ranks,
    relative,
    submission_url,
)

TOP_ROWS = 10
CHART_ROWS = 30
CHART_ROWS_OF_MANY = 12
"""Rows of each chart where the page shows several tasks."""


def pages(site: Site) -> Iterator[Page]:
    """The one home page."""
    n_rows = CHART_ROWS if len(site.tasks) == 1 else CHART_ROWS_OF_MANY
    context = {
        "tasks": [_task(site, item, n_rows) for item in site.tasks],
        "waiting": [_waiting(item) for item in site.waiting],
    }
    yield Page(url=HOME, context=context)


def _waiting(item: WaitingTask) -> dict[str, Any]:
    on_demand = item.version.on_demand
    return {
        "task": item.task,
        "dataset": item.dataset,
        "href": relative(HOME, board_url(item.task.name)),
        "n_reported": len(item.task.reported),
        "n_test": item.version.expected.get("test"),
        "download": byte_count(on_demand.download_bytes) if on_demand else "",
    }


def _task(site: Site, item: TaskSite, n_rows: int) -> dict[str, Any]:
    board = item.board
    shown = board.scored[:n_rows]
    baseline, leaders = board.baseline, board.leaders
    confidence = site.params.scoring.confidence
    return {
        "board": board,
        "dataset": item.dataset,
        "is_scored": item.is_scored,
        "verdict": verdict(board, HOME, confidence=confidence),
        "chart": interval_chart(
            board, shown, HOME, confidence=confidence, name=f"ladder-{board.task.name}"
        )
        if shown
        else None,
        "n_shown": len(shown),
        "hidden": len(board.scored) - len(shown),
        "unit_note": UNITS.get(board.unit),
        "best": value_cell(board.primary(leaders[0]) if leaders else NO_VALUE),
        "trivial": board.primary(baseline).value if baseline else None,
        "rows": [
            {
                "row": row,
                "href": relative(HOME, submission_url(board.task.name, row.submission or "")),
                "primary": value_cell(board.primary(row)),
                "ranks": ranks(row.rank_low, row.rank_high),
            }
            for row in board.scored[:TOP_ROWS]
        ],
        "rest": max(len(board.scored) - TOP_ROWS, 0),
        "n_verified": len(board.of_kind("verified")),
        "n_reported": len(board.of_kind("reported")),
        "n_test": next((r.n_expected for r in board.scored if r.n_expected is not None), None),
        "board_href": relative(HOME, board_url(board.task.name)),
        "dataset_href": relative(HOME, dataset_url(item.dataset.name)),
    }
