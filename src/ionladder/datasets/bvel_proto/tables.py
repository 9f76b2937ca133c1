"""The tables of BVEL-proto from structures and labels, and structures back from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ionladder.datasets.bvel_proto.candidate import Candidate, Triple, make_structure
from ionladder.datasets.bvel_proto.columns import (
    ENTRIES,
    FOLDS,
    LABELS,
    REPLICATES,
    SPLITS,
    STRUCTURES,
)
from ionladder.datasets.bvel_proto.ions import LI, anion_class, ion
from ionladder.datasets.bvel_proto.noise import REFERENCE
from ionladder.datasets.bvel_proto.percolation import Barriers
from ionladder.datasets.bvel_proto.splits import PRIMARY, Grouping, draw_folds, draw_splits
from ionladder.datasets.schema import table_from_rows
from ionladder.specs.params import FoldSettings

if TYPE_CHECKING:
    import pyarrow as pa
    from pymatgen.core.structure import Structure

Row = dict[str, Any]

# A path counts as nearly as easy as the easiest when its barrier is at most this much higher.
SAME_PATH_EV = 0.2
_SYMMETRY_ANG = 0.01
_CELL = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")


def build_tables(
    candidates: Sequence[Candidate],
    labels: Mapping[str, Barriers],
    relabelled: Mapping[str, Mapping[str, Barriers]],
    sources: Mapping[str, str],
    settings: FoldSettings,
) -> dict[str, pa.Table]:
    """Every table of a version.

    Args:
        candidates: Structures.
        labels: Id → barriers, for every structure.
        relabelled: Id → variant → barriers, for the sample that was labelled again.
        sources: Prototype → where its coordinates come from.
        settings: How folds are drawn; its seed also draws the splits.
    """
    entries = [_entry(kept, sources[kept.prototype]) for kept in candidates]
    groups = {row["id"]: _grouping(row) for row in entries}
    splits = draw_splits(groups, seed=settings.seed)
    train = {r["id"] for r in splits if r["split_name"] == PRIMARY and r["subset"] == "train"}
    return {
        "entries": table_from_rows(ENTRIES, entries),
        "labels": table_from_rows(LABELS, [label_row(k.id, labels[k.id]) for k in candidates]),
        "structures": table_from_rows(STRUCTURES, [_sites(kept) for kept in candidates]),
        "splits": table_from_rows(SPLITS, splits),
        "folds": table_from_rows(FOLDS, draw_folds(groups, train, settings)),
        "replicates": table_from_rows(REPLICATES, _replicates(labels, relabelled)),
    }


def label_row(entry: str, barriers: Barriers) -> Row:
    """One row of ``labels``."""
    flags = zip(("1d", "2d", "3d"), barriers.as_tuple(), strict=True)
    return {
        "id": entry,
        **_columns(barriers),
        **{f"percolates_{key}": value is not None for key, value in flags},
        "dimensionality": dimensionality(barriers),
    }


def dimensionality(barriers: Barriers) -> str:
    """Dimensions in which Li moves nearly as easily as along its easiest path.

    Example:
        >>> dimensionality(Barriers(e_1d_ev=0.4785, e_2d_ev=3.5938, e_3d_ev=3.6133))
        '1d'
    """
    easiest = barriers.e_1d_ev
    if easiest is None:
        return "none"
    named = zip(("3d", "2d"), (barriers.e_3d_ev, barriers.e_2d_ev), strict=True)
    near = [key for key, value in named if value is not None and value <= easiest + SAME_PATH_EV]
    return near[0] if near else "1d"


def structure_of(entry: Row, sites: Row) -> Structure:
    """A structure with oxidation states, from its rows in ``entries`` and ``structures``."""
    flat = sites["frac_coords"]
    positions: tuple[Triple, ...] = tuple(
        (flat[i], flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)
    )
    pairs = zip(sites["species"], sites["charges"], strict=True)
    ions = tuple(_ion_name(symbol, charge) for symbol, charge in pairs)
    return make_structure(tuple(entry[name] for name in _CELL), ions, positions)


def _ion_name(symbol: str, charge: int) -> str:
    size = "" if abs(charge) == 1 else str(abs(charge))
    return f"{symbol}{size}{'+' if charge > 0 else '-'}"


def _replicates(
    labels: Mapping[str, Barriers], relabelled: Mapping[str, Mapping[str, Barriers]]
) -> list[Row]:
    return [
        {"id": entry, "variant": variant, **_columns(barriers)}
        for entry, of_variant in relabelled.items()
        for variant, barriers in {REFERENCE: labels[entry], **of_variant}.items()
    ]


def _columns(barriers: Barriers) -> Row:
    return {
        "e_1d_ev": barriers.e_1d_ev,
        "e_2d_ev": barriers.e_2d_ev,
        "e_3d_ev": barriers.e_3d_ev,
    }


def _entry(candidate: Candidate, source: str) -> Row:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    structure = candidate.structure()
    counts = {name: candidate.ions.count(name) for name in sorted(set(candidate.ions))}
    symbols = {ion(name).symbol: count for name, count in counts.items()}
    anions = [ion(name) for name in counts if ion(name).charge < 0]
    total = len(candidate.ions)
    return {
        "id": candidate.id,
        "formula": structure.composition.remove_charges().reduced_formula,
        "formula_norm": " ".join(f"{s}{symbols[s] / total:.5f}" for s in sorted(symbols)),
        "chemsys": "-".join(sorted(symbols)),
        "prototype": candidate.prototype,
        "family": candidate.family,
        "assignment": candidate.assignment,
        "anion": max(anions, key=lambda one: (counts[one.name], one.symbol)).symbol,
        "anion_class": anion_class(anions),
        "n_sites": total,
        "n_li": counts[LI],
        "space_group": SpacegroupAnalyzer(structure, _SYMMETRY_ANG).get_space_group_number(),
        **dict(zip(_CELL, candidate.cell, strict=True)),
        "volume_ang3": round(float(structure.volume), 6),
        "source": source,
    }


def _sites(candidate: Candidate) -> Row:
    ions = [ion(name) for name in candidate.ions]
    return {
        "id": candidate.id,
        "species": [one.symbol for one in ions],
        "charges": [one.charge for one in ions],
        "frac_coords": [value for position in candidate.frac_coords for value in position],
    }


def _grouping(row: Row) -> Grouping:
    return Grouping(
        chemsys=row["chemsys"],
        prototype=row["prototype"],
        family=row["family"],
        anion_class=row["anion_class"],
    )
