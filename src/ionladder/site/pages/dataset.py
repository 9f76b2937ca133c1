"""A dataset's card: versions, counts, labels, chemistry, checks, oddities, licence, citation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ionladder.board.model import NO_VALUE, Row, Value
from ionladder.data.store import differing_columns, read_table
from ionladder.data.versions import KINDS, WHOLE_ROW, CellChange, consequence, diff_versions
from ionladder.errors import DataMissingError
from ionladder.repo import Layout
from ionladder.site import charts_entries
from ionladder.site.charts import difficulty_chart, difficulty_mark
from ionladder.site.charts_entries import Series
from ionladder.site.context import DatasetSite, Site, TaskSite, VersionCard
from ionladder.site.files import croissant_url
from ionladder.site.pages import Page
from ionladder.site.tables import TableCell, familiarity, signed_cell, value_cell
from ionladder.site.text import EXPLORE, axis_title, dataset_url, plain, relative, submission_url
from ionladder.specs import Dataset, Table, Task

if TYPE_CHECKING:
    from ionladder.entries import EntryTable

COUNT_TITLES = {
    "entries": "Entries",
    "with_cif": "With a crystal structure (CIF)",
    "censored": "Known only as an upper limit",
    "components": "Independent groups (shared paper or composition)",
    "dois": "Papers (DOIs)",
    "in_replicate_groups": "In groups of repeated measurements",
    "chemical_systems": "Chemical systems",
    "prototypes": "Structure types",
    "families": "Families of structure types",
    "binaries": "Binary compounds",
    "sites": "Sites in all cells",
}
DISTRIBUTIONS = {
    "family": "Families",
    "crystal_system": "Crystal systems",
    "elements": "Elements",
    "cif_status": "Structure files: of the material (match), of one close to it (close)",
    "dimensionality": "Dimensions as easy as the easiest path (within 0.2 eV)",
    "anion_class": "Anions",
}
SHOWN_KINDS = 12
BAR_KINDS = ("light", "solid")
TARGET_BAR_KINDS = ("solid", "middle", "light")
QUANTILES = ("min", "q25", "median", "q75", "max")
#: Versions with more entries are not compared cell by cell while rendering.
LARGEST_COUNTED = 5000
STRUCTURES = "structures"
SPACE_GROUP = "space_group_symbol"
_DISTANCES = (0.0, 0.1, 0.5, 1.0, 2.0)
_RARE = 5
_FEWEST_RUNGS = 2
_UNITS = {"_ang": "Å", "_ev": "eV"}


def pages(site: Site) -> Iterator[Page]:
    """One card a dataset."""
    for item in site.datasets:
        yield Page(dataset_url(item.dataset.name), "dataset", _card(site, item))


def _card(site: Site, item: DatasetSite) -> dict[str, Any]:
    dataset, current = item.dataset, item.current
    manifest: Mapping[str, Any] = (current.manifest if current else None) or {}
    summary: Mapping[str, Any] = manifest.get("summary") or {}
    tasks = [t for t in site.tasks if t.dataset.name == dataset.name]
    first = tasks[0] if tasks else None
    task = first.task if first else None
    subsets, here = list(summary.get("subsets") or ()), dataset_url(dataset.name)
    found = {title: summary.get(key) or {} for key, title in DISTRIBUTIONS.items()}
    found["Space groups"] = space_groups(site.layout, current, subsets, task.split if task else "")
    return {
        "item": item,
        "dataset": dataset,
        "current": current,
        "manifest": manifest,
        "summary": summary,
        "subsets": subsets,
        "tasks": [each.task for each in tasks],
        "waiting": [w.task for w in site.waiting if w.dataset.name == dataset.name],
        "croissant": croissant_url(site, item, current),
        "counts": [
            (COUNT_TITLES.get(name, name.replace("_", " ").capitalize()), _listed(values))
            for name, values in (summary.get("counts") or {}).items()
        ],
        "recipe": settings(manifest.get("source") or {}),
        "elsewhere": list(_elsewhere(site, dataset.name)),
        "chart": _labels(summary, task) if task else None,
        "chart_series": _series(summary, task) if task else (),
        "families": families(summary, task) if task else None,
        "split_ladder": split_ladder(first) if first else None,
        "familiarity": familiarity(first) if first else None,
        "cv_unit": first.board.unit if first else "",
        "overlap": overlap(summary),
        "distances": _distances(site.entries[task.name].table) if task else [],
        "elements": elements(summary, relative(here, EXPLORE)),
        "distributions": [
            {"title": title, **_distribution(kinds)}
            for title, kinds in found.items()
            if kinds and not any(isinstance(counts, Mapping) for counts in kinds.values())
        ],
        "structures": {
            card.pinned.version: structures(dataset, [t.task for t in tasks], card.manifest or {})
            for card in item.versions
        },
        "changes": list(version_changes(site.layout, item)),
        "whole_row": WHOLE_ROW,
        "tables": [
            *_described(dataset.tables, manifest, "tables", ""),
            *_described(dataset.frames, manifest, "frames", "frames/"),
        ],
    }


def _elsewhere(site: Site, name: str) -> Iterator[tuple[Dataset, Mapping[str, Any]]]:
    """Datasets whose manifests compare the labels of this one with values measured elsewhere."""
    for item in site.datasets:
        manifest = (item.current.manifest if item.current else None) or {}
        if found := ((manifest.get("summary") or {}).get("elsewhere") or {}).get(name):
            yield item.dataset, found


def _listed(values: int | Sequence[int]) -> Sequence[int]:
    """Counts per subset; a single number where a manifest counts all subsets together."""
    return [values] if isinstance(values, int) else values


def _described(
    specs: Sequence[Table], manifest: Mapping[str, Any], kind: str, folder: str
) -> Iterator[dict[str, Any]]:
    """Tables as a manifest records them, those that it has; as specified while there is none."""
    recorded = manifest.get(kind) or {}
    for spec in specs:
        known = {"name": f"{folder}{spec.name}", "text": spec.description}
        if spec.name in recorded:
            yield {**known, **recorded[spec.name]}
        elif not manifest:
            unknown = {"rows": None, "content_sha256": None}
            yield {**known, **unknown, "key": spec.key, "columns": spec.columns}


def settings(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The recipe of a manifest, one line a setting; empty where files were fetched instead.

    Example:
        >>> settings({"generator": "g", "labels": {"r_cut_ang": 6}})[1]
        ('labels · r cut, Å', '6')
    """
    return [(_with_unit(n), v) for n, v in _flat(source)] if "generator" in source else []


