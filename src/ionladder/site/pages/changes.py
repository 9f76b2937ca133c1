"""The changes of scores, newest first, as a page and as an Atom feed: what moved, and why."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ionladder.board.history import REMOVED, Publication, Record, ScoreChange, publications
from ionladder.repo import Layout
from ionladder.site.context import Site, TaskSite
from ionladder.site.pages import Page, environment
from ionladder.site.text import change_of, number, plain

URL = "changes/"
HISTORY_FILE = "data/history.jsonl"
#: Publications of each task that the page shows; the file has them all.
SHOWN_PUBLICATIONS = 30
FEED = "feed.xml"
MOST_ENTRIES = 30
#: Submissions that one entry of the feed names; the page of changes has them all.
MOST_LINES = 40
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "ionladder: changes of scores")


def pages(site: Site) -> Iterator[Page]:
    """The one page on changes."""
    found = publications(site.history)
    times = site.times
    context = {
        "boards": [_board(item, found, times) for item in site.tasks],
        "n_records": len(site.history),
        "history": HISTORY_FILE if history_files(site.layout) else None,
    }
    yield Page(URL, "changes", context)


def history_files(layout: Layout) -> dict[str, Path]:
    """Address in the site → file to copy there: the history for machines."""
    return {HISTORY_FILE: layout.history} if layout.history.is_file() else {}


def _board(
    item: TaskSite, found: list[Publication], times: Mapping[str, datetime]
) -> dict[str, Any]:
    own = [publication for publication in found if publication.task == item.task.name][::-1]
    return {
        "item": item,
        "publications": [
            # A record of a removal repeats the versions that it was last scored on.
            (each, times.get(each.commit or ""), max((c.after for c in each.changes), key=_is_on))
            for each in own[:SHOWN_PUBLICATIONS]
        ],
        "n_hidden": max(len(own) - SHOWN_PUBLICATIONS, 0),
        "has_moved": any(c.before is not None for each in own for c in each.moved),
    }


def _is_on(record: Record) -> bool:
    return record.event != REMOVED


def feed_document(site: Site) -> dict[str, str]:
    """Address → text of the feed, dated by git alone; nothing where no publication can be dated."""
    entries = list(_entries(site))
    if not entries:
        return {}
    context = {"id": _NAMESPACE.urn, "entries": entries, "version": site.package_version}
    return {FEED: environment().get_template("feed.xml.j2").render(context)}


def _entries(site: Site) -> Iterator[dict[str, Any]]:
    """The newest publications, newest first; those of one commit in the order of the tasks."""
    tasks = {item.task.name: (place, item) for place, item in enumerate(site.tasks)}
    found = [each for each in publications(site.history) if each.task in tasks]
    times = site.times
    dated = [(times[each.commit], each) for each in found if each.commit and each.commit in times]
    dated.sort(key=lambda pair: (-pair[0].timestamp(), tasks[pair[1].task][0], -pair[1].number))
    for time, publication in dated[:MOST_ENTRIES]:
        yield _entry(tasks[publication.task][1], publication, time)


def _entry(item: TaskSite, publication: Publication, time: datetime) -> dict[str, Any]:
    moved, last = publication.moved, publication.changes[-1].after
    named = f"{publication.task}/{publication.number}/{publication.commit}"
    return {
        "id": uuid.uuid5(_NAMESPACE, named).urn,
        "title": f"{item.task.title}: {_summary(publication)}",
        "href": f"{URL}#{publication.task}-{publication.number}",
        "updated": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "item": item,
        "number": publication.number,
        "last": last,
        "commit": publication.commit,
        "lines": [(c.after.submission, _words(c)) for c in moved[:MOST_LINES]],
        "n_more": max(len(moved) - MOST_LINES, 0),
        "n_unmoved": len(publication.unmoved),
    }


def _summary(publication: Publication) -> str:
    """What happened, in a few words: ``2 entered, 1 moved``."""
    if publication.number == 1:
        return f"the board begins with {len(publication.changes)} submissions"
    kinds = Counter(
        "left" if not _is_on(c.after) else "moved" if c.before else "entered"
        for c in publication.moved
    )
    return ", ".join(
        f"{kinds[kind]} {kind}" for kind in (("entered", "left", "moved")) if kinds[kind]
    ) or (f"{len(publication.unmoved)} scored again, none moved")


def _words(change: ScoreChange) -> str:
    """``entered with 1.50 decades``, ``1.50 → 1.48 decades (−0.02); scorer: …``."""
    old, new, digits = change.before, change.after, change.digits
    if new.event == REMOVED:
        return "left the board"
    value, unit = number(new.value, digits=digits), plain(new.unit)
    if old is None:
        return f"entered with {value} {unit}"
    step = change_of(change.difference, digits=digits)
    return plain(
        f"{number(old.value, digits=digits)} → {value} {unit} ({step}); {'; '.join(change.reasons)}"
    )
