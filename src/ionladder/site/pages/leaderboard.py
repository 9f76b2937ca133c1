"""A task's board: every row on every subset, the floors, and the quoted numbers apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ionladder.repo import Layout
from ionladder.score import MIN_ROWS
from ionladder.site.board import Board, Row
from ionladder.site.charts import interval_chart
from ionladder.site.context import Site, TaskSite
from ionladder.site.pages import Page
from ionladder.site.pages._shared import verdict
from ionladder.site.slices import slice_board
from ionladder.site.tables import (
    board_tables,
    experiment_links,
    robustness,
    sensitivity,
    siblings,
    target_table,
    value_cell,
)
from ionladder.site.text import (
    board_url,
    charts_url,
    compare_url,
    dataset_url,
    entries_url,
    relative,
    submission_url,
    target_title,
)

CHART_ROWS = 40


def pages(site: Site) -> Iterator[Page]:
    """One board a task."""
    for item in site.tasks:
        here = board_url(item.task.name)
        yield Page(url=here, context=_context(site, item, here))


def board_files(layout: Layout, task: str) -> dict[str, Any]:
    """Address in the site → file to copy there: the board for machines."""
    found = {
        f"data/{task}.json": layout.leaderboard_json(task),
        f"data/{task}.csv": layout.leaderboard_csv(task),
        f"data/{task}.analysis.json": layout.analysis_json(task),
    }
    return {place: path for place, path in found.items() if path.is_file()}


def _download_title(path: str) -> str:
    """What a download is called: its kind, or the analysis."""
    return "Analysis" if ".analysis." in path else path.rsplit(".", 1)[1].upper()


def _context(site: Site, item: TaskSite, here: str) -> dict[str, Any]:
    board = item.board
    confidence = site.params.scoring.confidence
    shown = board.scored[:CHART_ROWS]
    files = board_files(site.layout, item.task.name)
    reported = _reported(board, here)
    tables = board_tables(board, here)
    ranked = next(table for table in tables if table.is_ranked)
    others = siblings(site, item, here)
    beside = [link for group in others.values() for one in group for link in one["experiments"]]
    return {
        "item": item,
        "board": board,
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "verdict": verdict(board, here, confidence=confidence),
        "chart": interval_chart(
            board, shown, here, confidence=confidence, name=f"ladder-{item.task.name}"
        )
        if shown
        else None,
        "tables": tables,
        "by_target": target_table(board, ranked.rows),
        "fewest": MIN_ROWS,
        "by_slice": slice_board(item, here),
        "charts_href": relative(here, charts_url(item.task.name)),
        "compare_href": relative(here, compare_url(item.task.name)),
        "entries_href": relative(here, entries_url(item.task.name)),
        "primary_target": target_title(item.task, item.task.primary.target),
        "robustness": robustness(board, item.analysis, here),
        "sensitivity": sensitivity(board, item.analysis, here),
        "reported": reported,
        "outcomes": _outcomes(board),
        "sources": list(dict.fromkeys(str(e["row"].quoted.get("source")) for e in reported)),
        "subset_columns": _reported_subsets(board),
        "siblings": others,
        "experiments": list(dict.fromkeys([*experiment_links(item, here), *beside])),
        "downloads": {_download_title(path): relative(here, path) for path in sorted(files)},
        "method_href": relative(here, "methods/"),
        "reading_href": relative(here, "reading/"),
        "n_test": next((r.n_expected for r in board.scored if r.n_expected is not None), None),
    }


def _reported_subsets(board: Board) -> list[Any]:
    """Subsets that any publication reports on, in the task's order."""
    rows = board.of_kind("reported")
    return [s for s in board.task.subsets if any(row.subsets.get(s.name) for row in rows)]


def _reported(board: Board, here: str) -> list[dict[str, Any]]:
    """Quoted rows, each beside its verified counterpart on what the publication reports."""
    entries = [_reported_entry(board, row, here) for row in board.of_kind("reported")]
    for name in ("trained_on", "verdict"):
        _share(entries, name)
    return entries


def _reported_entry(board: Board, row: Row, here: str) -> dict[str, Any]:
    counterpart = board.entrant(row.quoted.get("verified_by"))
    way = submission_url(board.task.name, counterpart.submission or "") if counterpart else ""
    pairs = []
    for subset in _reported_subsets(board):
        printed = board.primary(row, subset.name).value
        is_compared = counterpart is not None and printed is not None
        ours = board.primary(counterpart, subset.name) if counterpart and is_compared else None
        pairs.append((printed, value_cell(ours) if ours else None))
    return {
        "row": row,
        "counterpart": counterpart,
        "href": relative(here, way),
        "pairs": pairs,
        "trained_on": str(row.quoted.get("trained_on") or ""),
        "verdict": str(row.quoted.get("verdict") or ""),
    }


def _share(entries: list[dict[str, Any]], name: str) -> None:
    """Let neighbours with equal text share one cell: its span in the first, 0 in the others."""
    first: dict[str, Any] | None = None
    for entry in entries:
        if first is not None and first[name] == entry[name]:
            first[f"{name}_span"] += 1
            entry[f"{name}_span"] = 0
        else:
            first = entry
            entry[f"{name}_span"] = 1


def _outcomes(board: Board) -> list[tuple[str, list[str]]]:
    """First clause of each verdict → the models it is said of, in the publication's order."""
    outcomes: dict[str, list[str]] = {}
    for row in board.of_kind("reported"):
        clause = re.split(r"[:;.]", str(row.quoted.get("verdict") or ""), maxsplit=1)[0].strip()
        if clause:
            outcomes.setdefault(clause, []).append(row.model)
    return list(outcomes.items())
