"""The columns of nebBVSE122k's tables."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import (
    ANION_CLASS,
    component_column,
    composition_columns,
    edge_columns,
    folds_table,
    id_column,
    material_id,
    splits_table,
    structures_table,
)
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table

ID = id_column(
    "Name of the hop, edge_id: material, site it leaves, site it reaches, periodic image (three)."
)

ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per hop: material, sites, and the atoms of the supercell.",
    columns=(
        ID,
        material_id(),
        *edge_columns(),
        *composition_columns(),
        Column(
            name="anion_class",
            type="category",
            description=(
                "Class of the most frequent element of F, O, Cl, N, Br, I, S, Se, Te: oxide, "
                "fluoride, chalcogenide (S, Se, Te), halide (Cl, Br, I), nitride, or other."
            ),
        ),
        Column(
            name="n_atoms",
            type="int32",
            description=(
                "Atoms of the supercell, the dummy atom at the hop's centre left out. Whether the "
                "two end sites hold Li upstream does not state."
            ),
        ),
        Column(name="volume_ang3", type="float64", unit="Å³", description="Supercell volume."),
    ),
)

LABELS = Table(
    name="labels",
    key=("id",),
    description="Barrier of every hop, by nudged elastic band in the bond-valence site energy.",
    columns=(
        ID,
        Column(
            name="em_ev",
            type="float64",
            unit="eV",
            description="Migration barrier, as upstream gives it (em).",
            role="label",
        ),
    ),
)

SPLITS = splits_table(
    component_column("Number of the material, in alphabetical order of identifiers; from 1."),
    ANION_CLASS,
    entry=ID,
)

SCHEME = "material"
FOLDS = folds_table(entry=ID, scheme=SCHEME, groups="material")

TABLES: tuple[Table, ...] = (ENTRIES, LABELS, SPLITS, FOLDS)
STRUCTURES = structures_table(ID, "Supercell of every hop; the dummy atom X is its centre.")
