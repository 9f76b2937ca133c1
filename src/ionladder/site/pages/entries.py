"""A task's test entries: the hardest, the most disputed, all of them, and a page for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.datasets.load import read_table
from ionladder.site.board import Board, Row
from ionladder.site.context import Site, TaskSite
from ionladder.site.links import (
    board_url,
    dataset_url,
    entries_url,
    entry_url,
    relative,
    submission_url,
)
from ionladder.site.pages import Page
from ionladder.site.tables import Cell
from ionladder.site.text import exact, number
from ionladder.specs.dataset import Fact
from ionladder.specs.task import Target

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable, Related

TOP = 15
LARGEST_WHOLE = 500
"""Tasks with more test entries than this show some of them, and none has a page of its own."""
SHOWN_OF_MANY = 100
_SAFE_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")

Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class _Entries:
    """What the pages of one task are made from.

    Attributes:
        facts: Entry id → column → value, for every entry that a page names.
        rows: Submission → its row of the board.
        test_ids: Ids of the test entries.
    """

    item: TaskSite
    table: EntryTable
    facts: Facts
    rows: Mapping[str, Row]
    test_ids: frozenset[str]

    @property
    def has_pages(self) -> bool:
        """Whether entries have pages of their own; those that folds score are shown as a table."""
        return self.is_whole and self.item.task.scored_folds is None

    @property
    def is_whole(self) -> bool:
        """Whether all entries are shown."""
        return len(self.table.ids) <= LARGEST_WHOLE

    def href(self, here: str, entry: str) -> str | None:
        """The way to the page of an entry, if it has one."""
        if not self.has_pages or entry not in self.test_ids or not _SAFE_ID.fullmatch(entry):
            return None
        return relative(here, entry_url(self.item.task.name, entry))


def pages(site: Site) -> Iterator[Page]:
    """One page a task, and one a test entry where the task is small and its labels are here."""
    for item in site.tasks:
        here = entries_url(item.task.name)
        entries = _entries(site, item)
        yield Page(url=here, context=_index(site, item, entries, here))
        if entries is not None and entries.has_pages:
            for place, entry in enumerate(entries.table.ids):
                if _SAFE_ID.fullmatch(entry):
                    url = entry_url(item.task.name, entry)
                    yield Page(url=url, context=_entry(entries, place, url))


def _entries(site: Site, item: TaskSite) -> _Entries | None:
    """Everything about the entries of a task; None where the labels are not here."""
    rows = {row.submission: row for row in item.board.scored if row.submission}
    verified = [name for name, row in rows.items() if row.kind == "verified"]
    table = site.entries[item.task.name].table(list(rows), verified=verified)
    if table is None:
        return None
    related = [r.id for near in (*table.neighbours.values(), *table.replicates.values()) for r in near]
    facts = _facts(site, item, {*table.ids, *related})
    return _Entries(
        item=item, table=table, facts=facts, rows=rows, test_ids=frozenset(table.ids)
    )


def _facts(site: Site, item: TaskSite, ids: set[str]) -> Facts:
    """Columns of ``entries`` that pages show, for the entries named."""
    columns = [fact.column for fact in item.dataset.facts]
    version = item.board.dataset_version
    entries = read_table(site.layout, item.dataset.name, version, "entries")
    rows: list[dict[str, Any]] = entries.select(["id", *columns]).to_pylist()
    return {row["id"]: row for row in rows if row["id"] in ids}


def _index(site: Site, item: TaskSite, entries: _Entries | None, here: str) -> dict[str, Any]:
    shared = {
        "item": item,
        "board": item.board,
        "entry": None,
        "board_href": relative(here, board_url(item.task.name)),
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "missing": site.entries[item.task.name].missing,
    }
    if entries is None:
        return {**shared, "tables": []}
    table, n = entries.table, len(entries.table.ids)
    everything = list(range(n)) if entries.is_whole else table.hardest(SHOWN_OF_MANY)
    words = item.task.label_words
    tables = [
        (
            "hardest",
            "The hardest",
            "Largest median error over verified submissions. A wrong label is hard for every "
            f"model: before blaming the models, read the {words.one}.",
            table.hardest(TOP),
        ),
        (
            "disputed",
            "Where models disagree most",
            "Widest spread of the predictions of verified submissions (interquartile range).",
            table.most_disputed(TOP),
        ),
        (
            "all",
            "All entries" if entries.is_whole else f"The hardest {len(everything)}",
            "Click a heading to sort.",
            everything,
        ),
    ]
    return {
        **shared,
        "n": n,
        "targets": item.task.targets,
        "tables": [
            (key, title, note, [_line(entries, place, here) for place in places])
            for key, title, note, places in tables
        ],
    }


def _line(entries: _Entries, place: int, here: str) -> dict[str, Any]:
    """One entry as a row of a table."""
    table, entry = entries.table, entries.table.ids[place]
    near = table.neighbours.get(entry, ())
    errors = table.errors[:, place]
    best = int(errors.argmin()) if len(errors) and errors[0] == errors[0] else None
    return {
        "id": entry,
        "href": entries.href(here, entry),
        "formula": _formula(entries, entry),
        "labels": [_own_label(table, target, place) for target in entries.item.task.targets],
        "typical": _cell(table.typical_error[place]),
        "spread": _cell(table.spread[place]),
        "best": None if best is None else _cell(errors[best]),
        "best_model": None if best is None else entries.rows[table.names[best]].model,
        "n_replicates": len(table.replicates.get(entry, ())),
        "distance": _cell(near[0].distance if near else None),
    }


def _entry(entries: _Entries, place: int, here: str) -> dict[str, Any]:
    """The page of one entry."""
    item, table = entries.item, entries.table
    entry = table.ids[place]
    targets = item.task.targets
    facts = entries.facts.get(entry, {})
    return {
        "item": item,
        "board": item.board,
        "entry": entry,
        "targets": targets,
        "formula": _formula(entries, entry),
        "facts": [(fact, _listed(facts.get(fact.column))) for fact in item.dataset.facts],
        "labels": [(t, _own_label(table, t, place)) for t in targets],
        "typical": _cell(table.typical_error[place]),
        "spread": _cell(table.spread[place]),
        "rank": _rank(table, place),
        "n": len(table.ids),
        "models": _models(entries, place, here),
        "replicates": [
            _related(entries, r, here) for r in table.replicates.get(entry, ())
        ],
        "neighbours": [
            _related(entries, r, here) for r in table.neighbours.get(entry, ())
        ],
        "board_href": relative(here, board_url(item.task.name)),
        "entries_href": relative(here, entries_url(item.task.name)),
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
    }


def _models(entries: _Entries, place: int, here: str) -> list[dict[str, Any]]:
    """Every submission's prediction and error on one entry, smallest error first."""
    table, task = entries.table, entries.item.task
    lines = []
    for number_of, name in enumerate(table.names):
        row = entries.rows[name]
        error = float(table.errors[number_of, place])
        predicted = [float(table.predictions[t.name][number_of, place]) for t in task.targets]
        apart = [
            value - float(table.labels[t.name][place])
            for t, value in zip(task.targets, predicted, strict=True)
        ]
        lines.append(
            {
                "row": row,
                "href": relative(here, submission_url(task.name, name)),
                "predictions": [
                    (_cell(value), _cell(difference))
                    for value, difference in zip(predicted, apart, strict=True)
                ],
                "error": _cell(error),
                "order": (error != error, error, row.order),
            }
        )
    return sorted(lines, key=lambda line: line["order"])


