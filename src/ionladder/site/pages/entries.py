"""A task's test entries: the hardest, the most disputed, all of them, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.site.board import Row
from ionladder.site.context import EntryChoice, Site, TaskSite
from ionladder.site.pages import Page
from ionladder.site.tables import difference_cell, label_cell, number_cell, own_label
from ionladder.site.text import (
    Facts,
    board_url,
    dataset_url,
    entries_url,
    entry_url,
    name_of,
    plain,
    read_facts,
    relative,
    submission_url,
)

if TYPE_CHECKING:
    from ionladder.entries import EntryTable, Related

TOP = 15
MOST_MODELS = 50
"""Submissions that the page of an entry lists, from the first of the board on."""


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
    choice: EntryChoice
    facts: Facts
    rows: Mapping[str, Row]
    test_ids: frozenset[str]

    def name(self, entry: str) -> str:
        """The formula that names an entry."""
        return name_of(self.item.dataset, self.facts, entry)


def pages(site: Site) -> Iterator[Page]:
    """One page a task, and one for each entry that the task's choice gives a page."""
    for item in site.tasks:
        here = entries_url(item.task.name)
        entries = _entries(site, item)
        yield Page(url=here, context=_index(site, item, entries, here))
        for place in entries.choice.places if entries else ():
            entry = entries.table.ids[place] if entries else ""
            if entries and entry in entries.choice.paged:
                url = entry_url(item.task.name, entry)
                yield Page(url=url, context=_entry(entries, place, url))


def _entries(site: Site, item: TaskSite) -> _Entries | None:
    """Everything about the entries that pages name; None where the labels are not here."""
    source = site.entries[item.task.name]
    table, choice = source.table, source.choice
    if table is None or choice is None:
        return None
    places = {*choice.places, *table.hardest(TOP), *table.most_disputed(TOP)}
    named = {table.ids[place] for place in places}
    related = {
        other.id
        for entry in named
        for other in (*table.neighbours.get(entry, ()), *table.replicates.get(entry, ()))
    }
    return _Entries(
        item=item,
        table=table,
        choice=choice,
        facts=read_facts(site.layout, item.dataset, item.board.dataset_version, named | related),
        rows={row.submission: row for row in item.board.scored if row.submission},
        test_ids=frozenset(table.ids),
    )


def _index(site: Site, item: TaskSite, entries: _Entries | None, here: str) -> dict[str, Any]:
    shared = {
        "item": item,
        "board": item.board,
        "entry": None,
        "board_href": relative(here, board_url(item.task.name)),
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "absent": site.entries[item.task.name].absent,
    }
    if entries is None:
        return {**shared, "tables": []}
    table, n = entries.table, len(entries.table.ids)
    choice = entries.choice
    words = item.task.label_words
    tables = [
        (
            "hardest",
            "The hardest",
            (
                "Largest median error over verified submissions. A wrong label is hard for every "
                f"model: before blaming the models, read the {words.one}."
            ),
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
            _title_of_all(choice),
            "Click a heading to sort.",
            choice.places,
        ),
    ]
    return {
        **shared,
        "n": n,
        "choice": choice,
        "targets": item.task.targets,
        "tables": [
            (key, title, note, [_line(entries, place, here) for place in places])
            for key, title, note, places in tables
        ],
    }


def _title_of_all(choice: EntryChoice) -> str:
    if choice.is_whole:
        return "All entries"
    kind = "hardest" if choice.is_hardest else "first"
    return f"The {kind} {len(choice.places)}"


def _line(entries: _Entries, place: int, here: str) -> dict[str, Any]:
    """One entry as a row of a table."""
    table, entry = entries.table, entries.table.ids[place]
    near = table.neighbours.get(entry, ())
    errors = table.errors[:, place]
    best = int(errors.argmin()) if len(errors) and errors[0] == errors[0] else None
    return {
        "id": entry,
        "href": entries.choice.href(here, entry),
        "formula": entries.name(entry),
        "search": _search_text(entries, entry),
        "labels": [own_label(table, target, place) for target in entries.item.task.targets],
        "typical": number_cell(table.typical_error[place]),
        "spread": number_cell(table.spread[place]),
        "best": None if best is None else number_cell(errors[best]),
        "best_model": None if best is None else entries.rows[table.names[best]].model,
        "n_replicates": len(table.replicates.get(entry, ())),
        "distance": number_cell(near[0].distance if near else None),
    }


def _search_text(entries: _Entries, entry: str) -> str:
    """What the box above the list looks in: id, formulas and the other facts."""
    facts = entries.facts.get(entry, {})
    said = [value for column in facts for value in _listed(facts[column])]
    return plain(" ".join([entry, *(str(value) for value in said)]), limit=300).lower()


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
        "formula": entries.name(entry),
        "facts": [(fact, _listed(facts.get(fact.column))) for fact in item.dataset.facts],
        "labels": [(t, own_label(table, t, place)) for t in targets],
        "typical": number_cell(table.typical_error[place]),
        "spread": number_cell(table.spread[place]),
        "rank": entries.choice.rank(place),
        "n": len(table.ids),
        "models": _models(entries, place, here),
        "n_hidden": max(len(table.names) - MOST_MODELS, 0),
        "replicates": [_related(entries, r, here) for r in table.replicates.get(entry, ())],
        "neighbours": [_related(entries, r, here) for r in table.neighbours.get(entry, ())],
        "board_href": relative(here, board_url(item.task.name)),
        "entries_href": relative(here, entries_url(item.task.name)),
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
    }


def _models(entries: _Entries, place: int, here: str) -> list[dict[str, Any]]:
    """Predictions and errors of the board's first submissions on one entry, best first."""
    table, task = entries.table, entries.item.task
    lines = []
    for number_of, name in enumerate(table.names[:MOST_MODELS]):
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
                    (number_cell(value), difference_cell(difference))
                    for value, difference in zip(predicted, apart, strict=True)
                ],
                "error": number_cell(error),
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
        "href": entries.choice.href(here, related.id),
        "part": "test" if related.id in entries.test_ids else "training",
        "formula": entries.name(related.id),
        "family": facts.get("family"),
        "dois": [doi for column in dois for doi in _listed(facts.get(column))],
        "distance": number_cell(related.distance),
        "labels": [
            label_cell(target, related.labels[target.name], related.limits.get(target.name))
            for target in entries.item.task.targets
        ],
    }


def _listed(value: Any) -> list[Any]:
    """A fact's values: none, one or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
