"""A page for every scored submission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ionladder.board.model import NO_VALUE, Board, Row, Value
from ionladder.receipt import WIDEST
from ionladder.site import text as txt
from ionladder.site.context import LARGEST_COPY_BYTES, Entrant, Site, TaskSite
from ionladder.site.differences import MOST_PAIRS, pair_rows
from ionladder.site.files import badge_url, bibtex_lines, has_card, receipt_url
from ionladder.site.pages import Page
from ionladder.site.pages.board import linked_names
from ionladder.site.slices import hard_entries, slice_table, stated_uncertainty
from ionladder.site.tables import FIRST_ROWS, metric_column, value_cell

WHOLE = FIRST_ROWS
"""Rows of a board from the first on whose pages hold what the page that compares draws as well."""


def pages(site: Site) -> Iterator[Page]:
    """One page a submission."""
    for item in site.tasks:
        for submission, entrant in item.entrants.items():
            here = txt.submission_url(item.task.name, submission)
            yield Page(here, "submission", _submission(site, item, entrant, submission, here))


def submission_files(site: Site) -> dict[str, Path]:
    """Address in the site → file to copy there: what a reader needs to check a score."""
    copied = {}
    for item in site.tasks:
        for name, entrant in item.entrants.items():
            here = txt.submission_url(item.task.name, name)
            copied.update({f"{here}{path.name}": path for path in _small(entrant)})
    return copied


def _small(entrant: Entrant) -> list[Path]:
    return [path for path in entrant.files if path.stat().st_size <= LARGEST_COPY_BYTES]


def _submission(
    site: Site, item: TaskSite, entrant: Entrant, name: str, here: str
) -> dict[str, Any]:
    board, row, task = item.board, entrant.row, item.task
    source = site.entries[task.name]
    drawn, note = source.plots(name)
    receipt: Mapping[str, Any] = entrant.receipt or {}
    confidence = site.params.scoring.confidence
    top = [r for r in board.leaders if r is not row] if row.tie_group == 1 else []
    titles = {s.equals: str(s.title) for s in task.subsets if s.column == "in_cif"}
    copied = {path.name for path in _small(entrant)}
    entered, boards = site.entered.get((task.name, name)), site.models.get(name, ())
    targets = [task.primary.target, *(t.name for t in task.targets)]
    is_brief = row.kind == "verified" and row.order >= WHOLE
    slices = {} if is_brief else source.slices(name, confidence=confidence)
    return {
        "board": board,
        "row": row,
        "has_picture": has_card(item, row),
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
        "by_slice": slice_table(board, row, entrant.receipt, slices),
        "is_brief": is_brief,
        "widest": f"{WIDEST:g}",
        "receipt": receipt,
        "receipt_file": receipt_url(task.name, name),
        "plots": drawn,
        "hardest": hard_entries(source, name),
        "source": source,
        "bibtex": bibtex_lines(entrant.card, board, row, name, entered=entered),
        "entered": entered,
        "elsewhere": len(boards) if item in boards else 0,
        "uncertainty": stated_uncertainty(entrant.receipt, task),
        "uncertainty_words": list(txt.UNCERTAINTY.values()),
        "audit": (item.analysis.content.get("audit") or {}).get(name),
        "evidence": txt.WORDS["evidence"],
        "marked": [
            (kind, titles[is_filled])
            for is_filled, kind in ((True, ""), (False, " il-key--open"))
            if is_filled in titles
        ],
        "parity_note": note,
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
        lines.append({"use": use, "column": metric_column(use, board, target=own), "cells": cells})
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
