"""A page for every scored submission, the list of a task's test entries, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.site.board import NO_VALUE, Board, Row, Value
from ionladder.site.context import LARGEST_COPY_BYTES, Entrant, EntryChoice, Site, TaskSite
from ionladder.site.differences import MOST_PAIRS, pair_rows
from ionladder.site.files import badge_url, bibtex_lines
from ionladder.site.pages import Page
from ionladder.site.pages.board import linked_names
from ionladder.site.slices import (
    audit_notes,
    hard_entries,
    plots,
    slice_table,
    stated_uncertainty,
)
from ionladder.site.tables import (
    difference_cell,
    label_cell,
    metric_column,
    number_cell,
    own_label,
    value_cell,
)
from ionladder.site.text import (
    UNCERTAINTY,
    Facts,
    entries_url,
    entry_url,
    fine_digits,
    name_of,
    number,
    plain,
    read_facts,
    submission_url,
    target_title,
)
from ionladder.specs import Task

if TYPE_CHECKING:
    from ionladder.entries import EntryTable, Related

RECEIPT_FILE = "receipt.json"
MOST_SEARCHED = 50
"""Pages of a task that the site's search knows; every reader of a page loads its index."""
TOP = 15
MOST_MODELS = 50
"""Submissions that the page of an entry lists, from the first of the board on."""
_HASHES = {
    "predictions_sha256": "predictions",
    "cv_predictions_sha256": "cross-validation predictions",
    "labels_sha256": "labels",
    "split_sha256": "split",
}


def pages(site: Site) -> Iterator[Page]:
    """One page a submission, one a task on its entries, and one for each chosen entry."""
    for item in site.tasks:
        name = item.task.name
        for place, (submission, entrant) in enumerate(item.entrants.items()):
            here = submission_url(name, submission)
            context = _submission(site, item, entrant, submission, here)
            is_searched = place < MOST_SEARCHED
            yield Page(here, "submission", {"is_searched": is_searched, **context})
        entries = _read_entries(site, item)
        yield Page(entries_url(name), "entries", _entries(site, item, entries))
        for place in entries.choice.places if entries else ():
            entry = entries.table.ids[place] if entries else ""
            if entries and entry in entries.choice.paged:
                here = entry_url(name, entry)
                yield Page(here, "entries", _entry(entries, place, here))


