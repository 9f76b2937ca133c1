"""A page for every scored submission, the list of a task's test entries, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.board.audit import CHECKS
from ionladder.board.model import NO_VALUE, Board, Row, Value
from ionladder.receipt import WIDEST
from ionladder.site import text as txt
from ionladder.site.context import LARGEST_COPY_BYTES, Entrant, EntryChoice, Site, TaskSite
from ionladder.site.differences import MOST_PAIRS, pair_rows
from ionladder.site.files import badge_url, bibtex_lines
from ionladder.site.pages import Page
from ionladder.site.pages.board import linked_names
from ionladder.site.slices import hard_entries, plots, slice_table, stated_uncertainty
from ionladder.site.tables import TableCell, error_cell, metric_column, value_cell
from ionladder.site.text import Facts

if TYPE_CHECKING:
    from ionladder.entries import EntryTable

RECEIPT_FILE = "receipt.json"
MOST_SEARCHED = 50
"""Pages of a task that the site's search knows; every reader of a page loads its index."""
TOP = 15
MOST_MODELS = 50
"""Submissions that the page of an entry lists, from the first of the board on."""


def pages(site: Site) -> Iterator[Page]:
    """One page a submission, one a task on its entries, and one for each chosen entry."""
    for item in site.tasks:
        name = item.task.name
        for place, (submission, entrant) in enumerate(item.entrants.items()):
            here = txt.submission_url(name, submission)
            context = _submission(site, item, entrant, submission, here)
            is_searched = place < MOST_SEARCHED
            yield Page(here, "submission", {"is_searched": is_searched, **context})
        yield from _entry_pages(site, item)


def submission_files(site: Site) -> dict[str, Path]:
    """Address in the site → file to copy there: what a reader needs to check a score."""
    copied = {}
    for item in site.tasks:
        for name, entrant in item.entrants.items():
            here = txt.submission_url(item.task.name, name)
            copied.update({f"{here}{path.name}": path for path in _small(entrant)})
            if entrant.receipt is not None:
                copied[f"{here}{RECEIPT_FILE}"] = site.layout.receipt(item.task.name, name)
    return copied


def _small(entrant: Entrant) -> list[Path]:
    return [path for path in entrant.files if path.stat().st_size <= LARGEST_COPY_BYTES]


def _submission(
    site: Site, item: TaskSite, entrant: Entrant, name: str, here: str
) -> dict[str, Any]:
    board, row, task = item.board, entrant.row, item.task
    source = site.entries[task.name]
    entries = source.of(name)
    receipt: Mapping[str, Any] = entrant.receipt or {}
    confidence = site.params.scoring.confidence
    top = [r for r in board.leaders if r is not row] if row.tie_group == 1 else []
    titles = {s.equals: str(s.title) for s in task.subsets if s.column == "in_cif"}
    copied = {path.name for path in _small(entrant)}
    entered, boards = site.entered.get((task.name, name)), site.models.get(name, ())
    targets = [task.primary.target, *(t.name for t in task.targets)]
    return {
        "board": board,
        "row": row,
        "name": name,
        "here": here,
        "folder": site.layout.relative(site.layout.submission_dir(task.name, name)),
        "entrant": entrant,
        "card": entrant.card,
        "ties": linked_names(board, top, here) if top else None,
        "pairs": pair_rows(board, item.analysis, name),
        "most_pairs": MOST_PAIRS,
        "primary_target": txt.target_title(task, task.primary.target),
        "parts": [_part(board, row, receipt, target) for target in dict.fromkeys(targets)],
        "by_slice": slice_table(
            board, row, entrant.receipt, source.slices(name, confidence=confidence)
        ),
        "widest": f"{WIDEST:g}",
        "receipt": receipt,
        "plots": plots(entries, task),
        "points": entries,
        "hardest": hard_entries(source, name),
        "source": source,
        "bibtex": bibtex_lines(entrant.card, board, row, name, entered=entered),
        "entered": entered,
        "elsewhere": len(boards) if item in boards else 0,
        "uncertainty": stated_uncertainty(entrant.receipt, task),
        "uncertainty_words": list(txt.UNCERTAINTY.values()),
        "audit": (item.analysis.content.get("audit") or {}).get(name),
        "checks": CHECKS,
        "evidence": txt.WORDS["evidence"],
        "marked": [
            (kind, titles[is_filled])
            for is_filled, kind in ((True, ""), (False, " il-point--open"))
            if is_filled in titles
        ],
        "parity_note": entries.note,
        "badge": {kind: badge_url(task.name, name, kind) for kind in ("svg", "json")},
        "files": [(path.name, path.name in copied) for path in entrant.files],
        "quoted": [r for r in board.of_kind("reported") if r.quoted.get("verified_by") == name],
        "dataset": item.dataset,
    }


