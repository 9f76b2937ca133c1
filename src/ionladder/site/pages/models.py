"""Which model for what, and a page for each model that is on several boards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ionladder.board.model import Row, Value
from ionladder.site import text as txt
from ionladder.site.context import Site, TaskSite
from ionladder.site.files import has_card
from ionladder.site.pages import Page
from ionladder.site.slices import determined_parts

URL = "choose/"
#: Models that one purpose names.
NAMED = 3
_SECTIONS = ("Size of the error", "Ranking", "Screening")
_ORDERS = ("spearman", "pearson_r")


def pages(site: Site) -> Iterator[Page]:
    """The page of choice, and the models."""
    boards = [(item, found) for item in site.tasks if (found := purposes(item))]
    yield Page(URL, "choose", {"boards": boards})
    yield Page("glossary/", "glossary", {})
    for name, items in site.models.items():
        yield Page(txt.model_url(name), "model", _model(site, name, items))


def purposes(item: TaskSite, *, is_whole: bool = True) -> list[tuple[str, str, list[Any]]]:
    """Which models are best for what on one board, as its analysis says.

    Args:
        item: A board with its analysis.
        is_whole: Whether with the parts of the test set, or the measures only.

    Returns:
        Sections: title, note, and one dictionary a row: ``title``, ``n``, ``n_groups``,
        ``n_models``, ``value`` and ``unit`` of the ``best``, ``models`` that are not separated from
        it (the first few rows of the board), ``n_more`` of them, ``is_open`` where that is all of
        them, and the ``agreement`` of the order with that of the board. Empty without an analysis.
    """
    task = item.task
    slices = {each.name: each for each in task.slices}
    uses = {use.name: use for use in task.metrics}

    def section(found: Mapping[str, Any]) -> tuple[str, str]:
        if (of := slices.get(found["slice"])) is not None:
            return of.title, of.note
        use = uses[found["metric"]]
        place = 2 if "threshold" in use.options else 1 if use.metric in _ORDERS else 0
        return _SECTIONS[place], ""

    known = [
        each
        for each in item.analysis.purposes
        if (is_whole or each["slice"] is None)
        and each["metric"] in uses
        and each["slice"] in (None, *slices)
    ]
    known.sort(
        key=lambda each: (
            ("Size", "Rank", "Scre").index(section(each)[0][:4]) if each["slice"] is None else 3
        )
    )
    return [
        (*title, [_purpose(item, each, uses, slices) for each in rows])
        for title, rows in groupby(known, key=section)
    ]


def _purpose(
    item: TaskSite, found: Mapping[str, Any], uses: Mapping[str, Any], slices: Mapping[str, Any]
) -> dict[str, Any]:
    board, of = item.board, slices.get(found["slice"])
    use = uses[found["metric"]]
    rows = [row for name in found["alike"] if (row := board.entrant(name))]
    return {
        "title": of.title_of(found["part"]) if of else txt.use_title(use),
        "best": board.entrant(found["best"]),
        "models": rows[:NAMED],
        "n_more": max(len(rows) - NAMED, 0),
        "is_open": (len(found["alike"]) == found["n_models"]),
        "is_measure": of is None,
        "agreement": Value(*(found.get(f"agreement{end}") for end in ("", "_ci_low", "_ci_high"))),
        **{key: found[key] for key in ("n", "n_groups", "n_models", "value")},
    }


def _model(site: Site, name: str, items: Sequence[TaskSite]) -> dict[str, Any]:
    """A model on all its boards: first the card that is read best, then one line a board."""
    entrants = [item.entrants[name] for item in items]
    lines: list[dict[str, Any]] = [
        {
            "item": item,
            "board": item.board,
            "row": item.entrants[name].row,
            "entered": site.entered.get((item.task.name, name)),
            "parts": determined_parts(item.board, item.entrants[name].receipt),
        }
        for item in items
    ]
    rows: list[Row] = [entrant.row for entrant in entrants]
    return {
        "name": name,
        "title": min((row.model for row in rows), key=len),
        "card": next((entrant.card for entrant in entrants if entrant.card), None),
        "lines": lines,
        "has_picture": any(has_card(line["item"], line["row"]) for line in lines),
        "first": min((line["entered"] for line in lines if line["entered"]), default=None),
    }
