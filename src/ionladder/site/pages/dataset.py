"""A dataset's card: versions, counts, labels, chemistry, checks, oddities, licence, citation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from ionladder.data.store import differing_columns
from ionladder.data.versions import WHOLE_ROW
from ionladder.site.charts_entries import Series, histogram
from ionladder.site.context import DatasetSite, Site, VersionCard
from ionladder.site.files import croissant_url
from ionladder.site.pages import Page
from ionladder.site.pages import _shared as beyond
from ionladder.site.pages import _shared as made
from ionladder.site.text import axis_title, board_url, dataset_url, relative
from ionladder.specs import Table, Target, Task

COUNT_TITLES = {
    "entries": "Entries",
    "with_cif": "With a crystal structure (CIF)",
    "censored": "Known only as an upper limit",
    "components": "Independent groups (shared paper or composition)",
    "in_replicate_groups": "In groups of repeated measurements",
    "chemical_systems": "Chemical systems",
    "prototypes": "Structure types",
    "families": "Families of structure types",
    "binaries": "Binary compounds",
    "sites": "Sites in all cells",
}
DISTRIBUTIONS = (
    ("family", "Families"),
    ("crystal_system", "Crystal systems"),
    ("elements", "Elements"),
    ("cif_status", "Structure files"),
    ("dimensionality", "Dimensions as easy as the easiest path (within 0.2 eV)"),
    ("anion_class", "Anions"),
)
SHOWN_KINDS = 12
BAR_KINDS = ("light", "solid")


def pages(site: Site) -> Iterator[Page]:
    """One card a dataset."""
    for item in site.datasets:
        here = dataset_url(item.dataset.name)
        yield Page(url=here, context=_context(site, item, here))


def _context(site: Site, item: DatasetSite, here: str) -> dict[str, Any]:
    current = item.current
    manifest: Mapping[str, Any] = (current.manifest if current else None) or {}
    summary: Mapping[str, Any] = manifest.get("summary") or {}
    tasks = [t for t in site.tasks if t.dataset.name == item.dataset.name]
    subsets = list(summary.get("subsets") or ())
    split = tasks[0].task.split if tasks else ""
    groups = beyond.space_groups(site.layout, current, subsets, split)
    described = croissant_url(site, item, current)
    return {
        "item": item,
        "dataset": item.dataset,
        "elements": beyond.elements(summary),
        "split_quality": beyond.split_quality(site, item, tasks),
        "whole_row": WHOLE_ROW,
        "cell_changes": list(beyond.cell_changes(site, item)),
        "croissant_href": relative(here, described) if described else None,
        "current": current,
        "manifest": manifest,
        "versions": [_version(card, item, [t.task for t in tasks]) for card in item.versions],
        "changes": _changes(item.versions),
        "subsets": subsets,
        "counts": [
            (COUNT_TITLES.get(name, name.replace("_", " ")), _listed(values))
            for name, values in (summary.get("counts") or {}).items()
        ],
        "chart": _label_chart(summary, tasks[0].task if tasks else None),
        "chart_series": _chart_series(summary, tasks[0].task if tasks else None),
        "families": made.families(summary, tasks[0].task) if tasks else None,
        "recipe": made.settings(manifest.get("source") or {}),
        "generation": summary.get("generation") or {},
        "left_out": made.left_out(summary),
        "split_sizes": summary.get("splits") or {},
        "split_ladder": made.split_ladder(tasks[0], here) if tasks else None,
        "cv_metric": tasks[0].task.primary_use.title if tasks else "",
        "cv_unit": tasks[0].board.unit if tasks else "",
        "limits": (summary.get("counts") or {}).get("censored"),
        "has_marked_limits": bool((summary.get("label_histogram") or {}).get("censored")),
        "target_text": " ".join(t.description for t in tasks[0].task.targets) if tasks else "",
        "distributions": [
            {"title": title, **_distribution(summary[key], SHOWN_KINDS)}
            for key, title in DISTRIBUTIONS
            if summary.get(key) and not _is_nested(summary[key])
        ]
        + ([{"title": "Space groups", **_distribution(groups, SHOWN_KINDS)}] if groups else []),
        "waiting": [
            (w.task, relative(here, board_url(w.task.name)))
            for w in site.waiting
            if w.dataset.name == item.dataset.name
        ],
        "is_on_demand": any(card.pinned.on_demand for card in item.versions),
        "has_commit": any(card.pinned.source.commit for card in item.versions),
        "tables": [
            *_described(item.dataset.tables, manifest, "tables", ""),
            *_described(item.dataset.frames, manifest, "frames", "frames/"),
        ],
        "tasks": [(t.task, relative(here, board_url(t.task.name))) for t in tasks],
    }


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


def _version(card: VersionCard, item: DatasetSite, tasks: Sequence[Task]) -> dict[str, Any]:
    manifest = card.manifest or {}
    tables = manifest.get("tables") or {}
    return {
        "pinned": card.pinned,
        "is_ingested": card.manifest is not None,
        "rows": {name: table.get("rows") for name, table in tables.items()},
        "structures": beyond.structures(item.dataset, tasks, manifest),
        "labels_sha256": (tables.get("labels") or {}).get("content_sha256"),
        "checks": len(manifest.get("checks") or ()),
        "passed": sum(c.get("result") == "passed" for c in manifest.get("checks") or ()),
        "tasks": [name for name, v in item.task_versions.items() if v == card.pinned.version],
    }


def _changes(versions: Sequence[VersionCard]) -> list[dict[str, Any]]:
    """What differs between consecutive ingested versions, by the content hashes of columns."""
    known = [card for card in versions if card.manifest is not None]
    steps = []
    for old, new in pairwise(known):
        before, after = (old.manifest or {})["tables"], (new.manifest or {})["tables"]
        shared = [name for name in after if name in before]
        steps.append(
            {
                "old": old.pinned.version,
                "new": new.pinned.version,
                "changed": [
                    (name, columns)
                    for name in shared
                    if (columns := differing_columns(before[name], after[name]))
                ],
                "same": [
                    name for name in shared if not differing_columns(before[name], after[name])
                ],
            }
        )
    return steps


def _listed(values: int | Sequence[int]) -> Sequence[int]:
    """Counts per subset; a single number where a manifest counts all subsets together."""
    return [values] if isinstance(values, int) else values


def _is_nested(kinds: Mapping[str, Any]) -> bool:
    """Whether kinds hold distributions of their own instead of counts."""
    return any(isinstance(item, Mapping) for item in kinds.values())


def _primary_target(task: Task) -> Target:
    return task.primary_targets[0]


def _label_chart(summary: Mapping[str, Any], task: Task | None) -> Markup | None:
    """The label histogram; None when the manifest has none."""
    bins = summary.get("label_histogram")
    if not bins or task is None:
        return None
    if len(task.targets) > 1:
        return made.target_histogram(summary, task)
    target = _primary_target(task)
    limits = bins.get("censored") or {}
    series = [
        Series(
            title=subset,
            kind=kind,
            counts=tuple(bins[subset]),
            marked=tuple(limits.get(subset) or [0] * len(bins[subset])),
        )
        for subset, kind in zip(summary["subsets"], BAR_KINDS, strict=False)
    ]
    return histogram(bins["edges"], series, name="labels", axis=axis_title(target))


def _chart_series(summary: Mapping[str, Any], task: Task | None) -> list[tuple[str, str]]:
    """What the bars of the label histogram stand for: title and kind of each series."""
    if task is not None and len(task.targets) > 1:
        return list(zip([t.symbol for t in task.targets], made.HISTOGRAM_KINDS, strict=False))
    return list(zip(summary.get("subsets") or (), BAR_KINDS, strict=False))


def _distribution(given: Mapping[str, int | Sequence[int]], limit: int) -> dict[str, Any]:
    """The most frequent kinds with their counts per subset, and how wide their bars are."""
    kinds = {kind: _listed(counts) for kind, counts in given.items()}
    largest = max((sum(counts) for counts in kinds.values()), default=1) or 1
    rows = [
        {"kind": kind, "counts": counts, "widths": [90 * n / largest for n in counts]}
        for kind, counts in kinds.items()
    ]
    return {
        "rows": rows[:limit],
        "rest": rows[limit:],
        "n_kinds": len(rows),
        "is_split": any(len(counts) > 1 for counts in kinds.values()),
    }
