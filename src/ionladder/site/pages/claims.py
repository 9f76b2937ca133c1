"""The page of claims: published numbers beside our models under the same conventions."""

from __future__ import annotations

from collections.abc import Iterator

from ionladder.board.claims import Claim, beside, read_claims
from ionladder.board.model import Row
from ionladder.site.context import Site
from ionladder.site.pages import Page

URL = "claims/"
LISTS = {"obelix": "OBELiX", "litraj": "LiTraj"}


def pages(site: Site) -> Iterator[Page]:
    """The one page."""
    lists = {
        title: [(claim, _beside(site, claim)) for claim in read_claims(name)]
        for name, title in LISTS.items()
    }
    yield Page(URL, "claims", {"lists": lists})


def _beside(site: Site, claim: Claim) -> list[tuple[str, Row, float, int]]:
    """Task, row, score and entries counted of every submission beside a claim."""
    boards = {item.task.name: item for item in site.tasks}
    if claim.task not in boards:
        return []
    item = boards[claim.task]
    found = beside(claim, item.analysis.content.get("conventions") or {})
    rows = {row.submission: row for row in item.board.scored}
    return [
        (claim.task, rows[name], value, n) for name, (value, n) in found.items() if name in rows
    ]
