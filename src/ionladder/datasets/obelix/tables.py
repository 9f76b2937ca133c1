"""OBELiX's published rows turned into the rows of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ionladder.datasets.obelix import raw
from ionladder.datasets.obelix.cells import Cell, crystal_system
from ionladder.datasets.obelix.columns import ENTRIES, FOLDS, LABELS, SPLITS, STRUCTURES
from ionladder.datasets.obelix.conductivity import parse_conductivity
from ionladder.datasets.obelix.families import clean_family
from ionladder.datasets.obelix.formulas import normalised_formula, parse_formula
from ionladder.datasets.obelix.raw import Release
from ionladder.datasets.obelix.structures import Crystal, structure_row
from ionladder.datasets.schema import table_from_rows
from ionladder.datasets.splits import connected_components, draw_folds, groups_of_equals
from ionladder.sources.readers import Row

if TYPE_CHECKING:
    import pyarrow as pa

OFFICIAL = "official"


def build_tables(release: Release, crystals: Mapping[str, Crystal]) -> dict[str, pa.Table]:
    """All tables of a release whose text passed the checks."""
    splits = split_rows(release)
    train = {row["id"]: row["component"] for row in splits if row["subset"] == "train"}
    by_id = {row[raw.ID]: row for row in release.rows}
    structures = [
        structure_row(entry, crystal, parse_formula(by_id[entry][raw.CELL]))
        for entry, crystal in crystals.items()
    ]
    return {
        spec.name: table_from_rows(spec, rows)
        for spec, rows in (
            (ENTRIES, entry_rows(release.rows)),
            (LABELS, [label_row(row) for row in release.rows]),
            (STRUCTURES, structures),
            (SPLITS, splits),
            (FOLDS, draw_folds(train, release.pinned.folds)),
        )
    }


def entry_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of ``entries``: everything known of a material but its label."""
    replicates = groups_of_equals({row[raw.ID]: (row[raw.CELL], space_group(row)) for row in rows})
    return [{**_entry(row), "replicate_group": replicates[row[raw.ID]]} for row in rows]


def label_row(row: Row) -> dict[str, Any]:
    """The row of ``labels`` for one entry."""
    label = parse_conductivity(row[raw.SIGMA])
    total, bulk = (_optional_float(row[name]) for name in (raw.TOTAL, raw.BULK))
    return {
        "id": row[raw.ID],
        "log10_sigma": label.log10,
        "log10_sigma_limit": label.log10_limit,
        "censoring": "none" if label.limit is None else "left",
        "sigma_s_per_cm": label.value,
        "sigma_limit_s_per_cm": label.limit,
        "sigma_total_s_per_cm": total,
        "sigma_bulk_s_per_cm": bulk,
        "label_kind": _label_kind(label.value, total=total, bulk=bulk),
    }


def split_rows(release: Release) -> list[dict[str, Any]]:
    """Rows of ``splits``: the published split, and the components it follows."""
    components = connected_components(
        {
            row[raw.ID]: [*(("doi", doi) for doi in dois(row)), ("composition", row[raw.CELL])]
            for row in release.rows
        }
    )
    test = {row[raw.ID] for row in release.test}
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


def dois(row: Row) -> list[str]:
    """DOIs of a row, lower case, in published order."""
    return [doi.strip().lower() for doi in row[raw.DOI].split("|") if doi.strip()]


def space_group(row: Row) -> int:
    """Space group number of a row."""
    return int(float(row[raw.NUMBER]))


def cell(row: Row) -> Cell:
    """Tabulated cell of a row."""
    return Cell(*(float(row[name]) for name in raw.LATTICE))


def _entry(row: Row) -> dict[str, Any]:
    tabulated = cell(row)
    return {
        "id": row[raw.ID],
        "formula_reduced": row[raw.REDUCED].strip(),
        "formula_cell": row[raw.CELL],
        "z": int(float(row[raw.Z])),
        "formula_norm": normalised_formula(parse_formula(row[raw.CELL])),
        "space_group": space_group(row),
        "space_group_symbol": row[raw.SYMBOL].strip(),
        "crystal_system": crystal_system(space_group(row)),
        "a_ang": tabulated.a,
        "b_ang": tabulated.b,
        "c_ang": tabulated.c,
        "alpha_deg": tabulated.alpha,
        "beta_deg": tabulated.beta,
        "gamma_deg": tabulated.gamma,
        "volume_ang3": tabulated.volume,
        "family_raw": row[raw.FAMILY] or None,
        "family": clean_family(row[raw.FAMILY]),
        "dois": dois(row),
        "cif_status": _cif_status(row),
        "icsd_id": _optional_int(row[raw.ICSD]),
        "laskowski_id": _optional_int(row[raw.LASKOWSKI]),
        "liion_id": _optional_int(row[raw.LIION]),
        "note": row[raw.NOTE].strip() or None,
    }


def _label_kind(value: float | None, *, total: float | None, bulk: float | None) -> str:
    if value is not None and value == total:
        return "total"
    if value is not None and total is None and value == bulk:
        return "bulk"
    return "unspecified"


def _cif_status(row: Row) -> str:
    if row[raw.CIF] != raw.HAS_CIF:
        return "none"
    return "close" if row[raw.CLOSE] else "match"


def _optional_float(text: str) -> float | None:
    return float(text) if text else None


def _optional_int(text: str) -> int | None:
    return int(float(text)) if text else None
