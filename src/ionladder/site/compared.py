"""What the comparison page of a task reads: a file for the board, and one a submission."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.datasets.load import read_table
from ionladder.site.board import Value
from ionladder.site.context import Entrant, Site, TaskSite
from ionladder.site.links import compare_url, entry_url, relative
from ionladder.site.text import plain, ranks
from ionladder.site.wording import target_title

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable
    from ionladder.specs.metric import Array

MOST_ENTRIES = 1000
"""Larger tasks show so many: half are the most disputed, half are spread over the others."""
BOARD_FILE, ENTRIES_FILE, FOLDER = "board.json", "entries.json", "of/"
_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the test set on which two submissions are set side by side."""

    group: str
    name: str
    title: str
    n: int | None
    n_groups: int | None
    is_subset: bool


def compare_documents(site: Site, pages: AbstractSet[str]) -> dict[str, str]:
    """Address in the site → text of every file that comparison pages load.

    Args:
        site: The site.
        pages: Addresses of its pages: entries that have one are linked.
    """
    documents: dict[str, str] = {}
    for item in site.tasks:
        if not item.board.scored:
            continue
        here, parts = compare_url(item.task.name), parts_of(item)
        table = site.entries[item.task.name].table
        places = _chosen(table)
        documents[f"{here}{BOARD_FILE}"] = _text(_board(site, item, parts, table))
        if table is not None:
            documents[f"{here}{ENTRIES_FILE}"] = _text(_entries(site, item, table, places, pages))
        rows = {name: row for row, name in enumerate(table.names)} if table else {}
        for name, entrant in item.entrants.items():
            content = {
                **_submission(item, name, entrant, parts),
                **(_of_entries(table, rows[name], places) if table and name in rows else {}),
            }
            documents[f"{here}{FOLDER}{name}.json"] = _text(content)
    return documents


def parts_of(item: TaskSite) -> list[Part]:
    """Subsets and parts of slices that any submission of a task has a score on."""
    receipts = [entrant.receipt or {} for entrant in item.entrants.values()]
    sliced: Mapping[str, Any] = next((r["slices"] for r in receipts if r.get("slices")), {})
    sizes = next((row.sizes for row in item.board.scored if row.sizes), {})
    subsets = [
        Part(
            group="Subset",
            name=subset.name,
            title=subset.title,
            n=sizes.get(subset.name),
            n_groups=None,
            is_subset=True,
        )
        for subset in item.task.subsets
    ]
    return subsets + [
        Part(
            group=of.title,
            name=f"{of.name}|{value}",
            title=of.title_of(value),
            n=part["n"],
            n_groups=part["n_groups"],
            is_subset=False,
        )
        for of in item.task.slices
        for value, part in (sliced.get(of.name) or {}).items()
        if part.get(item.task.primary.metric) is not None
    ]


def _chosen(table: EntryTable | None) -> list[int]:
    """Positions of the entries that are compared: all, or of many a bounded number."""
    if table is None:
        return []
    n = len(table.ids)
    if n <= MOST_ENTRIES:
        return list(range(n))
    disputed = table.most_disputed(MOST_ENTRIES // 2)
    others = np.setdiff1d(np.arange(n), disputed)
    spread = others[np.linspace(0, len(others) - 1, MOST_ENTRIES - len(disputed)).astype(int)]
    return sorted({*disputed, *(int(place) for place in spread)})


def _board(
    site: Site, item: TaskSite, parts: Sequence[Part], table: EntryTable | None
) -> dict[str, Any]:
    """What holds for every pair of a task, and a line for every submission."""
    board, task = item.board, item.task
    return {
        "task": task.name,
        "dataset_version": board.dataset_version,
        "scorer_version": board.scorer_version,
        "metric": task.primary_use.title,
        "target": target_title(task, task.primary.target),
        "unit": board.unit,
        "smaller_is_better": board.smaller_is_better,
        "confidence": site.params.scoring.confidence,
        "missing": None if table else site.entries[task.name].missing,
        "parts": [[p.group, p.title, p.n, p.n_groups] for p in parts],
        "submissions": {
            row.submission: {
                "model": plain(row.model, limit=80),
                "kind": row.kind,
                "ranks": ranks(row.rank_low, row.rank_high),
                "tie_group": row.tie_group,
                "score": _with_interval(board.primary(row)),
            }
            for row in board.scored
        },
    }


def _submission(
    item: TaskSite, name: str, entrant: Entrant, parts: Sequence[Part]
) -> dict[str, Any]:
    """A submission against all that the analysis pairs it with, and on every part."""
    pairs = item.analysis.pairs.get(name, ())
    return {
        "submission": name,
        "pairs": {p.other: [p.difference, p.low, p.high, p.probability_better] for p in pairs},
        "parts": [_score(item, entrant, part) for part in parts],
    }


def _score(item: TaskSite, entrant: Entrant, part: Part) -> list[float | None]:
    """Value and interval of the primary metric on a part."""
    metric = item.task.primary.metric
    if part.is_subset:
        return _with_interval(item.board.primary(entrant.row, part.name))
    of, _, key = part.name.partition("|")
    found = (((entrant.receipt or {}).get("slices") or {}).get(of) or {}).get(key) or {}
    return [found.get(metric), found.get("ci_low"), found.get("ci_high")]


def _with_interval(score: Value) -> list[float | None]:
    return [score.value, score.low, score.high]


def _entries(
    site: Site,
    item: TaskSite,
    table: EntryTable,
    places: Sequence[int],
    pages: AbstractSet[str],
) -> dict[str, Any]:
    """The entries compared, with their labels."""
    ids = [table.ids[place] for place in places]
    formulas = _formulas(site, item)
    return {
        "n_all": len(table.ids),
        "ids": ids,
        "hrefs": [_href(item.task.name, entry, pages) for entry in ids],
        "formulas": [plain(formulas.get(entry, ""), limit=60) for entry in ids],
        "targets": [[t.symbol, t.unit] for t in item.task.targets],
        "labels": [_numbers(table.labels[t.name], places) for t in item.task.targets],
        "limits": [_numbers(table.limits[t.name], places) for t in item.task.targets],
    }


def _href(task: str, entry: str, pages: AbstractSet[str]) -> str | None:
    """The way to an entry's own page, where it has one."""
    url = entry_url(task, entry)
    return relative(compare_url(task), url) if url in pages else None


def _formulas(site: Site, item: TaskSite) -> Mapping[str, str]:
    """Entry → the formula that names it; empty where the dataset has none."""
    column = next((fact.column for fact in item.dataset.facts if fact.kind == "formula"), None)
    if column is None:
        return {}
    version = item.board.dataset_version
    entries = read_table(site.layout, item.dataset.name, version, "entries")
    rows: list[dict[str, Any]] = entries.select(["id", column]).to_pylist()
    return {row["id"]: str(row[column] or "") for row in rows}


def _of_entries(table: EntryTable, row: int, places: Sequence[int]) -> dict[str, Any]:
    """Errors and predictions of one submission on the entries compared."""
    return {
        "errors": _numbers(table.errors[row], places),
        "predictions": [_numbers(rows[row], places) for rows in table.predictions.values()],
    }


def _numbers(values: Array, places: Sequence[int]) -> list[float | None]:
    return [
        round(float(value), _DIGITS) if math.isfinite(value) else None
        for value in values[list(places)]
    ]


def _text(content: Mapping[str, Any]) -> str:
    """Short JSON: these files are read by the page's script, not by people."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n"
