"""From the hops of the archive to the rows of nebDFT2k's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.datasets.litraj.composition import normalised_formula, reduced_formula
from ionladder.datasets.litraj.splitting import SUBSET, fold_columns, split_columns
from ionladder.datasets.nebdft2k.columns import ENTRIES, FOLDS, LABELS, SPLITS
from ionladder.datasets.nebdft2k.hops import Hop
from ionladder.datasets.nebdft2k.index import IndexRow
from ionladder.datasets.nebdft2k.task import SCHEME
from ionladder.datasets.schema import table_from_columns, table_from_rows
from ionladder.sources.extxyz import SYMBOLS
from ionladder.specs.params import FoldSettings

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HopFacts:
    """What the tables keep of a hop whose frames have been written.

    Attributes:
        row: The hop in the index.
        counts: Element → atoms in an image.
        n_images: Images of the path.
        moving_ion: Position of the moving ion, from 0.
        length_ang: Length of the hop, Å.
        barrier_ev: Largest minus smallest energy of the relaxed path, eV.
        saddle_ev: Largest energy minus that of the first image, eV.
        em_agrees: Whether the centroid's barrier is that of the index; None where it states none.
    """

    row: IndexRow
    counts: Mapping[str, int]
    n_images: int
    moving_ion: int
    length_ang: float
    barrier_ev: float
    saddle_ev: float
    em_agrees: bool | None


def facts_of(row: IndexRow, hop: Hop, *, em_agrees: bool | None) -> HopFacts:
    """The few numbers that outlive the frames of a hop."""
    return HopFacts(
        row=row,
        counts=Counter(SYMBOLS[number] for number in hop.numbers.tolist()),
        n_images=len(hop.energies_ev),
        moving_ion=hop.moving_ion,
        length_ang=round(hop.length_ang, 6),
        barrier_ev=hop.barrier_ev,
        saddle_ev=hop.saddle_ev,
        em_agrees=em_agrees,
    )


def build_tables(hops: Sequence[HopFacts], folds: FoldSettings) -> dict[str, pa.Table]:
    """The tables of a version; hops in ascending order of their ids."""
    ids, parts = [hop.row.id for hop in hops], [hop.row.part for hop in hops]
    components = _material_numbers(hops)
    splits = {
        **split_columns(ids, parts, components),
        "has_specific_tm": [hop.row.has_specific_tm for hop in hops],
        "material_in_train": _is_material_in_train(hops),
    }
    return {
        "entries": table_from_rows(ENTRIES, [_entry(hop) for hop in hops]),
        "labels": table_from_rows(LABELS, [_label(hop) for hop in hops]),
        "splits": table_from_columns(SPLITS, splits),
        "folds": table_from_columns(
            FOLDS, fold_columns(ids, parts, components, folds, scheme=SCHEME)
        ),
    }


def _entry(hop: HopFacts) -> Row:
    edge = hop.row.edge
    return {
        "id": hop.row.id,
        "material_id": edge.material_id,
        "formula": reduced_formula(hop.counts),
        "formula_norm": normalised_formula(hop.counts),
        "chemsys": hop.row.chemsys,
        "source_site": edge.source,
        "target_site": edge.target,
        "offset_a": edge.offset[0],
        "offset_b": edge.offset[1],
        "offset_c": edge.offset[2],
        "n_atoms": sum(hop.counts.values()),
        "n_images": hop.n_images,
        "moving_ion": hop.moving_ion,
        "hop_length_ang": hop.length_ang,
        "em_bvse_ev": hop.row.em_bvse_ev,
        "has_specific_tm": hop.row.has_specific_tm,
    }


def _label(hop: HopFacts) -> Row:
    return {
        "id": hop.row.id,
        "em_dft_ev": hop.row.em_dft_ev,
        "barrier_ev": hop.barrier_ev,
        "saddle_ev": hop.saddle_ev,
    }


def _material_numbers(hops: Sequence[HopFacts]) -> list[int]:
    """Number of each hop's material, from 1 in the order of its first hop."""
    materials = dict.fromkeys(hop.row.edge.material_id for hop in hops)
    numbers = {material: number for number, material in enumerate(materials, start=1)}
    return [numbers[hop.row.edge.material_id] for hop in hops]


def _is_material_in_train(hops: Sequence[HopFacts]) -> list[bool]:
    """Whether a train hop, other than the hop itself, has its material."""
    is_train = [SUBSET[hop.row.part] == "train" for hop in hops]
    materials = [hop.row.edge.material_id for hop in hops]
    learnt = Counter(name for name, mine in zip(materials, is_train, strict=True) if mine)
    return [learnt[name] > mine for name, mine in zip(materials, is_train, strict=True)]