def _part(board: Board, row: Row, receipt: Mapping[str, Any], target: str) -> dict[str, Any]:
    """Scores and sizes of one target, or of the mean over targets."""
    task = board.task
    scored: Mapping[str, Any] = (receipt.get("targets") or {}).get(target) or {}
    parts = {subset.name: scored.get(subset.name) or {} for subset in task.subsets}
    own = next((each for each in task.targets if each.name == target), None)
    lines: list[dict[str, Any]] = []
    for use in task.metrics:
        cells = []
        for subset, part in parts.items():
            score = (part.get("metrics") or {}).get(use.name)
            if score is None:
                value, spread = _of_row(board, row, target, use.name, subset), None
            else:
                value = Value(score.get("value"), score.get("ci_low"), score.get("ci_high"))
                spread = score.get("seed_sd")
            shown = (
                "" if spread is None else f"± {txt.number(spread, digits=txt.fine_digits(spread))}"
            )
            cells.append((value_cell(value), shown, value.value is not None))
        column = metric_column(use, board, target=own)
        lines.append({"use": use, "column": column, "cells": cells})
    # A metric of other targets only has no number here; where nothing has one, all are shown.
    known = [line for line in lines if any(is_known for *_, is_known in line["cells"])]
    return {
        "name": target,
        "title": txt.target_title(task, target),
        "scores": known or lines,
        "sizes": [
            (subset, row.sizes.get(subset.name), parts[subset.name].get("n_groups"))
            for subset in task.subsets
        ],
    }


def _of_row(board: Board, row: Row, target: str, metric: str, subset: str) -> Value:
    """What the board itself holds of a score, for pages without a receipt."""
    primary = board.task.primary
    if target == primary.target:
        return row.value(metric, subset)
    return row.target_value(target, metric) if subset == primary.subset else NO_VALUE


@dataclass(frozen=True, kw_only=True)
class _Entries:
    """What the pages on entries of one task are made from; templates ask it for each entry.

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
        return txt.name_of(self.item.dataset, self.facts, entry)

    def fact(self, entry: str, column: str) -> list[Any]:
        """A fact's values: none, one or several."""
        value = self.facts.get(entry, {}).get(column)
        return list(value) if isinstance(value, list) else [] if value is None else [value]

    def dois(self, entry: str) -> list[str]:
        """Where an entry was published."""
        columns = [fact.column for fact in self.item.dataset.facts if fact.kind == "doi"]
        return [doi for column in columns for doi in self.fact(entry, column)]

    def search_text(self, entry: str) -> str:
        """What the box above the list looks in: id, formulas and the other facts."""
        columns = self.facts.get(entry, {})
        said = [str(value) for column in columns for value in self.fact(entry, column)]
        return txt.plain(" ".join([entry, *said]), limit=300).lower()

    def best(self, place: int) -> tuple[TableCell, Row] | None:
        """The smallest error of an entry, and the row that makes it; None where there is none."""
        errors = self.table.errors[:, place]
        if not len(errors) or errors[0] != errors[0]:
            return None
        best = int(errors.argmin())
        return error_cell(self.table, place, best), self.rows[self.table.names[best]]

    def models(self, place: int) -> list[tuple[Row, list[tuple[float, float]], TableCell]]:
        """The board's first submissions on an entry, best first: predictions, and the error.

        Each prediction comes with its difference to the label.
        """
        table, lines = self.table, []
        for i, name in enumerate(table.names[:MOST_MODELS]):
            predicted = [
                (float(rows[i, place]), float(rows[i, place]) - float(table.labels[key][place]))
                for key, rows in table.predictions.items()
            ]
            error = float(table.errors[i, place])
            lines.append((error, self.rows[name], predicted, error_cell(table, place, i)))
        lines.sort(key=lambda line: (line[0] != line[0], line[0], line[1].order))
        return [line[1:] for line in lines]


def _read_entries(site: Site, item: TaskSite) -> _Entries | None:
    """Everything about the entries that pages name; None where the labels are not here."""
    source = site.entries[item.task.name]
    table, choice = source.table, source.choice
    if table is None or choice is None:
        return None
    places = {*choice.places, *table.hardest(TOP), *table.most_disputed(TOP)}
    named = {table.ids[place] for place in places}
    named |= {
        other.id
        for entry in tuple(named)
        for other in (*table.neighbours.get(entry, ()), *table.replicates.get(entry, ()))
    }
    return _Entries(
        item=item,
        table=table,
        choice=choice,
        facts=txt.read_facts(site.layout, item.dataset, item.board.dataset_version, named),
        rows={row.submission: row for row in item.board.scored if row.submission},
        test_ids=frozenset(table.ids),
    )


def _entry_pages(site: Site, item: TaskSite) -> Iterator[Page]:
    """The list of a task's entries, and the page of each that is chosen to have one."""
    here = txt.entries_url(item.task.name)
    shared = {"item": item, "board": item.board, "top": TOP, "most_models": MOST_MODELS}
    entries = _read_entries(site, item)
    absent = site.entries[item.task.name].absent
    yield Page(here, "entries", {**shared, "here": here, "entries": entries, "absent": absent})
    for place in entries.choice.places if entries else ():
        entry = entries.table.ids[place] if entries else ""
        if entries and entry in entries.choice.paged:
            url = txt.entry_url(item.task.name, entry)
            context = {**shared, "here": url, "entries": entries, "place": place, "entry": entry}
            yield Page(url, "entry", context)
