"""``feed.xml``: the changes of scores as an Atom feed, dated by git and by nothing else.

The history of scores holds no dates, but each record names the commit that its score was computed
on, and that commit has one. A publication whose commit is not in this clone (a shallow one, or no
git at all) has no honest date: it stays on the page of changes and is left out of the feed.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ionladder.core.git import commit_times
from ionladder.leaderboard.changes import Change, Publication, publications
from ionladder.leaderboard.history import REMOVED
from ionladder.site.context import Site, TaskSite
from ionladder.site.environment import environment
from ionladder.site.links import submission_url
from ionladder.site.text import change_of, number, plain

FEED = "feed.xml"
MOST_ENTRIES = 30
MOST_LINES = 40
"""Submissions that one entry names; the page of changes has them all."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "ionladder: changes of scores")
_XML_TEMPLATE = "feed.xml.j2"


class Line(NamedTuple):
    """One submission in an entry: its name, its page if it has one, and what happened to it."""

    name: str
    href: str | None
    words: str


def feed_document(site: Site) -> dict[str, str]:
    """Address → text of the feed; empty where no publication can be dated."""
    entries = list(_entries(site))
    if not entries:
        return {}
    text = (
        environment()
        .get_template(_XML_TEMPLATE)
        .render(
            {
                "id": _NAMESPACE.urn,
                "updated": entries[0]["updated"],
                "entries": entries,
                "version": site.package_version,
            }
        )
    )
    return {FEED: text}


def publication_times(site: Site, found: list[Publication]) -> Mapping[str, datetime]:
    """Commit → its time, for the publications of a history."""
    return commit_times(site.layout.root, {each.commit for each in found if each.commit})


def _entries(site: Site) -> Iterator[dict[str, Any]]:
    """The newest publications, newest first; those of one commit in the order of the tasks."""
    tasks = {item.task.name: (place, item) for place, item in enumerate(site.tasks)}
    found = [each for each in publications(site.history) if each.task in tasks]
    times = publication_times(site, found)
    dated = [(times[each.commit], each) for each in found if each.commit and each.commit in times]
    dated.sort(key=lambda pair: (-pair[0].timestamp(), tasks[pair[1].task][0], -pair[1].number))
    for time, publication in dated[:MOST_ENTRIES]:
        yield _entry(tasks[publication.task][1], publication, time)


def _entry(item: TaskSite, publication: Publication, time: datetime) -> dict[str, Any]:
    moved = publication.moved
    last = publication.changes[-1].after
    lines = [_line(item, change) for change in moved[:MOST_LINES]]
    named = f"{publication.task}/{publication.number}/{publication.commit}"
    return {
        "id": uuid.uuid5(_NAMESPACE, named).urn,
        "title": f"{item.task.title}: {_summary(publication)}",
        "href": f"changes/#{publication.task}-{publication.number}",
        "updated": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "task": item.task.title,
        "number": publication.number,
        "data": f"{item.dataset.title} {plain(last.dataset_version)}",
        "scorer": plain(last.scorer_version),
        "commit": publication.commit,
        "lines": lines,
        "n_more": len(moved) - len(lines),
        "n_unmoved": len(publication.unmoved),
    }


def _summary(publication: Publication) -> str:
    """What happened, in a few words: ``2 entered, 1 moved``."""
    if publication.is_first:
        return f"the board begins with {len(publication.changes)} submissions"
    kinds = Counter(_kind(change) for change in publication.moved)
    order = ("entered", "left", "moved")
    return ", ".join(f"{kinds[kind]} {kind}" for kind in order if kinds[kind]) or (
        f"{len(publication.unmoved)} scored again, none moved"
    )


def _kind(change: Change) -> str:
    if change.after.event == REMOVED:
        return "left"
    return "entered" if change.before is None else "moved"


def _line(item: TaskSite, change: Change) -> Line:
    name = change.after.submission
    has_page = name in item.entrants
    return Line(
        name=plain(name),
        href=submission_url(item.task.name, name) if has_page else None,
        words=_words(change),
    )


def _words(change: Change) -> str:
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