def _flat(recipe: Mapping[str, Any], *above: str) -> Iterator[tuple[str, str]]:
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            yield from _flat(value, *above, name)
        else:
            yield " · ".join((*above, name)), str(value)


def _with_unit(name: str) -> str:
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix):
            name = f"{name.removesuffix(suffix)}, {unit}"
    return name.replace("_", " ")


def _series(summary: Mapping[str, Any], task: Task) -> list[tuple[str, str]]:
    """Title and kind of the bars of the label histogram: one a target, or one a subset."""
    if len(task.targets) > 1:
        return list(zip([t.symbol for t in task.targets], TARGET_BAR_KINDS, strict=False))
    return list(zip(summary.get("subsets") or (), BAR_KINDS, strict=False))


def _labels(summary: Mapping[str, Any], task: Task) -> Markup | None:
    """The label histogram, one series a target or a subset; None where the manifest has none."""
    bins = summary.get("label_histogram") or {}
    is_many = len(task.targets) > 1
    keys = [t.name for t in task.targets] if is_many else list(summary.get("subsets") or ())
    if not bins or not all(key in bins for key in keys):
        return None
    limits = {} if is_many else bins.get("censored") or {}
    series = [
        Series(
            title=title,
            kind=kind,
            counts=tuple(bins[key]),
            marked=tuple(limits.get(key) or [0] * len(bins[key])),
        )
        for key, (title, kind) in zip(keys, _series(summary, task), strict=False)
    ]
    target = task.primary_targets[0]
    axis = f"label ({target.unit})" if is_many else axis_title(target)
    return charts_entries.histogram(bins["edges"], series, name="labels", axis=axis)


def families(summary: Mapping[str, Any], task: Task) -> dict[str, Any] | None:
    """Quantiles of each target in each family; None where the manifest has none."""
    kinds, overall = summary.get("family") or {}, summary.get("label_quantiles")
    if not overall or not all(isinstance(item, Mapping) for item in kinds.values()):
        return None
    everything = {"entries": sum(item["entries"] for item in kinds.values()), **overall}
    rows = {"all": everything, **kinds}
    names = [target.name for target in task.targets]
    return {
        "chart": charts_entries.boxes_chart(
            [(name, item["entries"], [item[t] for t in names]) for name, item in rows.items()],
            [target.symbol for target in task.targets],
            f"label ({task.primary_targets[0].unit}), logarithmic",
            name="families",
        ),
        "targets": task.targets,
        "rows": [
            (name, item["entries"], [[item[t].get(q) for q in QUANTILES] for t in names])
            for name, item in rows.items()
        ],
    }


