"""Two submissions of a task side by side; without scripts, everybody against the leader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ionladder.site.board import Board, Pair, Row, Value
from ionladder.site.charts import Scale, difference_scale, spark, spark_axis, zero_line
from ionladder.site.context import Site, TaskSite
from ionladder.site.differences import MOST_ENTRIES
from ionladder.site.pages import Page
from ionladder.site.tables import Cell, signed_cell, value_cell
from ionladder.site.text import (
    board_url,
    compare_url,
    inert,
    pair_href,
    percent,
    ranks,
    relative,
    submission_url,
)

MOST_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class Against:
    """One submission against the leader, ready for the template."""

    row: Row
    model: Markup
    href: str
    compare_href: str
    ranks: str
    score: Cell
    difference: Cell
    whisker: Markup
    verdict: str
    probability: str


def pages(site: Site) -> Iterator[Page]:
    """One page a task."""
    for item in site.tasks:
        here = compare_url(item.task.name)
        yield Page(url=here, context=_context(item, here))


def _context(item: TaskSite, here: str) -> dict[str, Any]:
    board = item.board
    ranked = board.of_kind("verified")
    leader = ranked[0] if ranked else None
    pairs = _against(item, leader) if leader else {}
    scale = difference_scale(Value(p.difference, p.low, p.high) for p in pairs.values())
    others = [row for row in board.scored if row is not leader]
    shown = others[:MOST_ROWS]
    return {
        "item": item,
        "board": board,
        "leader": leader,
        "leader_model": inert(leader.model, limit=80) if leader else None,
        "options": [
            (title, [(row.submission, _option(row)) for row in board.of_kind(kind)])
            for kind, title in (("verified", "Verified"), ("reference", "References"))
        ],
        "rows": [
            _row(board, row, leader, pairs.get(row.submission or ""), scale, here)
            for row in shown
            if leader
        ],
        "n_hidden": len(others) - len(shown),
        "axis": spark_axis(scale),
        "most_entries": MOST_ENTRIES,
        "board_href": relative(here, board_url(item.task.name)),
        "reading_href": relative(here, "reading/"),
    }


def _option(row: Row) -> Markup:
    return Markup("{} ({})").format(inert(row.model, limit=60), row.submission)


def _against(item: TaskSite, leader: Row) -> dict[str, Pair]:
    """Submission → its pair with the leader, seen from the submission."""
    name = leader.submission or ""
    return {pair.other: pair.turned(name) for pair in item.analysis.pairs.get(name, ())}


def _row(
    board: Board, row: Row, leader: Row, pair: Pair | None, scale: Scale, here: str
) -> Against:
    name, first = row.submission or "", leader.submission or ""
    found = Value(pair.difference, pair.low, pair.high) if pair else Value()
    share = pair.probability_better if pair else None
    return Against(
        row=row,
        model=inert(row.model, limit=80),
        href=relative(here, submission_url(board.task.name, name)),
        compare_href=pair_href(here, board.task.name, first, name),
        ranks=ranks(row.rank_low, row.rank_high),
        score=value_cell(board.primary(row)),
        difference=signed_cell(found),
        whisker=spark(found, row.kind, scale, behind=zero_line(scale)),
        verdict=_verdict(pair, board),
        probability=percent(share),
    )


def _verdict(pair: Pair | None, board: Board) -> str:
    """What the interval of the difference says of the submission."""
    if pair is None or pair.difference is None:
        return "–"
    if not pair.is_clear:
        return "not resolved"
    return "better" if (pair.difference < 0) == board.smaller_is_better else "worse"
