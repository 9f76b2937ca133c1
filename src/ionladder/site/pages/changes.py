"""The history of scores: what moved and why, as a page and a feed, and each board as it was."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ionladder.board.history import (
    REMOVED,
    Publication,
    Record,
    ScoreChange,
    differing,
    former_boards,
)
from ionladder.board.model import PLACE
from ionladder.repo import Layout
from ionladder.site.context import Entrant, Site, TaskSite
from ionladder.site.pages import Page, environment
from ionladder.site.text import change_of, number, plain, version_url

URL = "changes/"
HISTORY_FILE = "data/history.jsonl"
#: Publications of each task that the page shows; the file has them all.
SHOWN_PUBLICATIONS = 30
#: Versions of each board with a page of their own, and rows on such a page.
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
    """Versions of a board that have a page, newest first.

    They are the newest, and the last on each version of data and scorer, however old.
    """
    found, kept = _all_versions(site, item), []
    for n, version in enumerate(found):
        later = found[n - 1].last if n else None
        if n < MOST_VERSIONS or (later and differing(version.last, later, _RULES)):
            kept.append(version)
    return kept


def _all_versions(site: Site, item: TaskSite) -> list[Version]:
    found = []
    for each in site.publications[item.task.name]:
        # A record of a removal repeats the versions that it was last scored on.
        last = max((change.after for change in each.changes), key=_is_on)
        found.append(Version(each, site.times.get(each.commit or ""), last))
    return found


def _former(site: Site, item: TaskSite) -> Iterator[Page]:
    """The board as it was at each version with a page."""
    task, shown = item.task, versions(site, item)
    own = {version.publication.number: version for version in shown}
    after = {each.number - 1: each for each in site.publications[task.name]}
    titles = {use.name: use.title for use in task.metrics}
    sign = 1 if item.board.smaller_is_better else -1
    for n, records in former_boards(site.history, task.name):
        if n not in own:
            continue
        records.sort(key=lambda r: (r.value is None, sign * (r.value or 0), r.submission))
        rows = [(record, item.entrants.get(record.submission)) for record in records]
        if n not in after:
            rows = [(_placed(record, entrant), entrant) for record, entrant in rows]
        metric = own[n].last.metric.split("/")[1]
        context = {
            "item": item,
            "version": own[n],
            "versions": shown,
            "rows": rows[:MOST_ROWS],
            "n_rows": len(rows),
            "metric": titles.get(metric, metric),
            "has_gaps": any(r.kind == "verified" and r.rank_low is None for r, _ in rows),
            "changed": [
                (each.number, _summary(each), _way(task.name, each.number, shown[0]))
                for each in (own[n].publication, after.get(n))
                if each
            ],
            "history": HISTORY_FILE,
        }
        yield Page(version_url(task.name, n), "version", context)


def _placed(record: Record, entrant: Entrant | None) -> Record:
    """A record of the newest version with its place, which the board of today has."""
    row = entrant and entrant.row
    return record._replace(**{key: getattr(row, key) for key in PLACE}) if row else record


def _way(task: str, number: int, newest: Version) -> str:
    """Address of what a version changed: its heading where the page of changes has it."""
    is_shown = number > newest.publication.number - SHOWN_PUBLICATIONS
    return f"{URL}#{task}-{number}" if is_shown else f"{URL}#{task}"


def history_files(layout: Layout) -> dict[str, Path]:
    """Address in the site → file to copy there: the history for machines."""
    return {HISTORY_FILE: layout.history} if layout.history.is_file() else {}


def _board(site: Site, item: TaskSite) -> dict[str, Any]:
    own = site.publications[item.task.name]
    return {
        "item": item,
        "publications": _all_versions(site, item)[:SHOWN_PUBLICATIONS],
        "paged": {version.publication.number for version in versions(site, item)},
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
    found = [each for name in tasks for each in site.publications[name]]
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