def split_ladder(item: TaskSite) -> dict[str, Any] | None:
    """Cross-validated errors of verified rows by kind of folds, in the order of the ladder.

    None where the task has no ladder, or fewer than two of its rungs have been scored.
    """
    folds = {row.order: _folds(item, row) for row in item.board.of_kind("verified")}
    rows = [row for row in item.board.of_kind("verified") if any(folds[row.order].values())]
    schemes = sorted(
        (
            cv
            for cv in item.task.cross_validation
            if cv.rung and any(folds[row.order].get(cv.scheme) for row in rows)
        ),
        key=lambda cv: cv.rung,
    )
    if len(schemes) < _FEWEST_RUNGS:
        return None
    metric = item.task.primary.metric
    values = {
        row.order: [_pooled(folds[row.order].get(cv.scheme), metric) for cv in schemes]
        for row in rows
    }
    here, task = dataset_url(item.dataset.name), item.task.name
    parts = [part for row in rows for part in folds[row.order].values() if part]
    return {
        "chart": difficulty_chart(
            [
                (
                    plain(row.model),
                    values[row.order],
                    relative(here, submission_url(task, row.submission or "")),
                )
                for row in rows
            ],
            [cv.title for cv in schemes],
            f"{item.task.primary_use.title} ({item.board.unit}), smaller is better",
            name="splits",
        ),
        "schemes": [(cv, Markup(difficulty_mark(i, 6, 6))) for i, cv in enumerate(schemes)],  # noqa: S704
        "has_intervals": all(f"{metric}_ci_low" in part for part in parts),
        "has_steps": any(part.get("step") for part in parts),
        "rows": [
            (
                row,
                [value_cell(value) for value in values[row.order]],
                [_step(folds[row.order].get(cv.scheme)) for cv in schemes[1:]],
            )
            for row in rows
        ],
    }


def _folds(item: TaskSite, row: Row) -> Mapping[str, Any]:
    """Fold scheme → its part of the row's receipt."""
    entrant = item.entrants.get(row.submission or "")
    receipt = (entrant.receipt if entrant else None) or {}
    return receipt.get("cross_validation") or {}


def _step(part: Mapping[str, Any] | None) -> TableCell:
    """How much larger the error is than on the rung below, on the same entries."""
    step = (part or {}).get("step") or {}
    score = Value(step.get("difference"), step.get("ci_low"), step.get("ci_high"))
    return signed_cell(score, digits=3)


def _pooled(part: Mapping[str, Any] | None, metric: str) -> Value:
    """Error with its interval, or with its spread over repeats where a receipt has no interval."""
    value = (part or {}).get(metric)
    if part is None or value is None:
        return NO_VALUE
    if f"{metric}_ci_low" in part:
        return Value(value, part[f"{metric}_ci_low"], part[f"{metric}_ci_high"])
    spread = part.get(f"{metric}_sd_over_repeats")
    return Value(value) if spread is None else Value(value, value - spread, value + spread)


