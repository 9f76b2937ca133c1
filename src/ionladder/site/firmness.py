"""How firm a board is, as its page shows it: what the top rests on, and what moves the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ionladder.site.analysis import Analysis, Pair
from ionladder.site.board import Board, Row, Value
from ionladder.site.links import pair_href, relative, submission_url
from ionladder.site.tables import Cell, signed_cell
from ionladder.site.text import inert, number, percent
from ionladder.site.wording import use_title

MOST_PAIRS = 40
MOST_RANKED = 30


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """One opponent of a submission, ready for the template."""

    model: Markup
    href: str
    compare_href: str
    kind: str
    difference: Cell
    verdict: str
    probability: str


def pair_rows(board: Board, analysis: Analysis, row: Row, here: str) -> list[PairRow]:
    """A submission against every other that the analysis pairs it with, in the board's order."""
    mine = {pair.other: pair for pair in analysis.pairs.get(row.submission or "", ())}
    rows: list[PairRow] = []
    for other in board.scored:
        pair = mine.get(other.submission or "")
        if pair is not None and len(rows) < MOST_PAIRS:
            rows.append(_pair_row(board, row, other, pair, here))
    return rows


def _pair_row(board: Board, row: Row, other: Row, pair: Pair, here: str) -> PairRow:
    is_smaller = pair.difference is not None and pair.difference < 0
    verdict = "not resolved"
    if pair.is_clear:
        verdict = "better" if is_smaller == board.smaller_is_better else "worse"
    share = pair.probability_better
    mine, theirs = row.submission or "", other.submission or ""
    return PairRow(
        model=inert(other.model, limit=80),
        href=relative(here, submission_url(board.task.name, theirs)),
        compare_href=pair_href(here, board.task.name, mine, theirs),
        kind=other.kind,
        difference=signed_cell(Value(pair.difference, pair.low, pair.high)),
        verdict=verdict,
        probability="–" if share is None else percent(share),
    )


def robustness(board: Board, analysis: Analysis, here: str) -> dict[str, Any] | None:
    """What the first place rests on; None where the board has no such analysis."""
    found = analysis.robustness
    if not found:
        return None
    return {
        "leader": _link(board, found["leader"], here),
        "n_groups": found["n_groups"],
        "share": percent(found["share_leader_stays"]),
        "n_deciding": found["n_deciding"],
        "deciding": [
            {
                "entries": entry["entries"],
                "leader": _link(board, entry["leader"], here),
                "score": number(entry["score"]),
                "score_of_leader": number(entry["score_of_leader"]),
            }
            for entry in found["deciding"]
        ],
    }


def sensitivity(board: Board, analysis: Analysis, here: str) -> dict[str, Any] | None:
    """Ranks by other measures and on other subsets; None with fewer than two submissions."""
    views, ranks = analysis.sensitivity.get("views"), analysis.sensitivity.get("ranks")
    if not views or not ranks or len(ranks) < 2:
        return None
    titles = {use.name: use_title(use) for use in board.task.metrics}
    subsets = {subset.name: subset.title for subset in board.task.subsets}
    primary = board.task.primary
    return {
        "views": [
            {
                "title": titles.get(view["metric"], view["metric"]),
                "subset": subsets.get(view["subset"], view["subset"])
                if view["subset"] != primary.subset
                else "",
                "agreement": number(view["agreement"]),
                "is_primary": (view["metric"], view["subset"]) == (primary.metric, primary.subset),
            }
            for view in views
        ],
        "rows": _rank_rows(board, ranks, here),
        "n_hidden": max(len(ranks) - MOST_RANKED, 0),
    }


def _rank_rows(
    board: Board, ranks: Mapping[str, Sequence[int | None]], here: str
) -> list[tuple[Markup, Sequence[int | None]]]:
    names = [row.submission for row in board.of_kind("verified") if row.submission in ranks]
    return [(_link(board, name, here), ranks[name or ""]) for name in names[:MOST_RANKED]]


def _link(board: Board, name: str | None, here: str) -> Markup:
    row = board.entrant(name)
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(
        relative(here, submission_url(board.task.name, name or "")),
        inert(row.model if row else name, limit=60),
    )
