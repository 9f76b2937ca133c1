"""The history of scores: what moved and why, as a page and a feed, and each board as it was."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ionladder.board import history as past
from ionladder.board.history import REMOVED, Publication, Record, ScoreChange
from ionladder.board.model import PLACE, Row
from ionladder.repo import Layout
from ionladder.site.context import Site, TaskSite
from ionladder.site.pages import Page, environment
from ionladder.site.text import change_of, number, plain, version_url

URL = "changes/"
HISTORY_FILE = "data/history.jsonl"
#: Newest versions of each board that are shown, and rows on the page of one; the file has all.
MOST_VERSIONS, MOST_ROWS = 100, 100
_RULES = ("dataset_version", "scorer_version")
FEED = "feed.xml"
MOST_ENTRIES = 30
#: Submissions that one entry of the feed names; the page of changes has them all.
MOST_LINES = 40
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "ionladder: changes of scores")


class Version(NamedTuple):
    """What one version of a board changed, when, and a record with the versions it rests on."""

    publication: Publication
    time: datetime | None
    last: Record


def pages(site: Site) -> Iterator[Page]:
    """The page on changes, and every board as it was at each of its versions."""
    context = {
        "boards": [_board(site, item) for item in site.tasks],
        "n_records": len(site.history),
        "history": HISTORY_FILE if history_files(site.layout) else None,
    }
    yield Page(URL, "changes", context)
    for item in site.tasks:
        yield from _former(site, item)


def versions(site: Site, item: TaskSite) -> list[Version]:
    """Versions of a board that are shown, newest first.

    They are the newest, and the last on each version of data and scorer, however old.
    """
    found: list[Version] = []
    for each in site.publications[item.task.name]:
        # A record of a removal repeats the versions that it was last scored on.
        last = max((change.after for change in each.changes), key=_is_on)
        if len(found) < MOST_VERSIONS or past.differing(last, found[-1].last, _RULES):
            found.append(Version(each, site.times.get(each.commit or ""), last))
    return found


def _former(site: Site, item: TaskSite) -> Iterator[Page]:
    """The board as it was at each version that is shown."""
    task, shown = item.task, versions(site, item)
    own = {version.publication.number: version for version in shown}
    titles = {use.name: use.title for use in task.metrics}
    sign = 1 if item.board.smaller_is_better else -1
    for changed, records in past.former_boards(site.history, task.name):
        n = changed[0].publication
        if (version := own.get(n)) is None:
            continue
        records.sort(key=lambda r: (r.value is None, sign * (r.value or 0), r.submission))
        rows = [(record, item.entrants.get(record.submission)) for record in records]
        if version is shown[0]:  # its places are those of the board of today
            rows = [(r._replace(**_place(e.row)) if e else r, e) for r, e in rows]
        metric = version.last.metric.split("/")[1]
        context = {
            "item": item,
            "version": version,
            "versions": shown,
            "rows": rows[:MOST_ROWS],
            "n_rows": len(rows),
            "metric": titles.get(metric, metric),
            "has_gaps": any(r.kind == "verified" and r.rank_low is None for r, _ in rows),
            "changed": [each.publication for each in (version, own.get(n + 1)) if each],
            "summary": _summary,
            "history": HISTORY_FILE,
        }
        yield Page(version_url(task.name, n), "version", context)


def _place(row: Row) -> dict[str, Any]:
    return {key: getattr(row, key) for key in PLACE}


def history_files(layout: Layout) -> dict[str, Path]:
    """Address in the site → file to copy there: the history for machines."""
    return {HISTORY_FILE: layout.history} if layout.history.is_file() else {}


def _board(site: Site, item: TaskSite) -> dict[str, Any]:
    own, shown = site.publications[item.task.name], versions(site, item)
    return {
        "item": item,
        "publications": shown,
        "n_hidden": len(own) - len(shown),
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
    found = [each for name in tasks for each in site.publications[name]]
    dated = [(time, each) for each in found if (time := site.times.get(each.commit or ""))]
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
    told = [f"{kinds[kind]} {kind}" for kind in ("entered", "left", "moved") if kinds[kind]]
    return ", ".join(told) or f"{len(publication.unmoved)} scored again, none moved"


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
