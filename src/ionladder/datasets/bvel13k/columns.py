"""The columns of BVEL13k's tables."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import (
    ANION_CLASS,
    DIMENSIONALITY,
    component_column,
    composition_columns,
    folds_table,
    id_column,
    splits_table,
    structures_table,
)
from ionladder.datasets.litraj.percolation_task import DIMENSIONS
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table

ID = id_column("Identifier of the material in the Materials Project.")

_ANION_CLASS = "Class of the anion: {}"
_CLASSES = "oxide, fluoride, chalcogenide (S, Se, Te), halide (Cl, Br, I), nitride, or other."

ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per structure: composition and cell.",
    columns=(
        ID,
        *composition_columns(),
        Column(
            name="anion",
            type="category",
            description=(
                "Most frequent element of F, O, Cl, N, Br, I, S, Se, Te, the more electronegative "
                "of equally frequent ones; empty where there is none."
            ),
        ),
        Column(name="anion_class", type="category", description=_ANION_CLASS.format(_CLASSES)),
        Column(name="n_sites", type="int32", description="Sites in the cell."),
        Column(name="n_li", type="int32", description="Li sites in the cell."),
        Column(name="volume_ang3", type="float64", unit="Å³", description="Cell volume."),
    ),
)

LABELS = Table(
    name="labels",
    key=("id",),
    description="Percolation barriers of Li in the bond-valence site energy, as upstream gives.",
    columns=(
        ID,
        *(
            Column(
                name=f"e_{key}_ev",
                type="float64",
                unit="eV",
                description=(
                    f"Smallest energy that opens Li percolation in {number}; missing where "
                    "upstream writes inf."
                ),
                nullable=True,
                role="label",
            )
            for key, _, number in DIMENSIONS
        ),
        *(
            Column(
                name=f"percolates_{key}",
                type="bool",
                description=f"Upstream gives a finite energy for {number}.",
                role="label",
            )
            for key, _, number in DIMENSIONS
        ),
        DIMENSIONALITY,
    ),
)

SPLITS = splits_table(
    component_column("Number of the chemical system, in alphabetical order; from 1."),
    ANION_CLASS,
    entry=ID,
)

SCHEME = "chemsys"
FOLDS = folds_table(entry=ID, scheme=SCHEME, groups="chemical system")

TABLES: tuple[Table, ...] = (ENTRIES, LABELS, SPLITS, FOLDS)
STRUCTURES = structures_table(ID, "The structure of every entry.")
