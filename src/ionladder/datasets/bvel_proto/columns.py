"""The columns of BVEL-proto's tables, with unit, meaning and what a change of each would mean."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import ANION_CLASS, DIMENSIONALITY
from ionladder.datasets.splits import folds_spec
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table

_ENERGY = "eV"
_DIMENSIONS = {"1d": "one", "2d": "two", "3d": "three"}


def _id() -> Column:
    """The id column that every table carries."""
    return Column(
        name="id",
        type="string",
        description=(
            "Entry id: proto- and eight hexadecimal digits of the SHA-256 of prototype and ions."
        ),
        role="key",
    )


def _text(name: str, description: str) -> Column:
    return Column(name=name, type="string", description=description)


def _category(name: str, description: str) -> Column:
    return Column(name=name, type="category", description=description)


def _cell() -> tuple[Column, ...]:
    lengths = tuple(
        Column(
            name=f"{axis}_ang",
            type="float64",
            unit="Å",
            description=f"Cell length {axis}; the label belongs to exactly this cell.",
        )
        for axis in "abc"
    )
    angles = tuple(
        Column(name=f"{name}_deg", type="float64", unit="°", description=f"Cell angle {name}.")
        for name in ("alpha", "beta", "gamma")
    )
    return (*lengths, *angles)


def _barriers() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"e_{key}_ev",
            type="float64",
            unit=_ENERGY,
            description=(
                f"Smallest energy that opens Li percolation in {number} dimension(s); missing "
                "where nothing below 20 eV does."
            ),
            nullable=True,
            role="label",
        )
        for key, number in _DIMENSIONS.items()
    )


def _flags() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"percolates_{key}",
            type="bool",
            description=f"Li percolates in {number} dimension(s) below 20 eV.",
            role="label",
        )
        for key, number in _DIMENSIONS.items()
    )


ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per structure: composition, structure type, symmetry and cell.",
    columns=(
        _id(),
        _text("formula", "Reduced formula."),
        _text(
            "formula_norm",
            "Atomic fractions to five decimals, elements in alphabetical order.",
        ),
        _text("chemsys", "Chemical system: its elements in alphabetical order."),
        _category("prototype", "Structure type: a hand-built one, or AFLOW's name."),
        _category("family", "Class of the structure type."),
        _text("assignment", "Which ion sits on which label of the structure type."),
        _category("anion", "Element of the most frequent anion."),
        _category(
            "anion_class",
            "nitride, oxide, fluoride, chalcogenide (S, Se, Te), halide (Cl, Br, I), or mixed.",
        ),
        Column(name="n_sites", type="int16", description="Sites in the cell."),
        Column(name="n_li", type="int16", description="Li sites in the cell."),
        Column(
            name="space_group",
            type="int16",
            description="Space group number of the substituted structure, at 0.01 Å.",
        ),
        *_cell(),
        Column(
            name="volume_ang3", type="float64", unit="Å³", description="Cell volume; six decimals."
        ),
        Column(
            name="source",
            type="category",
            description=(
                "Publication that the coordinates of the structure type come from, with the DOI "
                "and the database entry where there are any."
            ),
            role="note",
        ),
    ),
)

STRUCTURES = Table(
    name="structures",
    key=("id",),
    description="Sites of every structure, sorted by element and position; the cell is in entries.",
    columns=(
        _id(),
        Column(name="species", type="list<string>", description="Element of each site."),
        Column(
            name="charges",
            type="list<int8>",
            unit="e",
            description="Charge of each site, in elementary charges.",
        ),
        Column(
            name="frac_coords",
            type="list<float64>",
            description=(
                "Fractional coordinates x1 y1 z1 x2 y2 z2 …, six decimals, each in [0, 1)."
            ),
        ),
    ),
)

LABELS = Table(
    name="labels",
    key=("id",),
    description="Percolation barriers of Li in the bond-valence site energy, by BVlain.",
    columns=(
        _id(),
        *_barriers(),
        *_flags(),
        DIMENSIONALITY,
    ),
)

SPLITS = Table(
    name="splits",
    key=("split_name", "id"),
    description="Frozen splits into train and test: by chemical system, prototype, or at random.",
    columns=(
        Column(
            name="split_name",
            type="string",
            description="chemsys (primary), prototype or random.",
            role="key",
        ),
        _id(),
        Column(name="subset", type="category", description="train or test.", role="split"),
        Column(
            name="component",
            type="int16",
            description="Number of the chemical system, in alphabetical order; from 1.",
            role="split",
        ),
        Column(
            name="family", type="category", description="Class of the structure type.", role="split"
        ),
        ANION_CLASS,
    ),
)

FOLDS = folds_spec(
    _id(),
    description="Frozen cross-validation folds of the training entries of the split chemsys.",
    schemes="random: entries dealt singly; chemsys, prototype: whole groups.",
)

REPLICATES = Table(
    name="replicates",
    key=("id", "variant"),
    description="A sample labelled again with other grids and cells: the noise of the label.",
    columns=(
        _id(),
        Column(
            name="variant",
            type="string",
            description=(
                "reference: the label itself; resolution_…: another grid spacing, Å; phase_…: "
                "sites moved by part of a grid step; cell_…: another cell of the same crystal."
            ),
            role="key",
        ),
        *_barriers(),
    ),
)

TABLES: tuple[Table, ...] = (ENTRIES, LABELS, STRUCTURES, SPLITS, FOLDS, REPLICATES)
