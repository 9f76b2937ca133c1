"""What a dataset's card shows beyond its manifest: elements, space groups, the split, the diffs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ionladder.core.errors import DataMissingError
from ionladder.core.paths import Layout
from ionladder.datasets.diff import KINDS, WHOLE_ROW, consequence, diff_versions
from ionladder.datasets.load import read_table
from ionladder.site.charts.elements import Prevalence, elements_chart
from ionladder.site.context import DatasetSite, Site, TaskSite, VersionCard
from ionladder.specs.dataset import Dataset
from ionladder.specs.task import Task

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable

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
    prevalence = Prevalence(counts=counts, subsets=subsets)
    rare = [e for e in prevalence.unseen(last=_RARE) if e not in prevalence.unseen()]
    return {
        "chart": elements_chart(prevalence, name="elements"),
        "unseen": prevalence.unseen(),
        "rare": rare,
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