def submission_files(site: Site) -> dict[str, Path]:
    """Address in the site → file to copy there: what a reader needs to check a score."""
    copied = {}
    for item in site.tasks:
        for name, entrant in item.entrants.items():
            here = submission_url(item.task.name, name)
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
    ties = [r for r in board.of_kind("verified") if r is not row and r.tie_group == row.tie_group]
    titles = {s.equals: str(s.title) for s in task.subsets if s.column == "in_cif"}
    copied = {path.name for path in _small(entrant)}
    targets = [task.primary.target, *(t.name for t in task.targets)]
    return {
        "board": board,
        "row": row,
        "name": name,
        "here": here,
        "folder": site.layout.relative(site.layout.submission_dir(task.name, name)),
        "entrant": entrant,
        "card": entrant.card,
        "primary": value_cell(board.primary(row)),
        "ties": None if row.tie_group is None else linked_names(board, ties, here),
        "pairs": pair_rows(board, item.analysis, row, here),
        "most_pairs": MOST_PAIRS,
        "primary_target": target_title(task, task.primary.target),
        "parts": [_part(board, row, receipt, target) for target in dict.fromkeys(targets)],
        "by_slice": slice_table(
            board, row, entrant.receipt, source.slices(name, confidence=confidence)
        ),
        "folds": _folds(task, receipt),
        "parities": plots(entries, task),
        "hardest": hard_entries(
            task, source.table, source.choice, source.names, name=name, here=here
        ),
        "bibtex": bibtex_lines(entrant.card, board, row, name),
        "uncertainty": stated_uncertainty(entrant.receipt, task),
        "uncertainty_words": list(UNCERTAINTY.values()),
        "audit": audit_notes(item, name, here),
        "marked": [
            (kind, titles[is_filled])
            for is_filled, kind in ((True, ""), (False, " il-point--open"))
            if is_filled in titles
        ],
        "parity_note": entries.note,
        "badge": {kind: badge_url(task.name, name, kind) for kind in ("svg", "json")},
        "hashes": [
            (label, digest)
            for key, label in _HASHES.items()
            if (digest := (receipt.get("hashes") or {}).get(key))
        ],
        "files": [(path.name, path.name in copied) for path in entrant.files],
        "receipt_file": RECEIPT_FILE if entrant.receipt is not None else None,
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
            shown = "" if spread is None else f"± {number(spread, digits=fine_digits(spread))}"
            cells.append((value_cell(value), shown, value.value is not None))
        column = metric_column(use, board, target=own)
        lines.append({"use": use, "column": column, "cells": cells})
    # A metric of other targets only has no number here; where nothing has one, all are shown.
    known = [line for line in lines if any(is_known for *_, is_known in line["cells"])]
    return {
        "name": target,
        "title": target_title(task, target),
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


def _folds(task: Task, receipt: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Cross-validated scores by fold scheme, the primary scheme first."""
    found: Mapping[str, Any] = receipt.get("cross_validation") or {}
    metric = task.primary.metric
    return [
        {
            "scheme": scheme,
            "value": part.get(metric),
            "spread": part.get(f"{metric}_sd_over_repeats"),
            "n_repeats": part.get("n_repeats"),
            "n": part.get("n"),
        }
        for scheme in sorted(task.cross_validation, key=lambda cv: not cv.is_primary)
        if (part := found.get(scheme.scheme))
    ]


@dataclass(frozen=True, kw_only=True)
class _Entries:
    """What the pages on entries of one task are made from.

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

    def fact(self, entry: str, column: str) -> list[Any]:
        """A fact's values: none, one or several."""
        value = self.facts.get(entry, {}).get(column)
        return list(value) if isinstance(value, list) else [] if value is None else [value]


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
        facts=read_facts(site.layout, item.dataset, item.board.dataset_version, named),
        rows={row.submission: row for row in item.board.scored if row.submission},
        test_ids=frozenset(table.ids),
    )


def _entries(site: Site, item: TaskSite, entries: _Entries | None) -> dict[str, Any]:
    absent = site.entries[item.task.name].absent
    shared = {"item": item, "board": item.board, "entry": None, "absent": absent, "tables": []}
    if entries is None:
        return shared
    table, choice = entries.table, entries.choice
    kind = "hardest" if choice.is_hardest else "first"
    hardest = (
        "Largest median error over verified submissions. A wrong label is hard for every model: "
        f"before blaming the models, read the {item.task.label_words.one}."
    )
    tables = [
        (
            "hardest",
            "The hardest",
            hardest,
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
            "All entries" if choice.is_whole else f"The {kind} {len(choice.places)}",
            "Click a heading to sort.",
            choice.places,
        ),
    ]
    return {
        **shared,
        "n": len(table.ids),
        "choice": choice,
        "targets": item.task.targets,
        "tables": [
            (key, title, note, [_line(entries, place) for place in places])
            for key, title, note, places in tables
        ],
    }


def _line(entries: _Entries, place: int) -> dict[str, Any]:
    """One entry as a row of a table."""
    table, entry = entries.table, entries.table.ids[place]
    near = table.neighbours.get(entry, ())
    errors = table.errors[:, place]
    best = int(errors.argmin()) if len(errors) and errors[0] == errors[0] else None
    columns = entries.facts.get(entry, {})
    said = [str(value) for column in columns for value in entries.fact(entry, column)]
    return {
        "id": entry,
        "href": entries.choice.href(entries_url(entries.item.task.name), entry),
        "formula": entries.name(entry),
        "search": plain(" ".join([entry, *said]), limit=300).lower(),
        "labels": [own_label(table, target, place) for target in entries.item.task.targets],
        "typical": number_cell(table.typical_error[place]),
        "spread": number_cell(table.spread[place]),
        "best": None if best is None else number_cell(errors[best]),
        "best_model": None if best is None else entries.rows[table.names[best]].model,
        "n_replicates": len(table.replicates.get(entry, ())),
        "distance": number_cell(near[0].distance if near else None),
    }


def _entry(entries: _Entries, place: int, here: str) -> dict[str, Any]:
    """The page of one entry."""
    item, table = entries.item, entries.table
    entry, targets = table.ids[place], item.task.targets
    return {
        "item": item,
        "board": item.board,
        "entry": entry,
        "targets": targets,
        "formula": entries.name(entry),
        "facts": [(fact, entries.fact(entry, fact.column)) for fact in item.dataset.facts],
        "labels": [(t, own_label(table, t, place)) for t in targets],
        "typical": number_cell(table.typical_error[place]),
        "spread": number_cell(table.spread[place]),
        "rank": entries.choice.rank(place),
        "n": len(table.ids),
        "models": _models(entries, place),
        "n_hidden": max(len(table.names) - MOST_MODELS, 0),
        "replicates": [_related(entries, r, here) for r in table.replicates.get(entry, ())],
        "neighbours": [_related(entries, r, here) for r in table.neighbours.get(entry, ())],
    }


def _models(entries: _Entries, place: int) -> list[dict[str, Any]]:
    """Predictions and errors of the board's first submissions on one entry, best first."""
    table, targets = entries.table, entries.item.task.targets
    lines = []
    for i, name in enumerate(table.names[:MOST_MODELS]):
        row, error = entries.rows[name], float(table.errors[i, place])
        predictions = []
        for target in targets:
            value = float(table.predictions[target.name][i, place])
            apart = value - float(table.labels[target.name][place])
            predictions.append((number_cell(value), difference_cell(apart)))
        order = (error != error, error, row.order)
        lines.append((order, row, predictions, number_cell(error)))
    lines.sort(key=lambda line: line[0])
    return [
        {"row": row, "predictions": predictions, "error": error}
        for _, row, predictions, error in lines
    ]


def _related(entries: _Entries, related: Related, here: str) -> dict[str, Any]:
    """A repeated measurement or a training entry as a row of a table."""
    dois = [fact.column for fact in entries.item.dataset.facts if fact.kind == "doi"]
    return {
        "id": related.id,
        "href": entries.choice.href(here, related.id),
        "part": "test" if related.id in entries.test_ids else "training",
        "formula": entries.name(related.id),
        "family": entries.facts.get(related.id, {}).get("family"),
        "dois": [doi for column in dois for doi in entries.fact(related.id, column)],
        "distance": number_cell(related.distance),
        "labels": [
            label_cell(target, related.labels[target.name], related.limits.get(target.name))
            for target in entries.item.task.targets
        ],
    }
