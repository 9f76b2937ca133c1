"""From a release of OBELiX to its tables, with every integrity check on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.config import DatasetVersion
from ionladder.data import ingest
from ionladder.data.obelix import crystals as cif
from ionladder.data.obelix import release as rel
from ionladder.data.obelix.checks import TABLE_CHECKS, TEXT_CHECKS, Built
from ionladder.data.obelix.crystals import ParsedCrystal, StructureError
from ionladder.data.obelix.release import Release, Row
from ionladder.data.slices import NOT_GIVEN
from ionladder.data.store import STRUCTURES, BuiltVersion, table_from_rows
from ionladder.errors import IngestError, worded
from ionladder.repo import has_pymatgen

if TYPE_CHECKING:
    import pyarrow as pa

OFFICIAL = "official"

_SUBSETS = ["train", "test"]


def build(raw: Path, pinned: DatasetVersion) -> BuiltVersion:
    """Read, check and tabulate one release.

    Args:
        raw: Folder with its verified files.
        pinned: What ``params.yaml`` says of it.

    Raises:
        IngestError: Files that cannot be read; or every finding of the checks on the text; or
            every CIF that cannot be read; or every finding of the checks on the tables.
    """
    release = rel.read_release(raw, pinned)
    text_results = ingest.run_checks(
        rel.DATASET, TEXT_CHECKS, release, before=rel.field_problems(release)
    )
    can_read = has_pymatgen()
    crystals = read_crystals(release) if can_read else {}
    tables = build_tables(release, crystals)
    if not can_read:  # the tables' content hashes say whether they are the released ones
        del tables[STRUCTURES]
        return BuiltVersion(tables=tables, checks=tuple(text_results), summary={})
    built = Built(release=release, crystals=crystals, tables=tables)
    table_results = ingest.run_checks(rel.DATASET, TABLE_CHECKS, built)
    checks = (*text_results, *table_results)
    return BuiltVersion(tables=tables, checks=checks, summary=describe_tables(tables))


def read_crystals(release: Release) -> dict[str, ParsedCrystal]:
    """Read every CIF, in the order of ids.

    Raises:
        IngestError: Those that cannot be read, all named.
    """
    crystals = {}
    problems = []
    for entry in sorted(release.cifs):
        try:
            crystals[entry] = cif.read_crystal(release.cifs[entry])
        except StructureError as error:
            where = f"structures_agree: {rel.ARCHIVE}, {entry}.cif"
            problems.append(worded("cif-unread", where, error=error))
    if problems:
        raise IngestError(problems)
    return crystals


def build_tables(release: Release, crystals: Mapping[str, ParsedCrystal]) -> dict[str, pa.Table]:
    """All tables of a release whose text passed the checks."""
    alike = {row[rel.ID]: (row[rel.CELL], rel.space_group(row)) for row in release.rows}
    replicates = ingest.groups_of_equals(alike)
    contents = {row[rel.ID]: rel.parse_formula(row[rel.CELL]) for row in release.rows}
    splits = split_rows(release)
    train = {row["id"]: row["component"] for row in splits if row["subset"] == "train"}
    rows = {
        "entries": [
            {
                **_entry(row),
                "formula_norm": rel.normalised_formula(contents[row[rel.ID]]),
                "replicate_group": replicates[row[rel.ID]],
            }
            for row in release.rows
        ],
        "labels": [conductivity_row(row) for row in release.rows],
        "structures": [cif.structure_row(i, found, contents[i]) for i, found in crystals.items()],
        "splits": splits,
        "folds": ingest.draw_folds(train, release.pinned.folds),
    }
    return {spec.name: table_from_rows(spec, rows[spec.name]) for spec in rel.DATASET.tables}


def _entry(row: Row) -> dict[str, Any]:
    cell = rel.cell_of(row)
    status = "none" if row[rel.CIF] != rel.HAS_CIF else "close" if row[rel.CLOSE] else "match"
    return {
        "id": row[rel.ID],
        "formula_reduced": row[rel.REDUCED].strip(),
        "formula_cell": row[rel.CELL],
        "z": int(float(row[rel.Z])),
        "space_group": rel.space_group(row),
        "space_group_symbol": row[rel.SYMBOL].strip(),
        "crystal_system": rel.crystal_system(rel.space_group(row)),
        **dict(zip(cif.CELL_COLUMNS, cell, strict=True)),
        "volume_ang3": rel.volume(cell),
        "family_raw": row[rel.FAMILY] or None,
        "family": rel.clean_family(row[rel.FAMILY]),
        "dois": rel.dois(row),
        "cif_status": status,
        **{name: int(float(row[c])) if row[c] else None for name, c in rel.IDENTIFIERS.items()},
        "note": row[rel.NOTE].strip() or None,
    }


def conductivity_row(row: Row) -> dict[str, Any]:
    """The row of ``labels`` for one entry."""
    label = rel.parse_conductivity(row[rel.SIGMA])
    total, bulk = (float(row[name]) if row[name] else None for name in (rel.TOTAL, rel.BULK))
    kind = "unspecified"
    if label.value is not None and label.value in (total, bulk):
        kind = "total" if label.value == total else "bulk" if total is None else kind
    return {
        "id": row[rel.ID],
        "log10_sigma": label.log10,
        "log10_sigma_limit": label.log10_limit,
        "censoring": "none" if label.limit is None else "left",
        "sigma_s_per_cm": label.value,
        "sigma_limit_s_per_cm": label.limit,
        "sigma_total_s_per_cm": total,
        "sigma_bulk_s_per_cm": bulk,
        "label_kind": kind,
    }


def split_rows(release: Release) -> list[dict[str, Any]]:
    """Rows of ``splits``: the published split, and the components it follows."""
    links = {
        row[rel.ID]: [*(("doi", doi) for doi in rel.dois(row)), ("composition", row[rel.CELL])]
        for row in release.rows
    }
    components = ingest.connected_components(links)
    test = {row[rel.ID] for row in release.test}
    return [
        {
            "split_name": OFFICIAL,
            "id": entry,
            "subset": "test" if entry in test else "train",
            "in_cif": entry in release.cifs,
            "component": component,
        }
        for entry, component in components.items()
    ]


# Counts and distributions of a version, for its manifest and the dataset card


def describe_tables(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Counts, label histogram, and how often each family, system, CIF status and element occurs.

    Counts per subset are lists in the order of ``subsets``. The histogram has bins of one decade;
    bin i holds labels with ``edges[i] <= log10_sigma < edges[i + 1]``; ``censored`` counts those
    among them that are only upper limits.
    """
    parts = (tables[name].to_pylist() for name in ("entries", "labels", "splits"))
    rows = [{**entry, **label, **split} for entry, label, split in zip(*parts, strict=True)]
    limits = [row for row in rows if row["censoring"] != "none"]
    summary = ingest.counts_by_subset(
        rows,
        {
            "entries": len,
            "with_cif": lambda part: sum(row["in_cif"] for row in part),
            "censored": lambda part: sum(row["censoring"] != "none" for row in part),
            "components": lambda part: len({row["component"] for row in part}),
            "in_replicate_groups": lambda part: sum(
                row["replicate_group"] is not None for row in part
            ),
        },
    )
    low, high = (floor(end(row["log10_sigma"] for row in rows)) for end in (min, max))

    def histogram(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        labels = {n: [row["log10_sigma"] for row in rows if row["subset"] == n] for n in _SUBSETS}
        return ingest.label_histogram(labels, list(range(low, high + 2)))

    censored = {name: bars for name, bars in histogram(limits).items() if name != "edges"}
    summary["label_histogram"] = histogram(rows) | {"censored": censored}
    for column in ("family", "crystal_system", "cif_status"):
        summary[column] = _per_subset((row[column] or NOT_GIVEN, row["subset"]) for row in rows)
    elements = ((e, row["subset"]) for row in rows for e in rel.parse_formula(row["formula_cell"]))
    return summary | {"elements": _per_subset(elements)}


def _per_subset(found: Iterable[tuple[str, str]]) -> dict[str, list[int]]:
    """Kind → entries of it in each subset; the most frequent kind first, then by name."""
    counts = Counter(found)
    kinds = {kind: [counts[kind, name] for name in _SUBSETS] for kind, _ in counts}
    return dict(sorted(kinds.items(), key=lambda item: (-sum(item[1]), item[0])))