def overlap(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Materials in two parts of upstream's split, as ingest counted them; empty where it did not.

    Each row names the two parts and has ``shared``, the number of materials in both, ``of``, that
    of all materials of the second part, ``entries``, the entries of the second part with a shared
    material, and ``first``, a few of these materials.
    """
    found = summary.get("material_overlap") or {}
    return [
        {
            "parts": pair.split("|"),
            "shared": counted["materials"],
            "of": found["materials"][pair.partition("|")[2]],
            "entries": counted["entries"],
            "first": counted["first"],
        }
        for pair, counted in (found.get("shared") or {}).items()
    ]


def _distances(table: EntryTable | None) -> list[tuple[str, int]]:
    """Test entries by distance to the nearest training composition; empty where it is unknown."""
    near = [found[0].distance for found in table.neighbours.values() if found] if table else []
    known = [distance for distance in near if distance is not None]
    if not known:
        return []
    bins = [
        (f"{low:g} to {high:g}", sum(low <= d < high for d in known))
        for low, high in pairwise(_DISTANCES)
    ]
    return [*bins, (f"{_DISTANCES[-1]:g} and more", sum(d >= _DISTANCES[-1] for d in known))]


def elements(summary: Mapping[str, Any], explore: str) -> dict[str, Any] | None:
    """The periodic table of a manifest's counts of elements; None where it has none.

    ``explore`` is the way to the page that finds an element's entries.
    """
    counts = summary.get("elements") or {}
    if not counts or any(isinstance(item, int) for item in counts.values()):
        return None
    unseen = charts_entries.unseen_elements(counts)
    return {
        "chart": charts_entries.elements_chart(
            counts, list(summary.get("subsets") or ()), explore, name="elements"
        ),
        "unseen": unseen,
        "rare": [e for e in charts_entries.unseen_elements(counts, last=_RARE) if e not in unseen],
        "rare_limit": _RARE,
    }


def space_groups(
    layout: Layout, card: VersionCard | None, subsets: Sequence[str], split: str
) -> dict[str, Sequence[int]]:
    """Space group → entries in each subset, most frequent first; empty where it is not known.

    Args:
        layout: Where the tables are.
        card: The version.
        subsets: Subsets of the split, in the order of the counts.
        split: Name of the split.
    """
    if card is None or not subsets:
        return {}
    version = card.pinned
    try:
        entries = read_table(layout, version.dataset, version.version, "entries")
        splits = read_table(layout, version.dataset, version.version, "splits")
    except DataMissingError:
        return {}
    if SPACE_GROUP not in entries.column_names:
        return {}
    subset = {r["id"]: r["subset"] for r in splits.to_pylist() if r["split_name"] == split}
    counted: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for row in entries.select(["id", SPACE_GROUP]).to_pylist():
        if subset.get(row["id"]) in subsets:
            kind = row[SPACE_GROUP] or "not given"
            counted[kind, subset[row["id"]]] += 1
            total[kind] += 1
    kinds = sorted(total, key=lambda kind: (-total[kind], kind))
    return {kind: [counted[kind, name] for name in subsets] for kind in kinds}


def _distribution(given: Mapping[str, int | Sequence[int]]) -> dict[str, Any]:
    """The most frequent kinds with their counts per subset, and the largest sum of one kind."""
    rows = [(kind, _listed(counts)) for kind, counts in given.items()]
    return {
        "rows": rows[:SHOWN_KINDS],
        "rest": rows[SHOWN_KINDS:],
        "most": max(sum(counts) for _, counts in rows) or 1,
        "is_split": any(len(counts) > 1 for _, counts in rows),
    }


def structures(dataset: Dataset, tasks: Iterable[Task], manifest: Mapping[str, Any]) -> int | None:
    """Structures that a version holds, in its tables and frames; None where it holds none.

    Frames that models fit an energy zero on are copies of others, and are not counted.
    """
    table = (manifest.get("tables") or {}).get(STRUCTURES)
    if table is not None:
        return int(table["rows"])
    copies, frames = {task.offsets for task in tasks}, manifest.get("frames") or {}
    names = [spec.name for spec in dataset.frames if spec.name not in copies]
    counted = [int(frames[name]["rows"]) for name in names if name in frames]
    return sum(counted) if counted else None


def version_changes(layout: Layout, item: DatasetSite) -> Iterator[dict[str, Any]]:
    """What differs between consecutive ingested versions: columns by their hashes, cells counted.

    ``cells`` is None where a table of either is not here, or where there are too many to compare.
    """
    for old, new in pairwise(card for card in item.versions if card.manifest is not None):
        before, after = (old.manifest or {})["tables"], (new.manifest or {})["tables"]
        differing = {n: differing_columns(before[n], after[n]) for n in after if n in before}
        names = item.dataset.name, old.pinned.version, new.pinned.version
        step: dict[str, Any] = {"old": names[1], "new": names[2], "columns": differing}
        found: list[CellChange] | None = None
        sizes = [(tables.get("entries") or {}).get("rows") or 0 for tables in (before, after)]
        if max(sizes) <= LARGEST_COUNTED:
            with suppress(DataMissingError):
                found = diff_versions(layout, *names)
        counted = Counter((c.kind, c.table, c.column.partition(" [")[0]) for c in found or ())
        order = sorted(counted, key=lambda key: (KINDS.index(key[0]), key[1], key[2]))
        yield {
            **step,
            "cells": None if found is None else [(*key, counted[key]) for key in order],
            "total": len(found or ()),
            "has_rows": any(column == WHOLE_ROW for _, _, column in counted),
            "consequence": consequence(found) if found else "",
        }
