"""The changes: every publication of every board, newest first; what moved, by how much and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ionladder.board.history import REMOVED, Change, Publication, Record, publications
from ionladder.repo import Layout
from ionladder.site.context import Site, TaskSite
from ionladder.site.files import publication_times
from ionladder.site.pages import Page
from ionladder.site.text import (
    board_url,
    change_of,
    interval,
    number,
    ranks,
    relative,
    submission_url,
)

URL = "changes/"
HISTORY_FILE = "data/history.jsonl"
SHOWN_PUBLICATIONS = 30
"""Publications of each task that the page shows; the file has them all."""


def pages(site: Site) -> Iterator[Page]:
    """The one page on changes."""
    found = publications(site.history)
    times = publication_times(site, found)
    yield Page(
        url=URL,
        context={
            "boards": [_board(item, found, times) for item in site.tasks],
            "n_records": len(site.history),
            "history_href": relative(URL, HISTORY_FILE) if history_files(site.layout) else None,
        },
    )


def history_files(layout: Layout) -> dict[str, Path]:
    """Address in the site → file to copy there: the history for machines."""
    return {HISTORY_FILE: layout.history} if layout.history.is_file() else {}


def _board(
    item: TaskSite, found: list[Publication], times: Mapping[str, datetime]
) -> dict[str, Any]:
    own = [publication for publication in found if publication.task == item.task.name][::-1]
    return {
        "item": item,
        "href": relative(URL, board_url(item.task.name)),
        "publications": [_publication(item, each, times) for each in own[:SHOWN_PUBLICATIONS]],
        "n_hidden": max(len(own) - SHOWN_PUBLICATIONS, 0),
        "has_moved": any(c.before is not None for each in own for c in each.moved),
    }


def _publication(
    item: TaskSite, publication: Publication, times: Mapping[str, datetime]
) -> dict[str, Any]:
    moved, unmoved = publication.moved, publication.unmoved
    # A record of a removal repeats the versions that it was last scored on.
    last = max((change.after for change in publication.changes), key=_is_on_board)
    time = times.get(publication.commit or "")
    entered = [change for change in moved if change.after.event == "added"]
    return {
        "number": publication.number,
        "commit": (publication.commit or "")[:12],
        "day": time and f"{time:%Y-%m-%d}",
        "dataset_version": last.dataset_version,
        "scorer_version": last.scorer_version,
        "unit": last.unit,
        "is_first": publication.is_first,
        "entered": [_named(item, change.after) for change in entered],
        "rows": [_row(item, change) for change in moved if not publication.is_first],
        "n_tie_groups": sum(change.tie_group_changed for change in moved),
        "n_unmoved": len(unmoved),
        "unmoved_reasons": sorted({reason for change in unmoved for reason in change.reasons}),
    }


def _is_on_board(record: Record) -> bool:
    return record.event != REMOVED


def _row(item: TaskSite, change: Change) -> dict[str, Any]:
    old, new, digits = change.before, change.after, change.digits
    return {
        **_named(item, new),
        "old": _value(old, digits),
        "new": _value(None if new.event == REMOVED else new, digits),
        "difference": change_of(change.difference, digits=digits),
        "exact": "" if change.difference is None else f"{change.difference:+.6g}",
        "ranks": _step(_ranks(old), _ranks(new)),
        "tie_groups": _step(_tie_group(old), _tie_group(new)),
        "tie_group_changed": change.tie_group_changed,
        "reasons": change.reasons,
    }


def _named(item: TaskSite, record: Record) -> dict[str, str | None]:
    """A submission's name, and its page if it still has one."""
    name = record.submission
    has_page = name in item.entrants
    return {
        "name": name,
        "href": relative(URL, submission_url(item.task.name, name)) if has_page else None,
    }


def _value(record: Record | None, digits: int) -> dict[str, str]:
    if record is None:
        return {"text": number(None), "interval": ""}
    return {
        "text": number(record.value, digits=digits),
        "interval": interval(record.ci_low, record.ci_high, digits=digits),
    }


def _ranks(record: Record | None) -> str:
    return ranks(record.rank_low, record.rank_high) if record else ""


def _tie_group(record: Record | None) -> str:
    return "" if record is None or record.tie_group is None else str(record.tie_group)


def _step(old: str, new: str) -> str:
    """``1–2 → 2–3``, or the one text where both are the same; a dash for none."""
    return new or "–" if old == new else f"{old or '–'} → {new or '–'}"
