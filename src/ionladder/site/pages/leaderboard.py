"""A task's board: every row on every subset, the floors, and the quoted numbers apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ionladder.core.paths import Layout
from ionladder.metrics.registry import all_metrics
from ionladder.site.board import Board, Row
from ionladder.site.charts.ladder import ladder_chart
from ionladder.site.context import Site, TaskSite
from ionladder.site.links import board_url, dataset_url, relative, submission_url
from ionladder.site.pages import Page
from ionladder.site.pages._shared import ladder_of, verdict
from ionladder.site.tables import board_tables, value_cell

CHART_ROWS = 40


def pages(site: Site) -> Iterator[Page]:
    """One board a task."""
    for item in site.tasks:
        here = board_url(item.task.name)
        yield Page(url=here, context=_context(site, item, here))


def board_files(layout: Layout, task: str) -> dict[str, Any]:
    """Address in the site → file to copy there: the board for machines."""
    found = {"json": layout.leaderboard_json(task), "csv": layout.leaderboard_csv(task)}
    return {f"data/{task}.{kind}": path for kind, path in found.items() if path.is_file()}


def _context(site: Site, item: TaskSite, here: str) -> dict[str, Any]:
    board = item.board
    confidence = site.params.scoring.confidence
    shown = board.scored[:CHART_ROWS]
    ladder = ladder_of(board, shown, here, confidence=confidence)
    files = board_files(site.layout, item.task.name)
    reported = _reported(board, here)
    return {
        "item": item,
        "board": board,
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "verdict": verdict(board, here, confidence=confidence),
        "chart": ladder_chart(ladder, name=f"ladder-{item.task.name}") if shown else None,
        "tables": board_tables(board, all_metrics(), here),
        "reported": reported,
        "outcomes": _outcomes(board),
        "sources": list(dict.fromkeys(str(e["row"].quoted.get("source")) for e in reported)),
        "subset_columns": _reported_subsets(board),
        "downloads": {
            path.rsplit(".", 1)[1].upper(): relative(here, path) for path in sorted(files)
        },
        "method_href": relative(here, "methods/"),
        "reading_href": relative(here, "reading/"),
        "n_test": next((r.n_expected for r in board.scored if r.n_expected is not None), None),
    }


def _reported_subsets(board: Board) -> list[Any]:
    """Subsets that any publication reports on, in the task's order."""
    rows = board.of_kind("reported")
    return [s for s in board.task.subsets if any(row.subsets.get(s.name) for row in rows)]


def _reported(board: Board, here: str) -> list[dict[str, Any]]:
    """Quoted rows, each beside its verified counterpart; equal verdicts share one cell."""
    rows = board.of_kind("reported")
    entries: list[dict[str, Any]] = []
    for row in rows:
        verdict_text = row.quoted.get("verdict") or ""
        is_repeat = bool(entries) and entries[-1]["verdict"] == verdict_text
        if is_repeat:
            first = next(e for e in reversed(entries) if e["span"])
            first["span"] += 1
        counterpart = board.entrant(row.quoted.get("verified_by"))
        entries.append(
            {
                "row": row,
                "values": {
                    s.name: board.primary(row, s.name).value for s in _reported_subsets(board)
                },
                "counterpart": counterpart,
                "here": _beside(board, row, counterpart),
                "href": relative(here, submission_url(board.task.name, counterpart.submission or ""))
                if counterpart
                else None,
                "verdict": verdict_text,
                "span": 0 if is_repeat else 1,
            }
        )
    return entries


def _beside(board: Board, row: Row, counterpart: Row | None) -> list[dict[str, Any]]:
    """The counterpart's values on exactly the subsets that the publication reports on."""
    if counterpart is None:
        return []
    return [
        {"subset": subset, "cell": value_cell(board.primary(counterpart, subset.name))}
        for subset in board.task.subsets
        if row.subsets.get(subset.name)
    ]


def _outcomes(board: Board) -> list[tuple[str, list[str]]]:
    """First clause of each verdict → the models it is said of, in the publication's order."""
    outcomes: dict[str, list[str]] = {}
    for row in board.of_kind("reported"):
        clause = re.split(r"[:;.]", str(row.quoted.get("verdict") or ""), maxsplit=1)[0].strip()
        if clause:
            outcomes.setdefault(clause, []).append(row.model)
    return list(outcomes.items())
