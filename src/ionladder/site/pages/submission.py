"""A page for every scored submission: its card, its scores, its entries and its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ionladder.site.board import Board, Row, Value
from ionladder.site.context import LARGEST_COPY_BYTES, Entrant, EntrySource, Site, TaskSite
from ionladder.site.differences import MOST_PAIRS, pair_rows
from ionladder.site.files import badge_url, bibtex_lines
from ionladder.site.pages import Page
from ionladder.site.pages._shared import linked_names
from ionladder.site.slices import (
    audit_notes,
    hard_entries,
    plots,
    slice_table,
    stated_uncertainty,
)
from ionladder.site.tables import metric_column, value_cell
from ionladder.site.text import (
    UNCERTAINTY,
    board_url,
    dataset_url,
    entries_url,
    fine_digits,
    number,
    ranks,
    relative,
    submission_url,
    target_title,
)
from ionladder.specs import Target, Task

RECEIPT_FILE = "receipt.json"
MOST_SEARCHED = 50
"""Pages of a task that the site's search knows; every reader of a page loads its index."""
HASHES = {
    "predictions_sha256": "predictions",
    "cv_predictions_sha256": "cross-validation predictions",
    "labels_sha256": "labels",
    "split_sha256": "split",
}


def pages(site: Site) -> Iterator[Page]:
    """One page a submission, verified and reference alike."""
    for item in site.tasks:
        source = site.entries[item.task.name]
        for place, (name, entrant) in enumerate(item.entrants.items()):
            here = submission_url(item.task.name, name)
            context = _context(site, item, entrant, source, name, here)
            yield Page(url=here, context={"is_searched": place < MOST_SEARCHED, **context})


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


def _marked(task: Task) -> list[tuple[str, str]]:
    """What filled and open marks of a parity plot stand for; empty where all are alike."""
    kinds = {True: "", False: " il-point--open"}
    titles = {s.equals: s.title for s in task.subsets if s.column == "in_cif"}
    return [(kinds[key], str(titles[key])) for key in kinds if key in titles]


def _context(
    site: Site, item: TaskSite, entrant: Entrant, source: EntrySource, name: str, here: str
) -> dict[str, Any]:
    board, row = item.board, entrant.row
    task = item.task
    folder = site.layout.relative(site.layout.submission_dir(task.name, name))
    entries = source.of(name)
    copied = {path.name for path in _small(entrant)}
    small = source.slices(name, confidence=site.params.scoring.confidence)
    return {
        "board": board,
        "row": row,
        "name": name,
        "folder": folder,
        "entrant": entrant,
        "card": entrant.card,
        "primary": value_cell(board.primary(row)),
        "ranks": ranks(row.rank_low, row.rank_high),
        "ties": _ties(board, row, here),
        "pairs": pair_rows(board, item.analysis, row, here),
        "most_pairs": MOST_PAIRS,
        "primary_target": target_title(task, task.primary.target),
        "parts": [_part(board, row, entrant.receipt, target) for target in _parts(task)],
        "by_slice": slice_table(board, row, entrant.receipt, small),
        "entries_href": relative(here, entries_url(task.name)),
        "folds": _folds(board, entrant.receipt),
        "parities": plots(entries, task),
        "hardest": hard_entries(
            task,
            source.table,
            source.choice,
            source.names,
            name=name,
            here=here,
        ),
        "bibtex": bibtex_lines(entrant.card, board, row, name),
        "uncertainty": stated_uncertainty(entrant.receipt, task),
        "uncertainty_words": list(UNCERTAINTY.values()),
        "audit": audit_notes(item, name, here),
        "marked": _marked(task),
        "parity_note": entries.note,
        "badge": _badge(task, name, here),
        "hashes": [
            (label, digest)
            for key, label in HASHES.items()
            if (digest := ((entrant.receipt or {}).get("hashes") or {}).get(key))
        ],
        "files": [(path.name, path.name in copied) for path in entrant.files],
        "receipt_file": RECEIPT_FILE if entrant.receipt is not None else None,
        "quoted": [r for r in board.of_kind("reported") if r.quoted.get("verified_by") == name],
        "board_href": relative(here, board_url(task.name)),
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "reading_href": relative(here, "reading/"),
        "dataset": item.dataset,
    }


