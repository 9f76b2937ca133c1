"""What several pages share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ionladder.data.store import read_table
from ionladder.data.versions import KINDS, WHOLE_ROW, consequence, diff_versions
from ionladder.errors import DataMissingError
from ionladder.repo import Layout
from ionladder.site.board import Board, Row, Value
from ionladder.site.charts import difficulty_chart, difficulty_mark
from ionladder.site.charts_entries import (
    Series,
    boxes_chart,
    elements_chart,
    histogram,
    unseen_elements,
)
from ionladder.site.context import DatasetSite, Site, TaskSite, VersionCard
from ionladder.site.tables import Cell, signed_cell, value_cell
from ionladder.site.text import (
    fine_digits,
    inert,
    interval,
    listing,
    number,
    plain,
    relative,
    repeats_phrase,
    submission_url,
)
from ionladder.specs import CrossValidation, Dataset, Task

if TYPE_CHECKING:
    from ionladder.entries import EntryTable


# What more than one page shows: the chart of a board, and the sentence that sums it up


NAMED_ROWS = 3
_MANY_TIMES = 10


def verdict(board: Board, here: str, *, confidence: float) -> Markup | None:
    """Who leads, whether that is noise, and how far the floor is; None on an empty board."""
    leaders = board.leaders
    if not leaders:
        return None
    best = board.primary(leaders[0])
    if best.value is None:
        return None
    between = interval(best.low, best.high)
    error = Markup("<b>{}</b> {}").format(number(best.value), board.unit)
    error += f" ({100 * confidence:g} % interval {between})" if between else ""
    if len(leaders) == 1:
        text = Markup("{} leads with {}.").format(linked_names(board, leaders[:1], here), error)
    else:
        text = Markup("{} has the smallest error, {}, but the data cannot tell it from {}.").format(
            linked_names(board, leaders[:1], here), error, linked_names(board, leaders[1:], here)
        )
    if board.floor and board.floor.value > 0 and board.smaller_is_better:
        ratio = best.value / board.floor.value
        times = number(ratio, digits=1 if ratio < _MANY_TIMES else 0)
        floor = number(board.floor.value, digits=fine_digits(board.floor.value))
        text += Markup(
            " That is {} times the {} {} by which {} lie from their median, on average."
        ).format(times, floor, board.unit, repeats_phrase(board.task))
    return text


def linked_names(board: Board, rows: Sequence[Row], here: str) -> Markup:
    """The first few of some rows by name, each linked to its page, and how many more."""
    shown = rows if len(rows) <= NAMED_ROWS + 1 else rows[:NAMED_ROWS]
    links = [
        Markup('<a href="{}"><bdi>{}</bdi></a>').format(
            relative(here, submission_url(board.task.name, row.submission or "")),
            inert(row.model, limit=60),
        )
        for row in shown
    ]
    return listing(links, more=len(rows) - len(shown))


# What a dataset's card shows beyond its manifest: elements, space groups, the split, the diffs


LARGEST_COUNTED = 5000
"""Versions with more entries are not compared cell by cell while rendering."""
STRUCTURES = "structures"
SPACE_GROUP = "space_group_symbol"
_DISTANCES = (0.1, 0.5, 1.0, 2.0)
_RARE = 5


def elements(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """The periodic table of a manifest's counts of elements; None where it has none."""
    counts = summary.get("elements") or {}
    subsets = list(summary.get("subsets") or ())
    if not counts or any(isinstance(item, int) for item in counts.values()):
        return None
    unseen = unseen_elements(counts)
    return {
        "chart": elements_chart(counts, subsets, name="elements"),
        "unseen": unseen,
        "rare": [e for e in unseen_elements(counts, last=_RARE) if e not in unseen],
        "rare_limit": _RARE,
    }


def space_groups(
    layout: Layout, card: VersionCard | None, subsets: Sequence[str], split: str
) -> dict[str, Sequence[int]] | None:
    """Space group → entries in each subset, most frequent first; None where tables are not here.

    Args:
        layout: Where the tables are.
        card: The version.
        subsets: Subsets of the split, in the order of the counts.
        split: Name of the split.
    """
    if card is None or not subsets:
        return None
    version = card.pinned
    try:
        entries = read_table(layout, version.dataset, version.version, "entries")
        splits = read_table(layout, version.dataset, version.version, "splits")
    except DataMissingError:
        return None
    if SPACE_GROUP not in entries.column_names:
        return None
    subset = {r["id"]: r["subset"] for r in splits.to_pylist() if r["split_name"] == split}
    counted = {name: Counter[str]() for name in subsets}
    for row in entries.select(["id", SPACE_GROUP]).to_pylist():
        if subset.get(row["id"]) in counted:
            counted[subset[row["id"]]][row[SPACE_GROUP] or "not given"] += 1
    total = sum(counted.values(), start=Counter[str]())
    kinds = sorted(total, key=lambda kind: (-total[kind], kind))
    return {kind: [counted[name][kind] for name in subsets] for kind in kinds}