def _related(entries: _Entries, related: Related, here: str) -> dict[str, Any]:
    """A repeated measurement or a training entry as a row of a table."""
    facts = entries.facts.get(related.id, {})
    dois = [f.column for f in entries.item.dataset.facts if f.kind == "doi"]
    return {
        "id": related.id,
        "href": entries.href(here, related.id),
        "part": "test" if related.id in entries.test_ids else "training",
        "formula": _formula(entries, related.id),
        "family": facts.get("family"),
        "dois": [doi for column in dois for doi in _listed(facts.get(column))],
        "distance": _cell(related.distance),
        "labels": [
            _label(target, related.labels[target.name], related.limits.get(target.name))
            for target in entries.item.task.targets
        ],
    }


def _rank(table: EntryTable, place: int) -> int | None:
    """Place among the test entries, 1 for the hardest; None without a score."""
    order = table.hardest(len(table.ids))
    return order.index(place) + 1 if place in order else None


def _formula(entries: _Entries, entry: str) -> str:
    """The formula that names an entry on pages."""
    facts = entries.facts.get(entry, {})
    columns = [fact.column for fact in entries.item.dataset.facts if fact.kind == "formula"]
    return next((str(facts[column]) for column in columns if facts.get(column)), entry)


def _own_label(table: EntryTable, target: Target, place: int) -> Cell:
    limit = float(table.limits[target.name][place])
    known = limit if limit == limit else None
    return _label(target, float(table.labels[target.name][place]), known)


def _label(target: Target, value: float, limit: float | None) -> Cell:
    """A label as a cell; a limit is shown as a limit, and sorts by what it is scored at."""
    if limit is not None:
        hint = f"only an upper limit; scored at {number(value)}"
        return Cell(text=f"< {number(limit)}", sort=exact(value), hint=hint)
    return _cell(value, missing=target.missing_note)


def _cell(value: float | None, *, missing: str = "") -> Cell:
    if value is None or value != value:
        return Cell(text="–", hint=missing)
    return Cell(text=number(value), sort=exact(float(value)), hint=f"{value:.6g}")


def _listed(value: Any) -> list[Any]:
    """A fact's values: none, one or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