def _ties(board: Board, row: Row, here: str) -> Markup | None:
    """The other members of the row's tie group, linked; None when it stands alone."""
    if row.tie_group is None:
        return None
    others = [r for r in board.of_kind("verified") if r.tie_group == row.tie_group and r != row]
    return linked_names(board, others, here) if others else None


def _parts(task: Task) -> list[str]:
    """What the scores are shown of: what the task ranks by, then every other target."""
    first = task.primary.target
    others = [target.name for target in task.targets if target.name != first]
    return [first, *others]


def _part(board: Board, row: Row, receipt: Mapping[str, Any] | None, target: str) -> dict[str, Any]:
    """Scores and sizes of one target, or of the mean over targets."""
    scored = ((receipt or {}).get("targets") or {}).get(target) or {}
    return {
        "name": target,
        "title": target_title(board.task, target),
        "scores": _scores(board, row, scored, target),
        "sizes": _sizes(board, row, scored),
    }


def _badge(task: Task, name: str, here: str) -> dict[str, str]:
    """Ways to a submission's badge, and the line of Markdown that shows it elsewhere."""
    picture = badge_url(task.name, name)
    return {
        "svg": relative(here, picture),
        "json": relative(here, badge_url(task.name, name, "json")),
        "markdown": f"[![IonLadder](https://…/{picture})](https://…/{here})",
    }


def _metrics(scored: Mapping[str, Any], subset: str) -> Mapping[str, Mapping[str, Any]]:
    """Metric → score of a receipt on a subset; empty when there is no receipt."""
    return (scored.get(subset) or {}).get("metrics") or {}


def _of_row(board: Board, row: Row, target: str, metric: str, subset: str) -> Value:
    """What the board itself holds of a score, for pages without a receipt."""
    primary = board.task.primary
    if target == primary.target:
        return row.value(metric, subset)
    return row.target_value(target, metric) if subset == primary.subset else Value()


def _scores(board: Board, row: Row, scored: Mapping[str, Any], target: str) -> list[dict[str, Any]]:
    """One line per metric, one cell per subset: value, interval, and spread over seeds."""
    parts = {s.name: _metrics(scored, s.name) for s in board.task.subsets}
    lines: list[dict[str, Any]] = []
    for use in board.task.metrics:
        cells = []
        is_known = False
        for subset in board.task.subsets:
            score = parts[subset.name].get(use.name)
            value = (
                _of_row(board, row, target, use.name, subset.name)
                if score is None
                else Value(score.get("value"), score.get("ci_low"), score.get("ci_high"))
            )
            spread = None if score is None else score.get("seed_sd")
            is_known = is_known or value.value is not None
            cells.append(
                (
                    value_cell(value),
                    "" if spread is None else f"± {number(spread, digits=fine_digits(spread))}",
                )
            )
        column = metric_column(use, board, target=_target(board.task, target))
        lines.append({"use": use, "column": column, "cells": cells, "is_known": is_known})
    # A metric of other targets only has no number here; where nothing has one, all are shown.
    known = [line for line in lines if line["is_known"]]
    return known or lines


def _target(task: Task, name: str) -> Target | None:
    """The target of that name; None for the mean over targets."""
    return next((target for target in task.targets if target.name == name), None)


def _sizes(board: Board, row: Row, scored: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "subset": subset,
            "n": row.sizes.get(subset.name),
            "n_groups": (scored.get(subset.name) or {}).get("n_groups"),
        }
        for subset in board.task.subsets
    ]


def _folds(board: Board, receipt: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Cross-validated scores by fold scheme, the primary scheme first."""
    scored = (receipt or {}).get("cross_validation") or {}
    metric = board.task.primary.metric
    return [
        {
            "scheme": scheme,
            "value": scored[scheme.scheme].get(metric),
            "spread": scored[scheme.scheme].get(f"{metric}_sd_over_repeats"),
            "n_repeats": scored[scheme.scheme].get("n_repeats"),
            "n": scored[scheme.scheme].get("n"),
        }
        for scheme in sorted(board.task.cross_validation, key=lambda cv: not cv.is_primary)
        if scored.get(scheme.scheme)
    ]