def split_quality(site: Site, item: DatasetSite, tasks: Sequence[TaskSite]) -> dict[str, Any]:
    """How far the test entries lie from training, and what is known to cross the split."""
    current = item.current
    summary = ((current.manifest if current else None) or {}).get("summary") or {}
    crossings = [oddity for oddity in item.dataset.oddities if "cross" in oddity.check]
    table = site.entries[tasks[0].task.name].table if tasks else None
    return {
        "crossings": crossings,
        "overlap": overlap(summary),
        "distances": _distances(table),
    }


def overlap(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Materials in two parts of upstream's split, as ingest counted them; empty where it did not.

    Each row names the two parts and has ``shared``, the number of materials in both, ``of``, that
    of all materials of the second part, ``entries``, the entries of the second part with a shared
    material, and ``first``, a few of these materials.
    """
    found = summary.get("material_overlap") or {}
    materials = found.get("materials") or {}
    rows = []
    for pair, counted in (found.get("shared") or {}).items():
        one, _, other = pair.partition("|")
        rows.append(
            {
                "parts": (one, other),
                "shared": counted["materials"],
                "of": materials[other],
                "entries": counted["entries"],
                "first": counted["first"],
            }
        )
    return rows


def structures(dataset: Dataset, tasks: Iterable[Task], manifest: Mapping[str, Any]) -> int | None:
    """Structures that a version holds, in its tables and frames; None where it holds none.

    Frames that models fit an energy zero on are copies of others, and are not counted.
    """
    table = (manifest.get("tables") or {}).get(STRUCTURES)
    if table is not None:
        return int(table["rows"])
    copies = {task.offsets for task in tasks}
    frames = manifest.get("frames") or {}
    counted = [
        int(frames[spec.name]["rows"])
        for spec in dataset.frames
        if spec.name in frames and spec.name not in copies
    ]
    return sum(counted) if counted else None


def _distances(table: EntryTable | None) -> list[tuple[str, int]]:
    """Test entries by distance to the nearest training composition; empty where it is unknown."""
    if table is None:
        return []
    near = [found[0].distance for found in table.neighbours.values() if found]
    known = [distance for distance in near if distance is not None]
    if not known:
        return []
    edges = [0.0, *_DISTANCES]
    bins = [
        (f"{low:g} to {high:g}", sum(low <= d < high for d in known))
        for low, high in pairwise(edges)
    ]
    return [*bins, (f"{edges[-1]:g} and more", sum(d >= edges[-1] for d in known))]


def cell_changes(site: Site, item: DatasetSite) -> Iterator[dict[str, Any]]:
    """Cells that differ between consecutive versions, counted by column.

    ``cells`` is None where a table of either is not here, or where there are too many to compare.
    """
    known = [card for card in item.versions if card.manifest is not None]
    for old, new in pairwise(known):
        step = {"old": old.pinned.version, "new": new.pinned.version}
        yield {**step, **_counted(site.layout, item.dataset.name, old, new)}


def _counted(layout: Layout, dataset: str, old: VersionCard, new: VersionCard) -> dict[str, Any]:
    if max(_rows(old), _rows(new)) > LARGEST_COUNTED:
        return {"cells": None, "total": 0, "consequence": ""}
    try:
        changes = diff_versions(layout, dataset, old.pinned.version, new.pinned.version)
    except DataMissingError:
        return {"cells": None, "total": 0, "consequence": ""}
    counted = Counter((c.kind, c.table, c.column.partition(" [")[0]) for c in changes)
    order = sorted(counted, key=lambda key: (KINDS.index(key[0]), key[1], key[2]))
    return {
        "cells": [(*key, counted[key]) for key in order],
        "total": len(changes),
        "has_rows": any(column == WHOLE_ROW for _, _, column in counted),
        "consequence": consequence(changes),
    }


def _rows(card: VersionCard) -> int:
    tables = (card.manifest or {}).get("tables") or {}
    return int((tables.get("entries") or {}).get("rows") or 0)


# What the card of a computed dataset shows: recipe, left-out structures, families, the splits


HISTOGRAM_KINDS = ("solid", "middle", "light")
QUANTILES = ("min", "q25", "median", "q75", "max")
_FEWEST_RUNGS = 2
_UNITS = {"_ang": "Å", "_ev": "eV"}


def settings(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The recipe of a manifest, one line a setting; empty where files were fetched instead."""
    if "generator" not in source:
        return []
    return [(_with_unit(name), value) for name, value in _flat(source)]


def _flat(recipe: Mapping[str, Any], *above: str) -> Iterator[tuple[str, str]]:
    """Settings with their keys joined, however deep they stand."""
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            yield from _flat(value, *above, name)
        else:
            yield " · ".join((*above, name)), str(value)


def _with_unit(name: str) -> str:
    """A setting's name for readers: ``labels · r_cut_ang`` becomes ``labels · r cut, Å``."""
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix):
            name = f"{name.removesuffix(suffix)}, {unit}"
    return name.replace("_", " ")


