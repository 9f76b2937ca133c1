"""The methods: every registered metric with its formula, and how intervals and ranks are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ionladder.board import audit
from ionladder.metrics import all_metrics
from ionladder.site import measured
from ionladder.site.context import Site, TaskSite
from ionladder.site.pages import Page
from ionladder.site.text import UNCERTAINTY, number

URL = "methods/"
SHUFFLED = "kfold_shuffled"
"""The fold scheme of published numbers, which parts groups."""


def pages(site: Site) -> Iterator[Page]:
    """The one page on methods."""
    coverage, separation = (
        measured.read_measured(site.layout, name)
        for name in (measured.COVERAGE, measured.SEPARATION)
    )
    context = {
        "metrics": list(all_metrics().values()),
        "settings": site.params.scoring,
        "uncertainty": UNCERTAINTY,
        "audit": audit,
        "units": list(dict.fromkeys((each.board.unit, each.dataset.title) for each in site.tasks)),
        "zeros": _zeros(site),
        "schemes": _schemes(site),
        "flattery": [gap for item in site.tasks if (gap := _flattery(item))],
        "coverage": coverage,
        "coverage_tables": measured.coverage_tables(coverage) if coverage else [],
        "separation": separation,
        "separation_tables": measured.separation_tables(separation) if separation else [],
    }
    yield Page(URL, "methods", context)


def _zeros(site: Site) -> list[tuple[str, str]]:
    """Each trivial reference at which the reducible error begins, and the boards where it does."""
    boards: dict[str, list[str]] = {}
    for item in site.tasks:
        if item.task.baseline_reference:
            boards.setdefault(item.task.baseline_reference, []).append(item.task.title)
    if len(boards) == 1 and len(*boards.values()) == len(site.tasks):
        return [(name, "every board") for name in boards]
    return [(name, f"“{title}”") for name, titles in boards.items() for title in titles]


def _flattery(item: TaskSite) -> dict[str, str] | None:
    """By how much shuffled folds make the errors of a board's ranked models smaller.

    Returns:
        Title of the board, smallest and largest gain as text, and unit; None where no ranked model
        has been scored on both kinds of folds.
    """
    own = next((cv.scheme for cv in item.task.cross_validation if cv.is_primary), None)
    gaps = [
        grouped - shuffled
        for row in item.board.of_kind("verified")
        if own
        and (grouped := row.cv.get(own)) is not None
        and (shuffled := row.cv.get(SHUFFLED)) is not None
    ]
    if not gaps:
        return None
    ends = dict.fromkeys(number(end) for end in (min(gaps), max(gaps)))
    return {"title": item.task.title, "text": " to ".join(ends), "unit": item.board.unit}


def _schemes(site: Site) -> list[dict[str, Any]]:
    """The fold schemes of every dataset, each once, and which tasks are scored on them."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in site.tasks:
        version = site.params.find(item.task.dataset, item.board.dataset_version)
        folds = version.folds if version else None
        for scheme in item.task.fold_schemes:
            entry = found.setdefault(
                (item.dataset.name, scheme.scheme),
                {"dataset": item.dataset, "scheme": scheme, "folds": folds, "scored": []},
            )
            if scheme == item.task.scored_folds:
                entry["scored"].append(item.task.title)
    return list(found.values())