def left_out(summary: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Why candidates were left out: reason, number, an example; most frequent first."""
    reasons = (summary.get("generation") or {}).get("left_out") or {}
    rows = [
        (reason, item["count"], (item.get("first") or [""])[0]) for reason, item in reasons.items()
    ]
    return sorted(rows, key=lambda row: -row[1])


def target_histogram(summary: Mapping[str, Any], task: Task) -> Markup | None:
    """Counts per bin, one series a target; None where the manifest has none by target."""
    bins = summary.get("label_histogram") or {}
    if not all(target.name in bins for target in task.targets):
        return None
    series = [
        Series(
            title=t.symbol, kind=kind, counts=tuple(bins[t.name]), marked=(0,) * len(bins[t.name])
        )
        for t, kind in zip(task.targets, HISTOGRAM_KINDS, strict=False)
    ]
    unit = task.primary_targets[0].unit
    return histogram(bins["edges"], series, name="labels", axis=f"label / {unit}", is_even=True)


def families(summary: Mapping[str, Any], task: Task) -> dict[str, Any] | None:
    """Quantiles of each target in each family; None where the manifest has none."""
    kinds = summary.get("family") or {}
    overall = summary.get("label_quantiles")
    if not overall or not all(isinstance(item, Mapping) for item in kinds.values()):
        return None
    everything = {"entries": sum(item["entries"] for item in kinds.values()), **overall}
    rows = [("all", everything), *kinds.items()]
    names = [target.name for target in task.targets]
    return {
        "chart": boxes_chart(
            [(name, item["entries"], [item[t] for t in names]) for name, item in rows],
            [target.symbol for target in task.targets],
            f"label / {task.primary_targets[0].unit}, logarithmic",
            name="families",
        ),
        "targets": task.targets,
        "rows": [
            (name, item["entries"], [[item[t].get(q) for q in QUANTILES] for t in names])
            for name, item in rows
        ],
    }


def split_ladder(item: TaskSite, here: str) -> dict[str, Any] | None:
    """Cross-validated errors of verified rows by kind of folds, in the order of the ladder.

    None where the task has no ladder, or fewer than two of its rungs have been scored.
    """
    rows = [row for row in item.board.of_kind("verified") if any(_folds(item, row).values())]
    schemes = sorted(
        (cv for cv in item.task.cross_validation if cv.rung and _is_scored(item, rows, cv)),
        key=lambda cv: cv.rung,
    )
    if len(schemes) < _FEWEST_RUNGS:
        return None
    metric = item.task.primary.metric
    values = {
        row.order: [_value(_folds(item, row).get(cv.scheme), metric) for cv in schemes]
        for row in rows
    }
    parts = [p for r in rows for p in _folds(item, r).values() if p]
    return {
        "chart": difficulty_chart(
            [(plain(row.model), values[row.order]) for row in rows],
            [cv.title for cv in schemes],
            f"{item.task.primary_use.title} / {item.board.unit}, smaller is better",
            name="splits",
        ),
        "schemes": [(cv, Markup(difficulty_mark(i, 6, 6))) for i, cv in enumerate(schemes)],  # noqa: S704
        "has_intervals": all(f"{metric}_ci_low" in part for part in parts),
        "has_steps": any(part.get("step") for part in parts),
        "rows": [
            {
                "row": row,
                "href": relative(here, submission_url(item.task.name, row.submission or "")),
                "cells": [value_cell(value) for value in values[row.order]],
                "steps": [_step(_folds(item, row).get(cv.scheme)) for cv in schemes[1:]],
            }
            for row in rows
        ],
    }


def _folds(item: TaskSite, row: Row) -> Mapping[str, Any]:
    """Fold scheme → its part of the row's receipt."""
    entrant = item.entrants.get(row.submission or "")
    receipt = (entrant.receipt if entrant else None) or {}
    return receipt.get("cross_validation") or {}


def _step(part: Mapping[str, Any] | None) -> Cell:
    """How much larger the error is than on the rung below, on the same entries."""
    step = (part or {}).get("step") or {}
    return signed_cell(
        Value(step.get("difference"), step.get("ci_low"), step.get("ci_high")), digits=3
    )


def _is_scored(item: TaskSite, rows: Sequence[Row], scheme: CrossValidation) -> bool:
    return any(_folds(item, row).get(scheme.scheme) for row in rows)


def _value(part: Mapping[str, Any] | None, metric: str) -> Value:
    """Error with its interval, or with its spread over repeats where a receipt has no interval."""
    value = (part or {}).get(metric)
    if part is None or value is None:
        return Value()
    if f"{metric}_ci_low" in part:
        return Value(value, part[f"{metric}_ci_low"], part[f"{metric}_ci_high"])
    spread = part.get(f"{metric}_sd_over_repeats")
    return Value(value) if spread is None else Value(value, value - spread, value + spread)
