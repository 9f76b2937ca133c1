"""Columns that the tables of several LiTraj datasets share."""

from __future__ import annotations

from ionladder.datasets.splits import folds_spec
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table

PARTS = ("train", "val", "test")
"""Upstream's own parts, in the order of its files."""

STRUCTURES = "structures"
"""Name of the frames table of structures."""

OFFICIAL = "official"
"""Name of upstream's split: train and val are ``train`` here, test is ``test``."""


ANION_CLASS = Column(
    name="anion_class", type="category", description="As in entries.", role="split"
)
"""The class of anions once more, in ``splits``, for subsets."""

DIMENSIONALITY = Column(
    name="dimensionality",
    type="category",
    description=(
        "Dimensions (1d, 2d, 3d) in which Li moves nearly as easily as along its easiest path: "
        "barrier at most 0.2 eV above e_1d_ev; none where nothing percolates."
    ),
    role="label",
)
"""What the three percolation barriers say together."""


def id_column(description: str) -> Column:
    """The id column that every table carries."""
    return Column(name="id", type="string", description=description, role="key")


def material_id() -> Column:
    """The material of an entry."""
    return Column(
        name="material_id",
        type="string",
        description="Identifier of the material in the Materials Project.",
    )


def composition_columns() -> tuple[Column, ...]:
    """Formula, normalised formula and chemical system."""
    return (
        Column(
            name="formula", type="string", description="Formula of the cell, dummy atom left out."
        ),
        Column(
            name="formula_norm",
            type="string",
            description="Atomic fractions to five decimals, elements in alphabetical order.",
        ),
        Column(
            name="chemsys",
            type="string",
            description="Chemical system: its elements in alphabetical order.",
        ),
    )


def edge_columns() -> tuple[Column, ...]:
    """A hop taken apart, as its name says it."""
    sites = tuple(
        Column(
            name=name,
            type="int32",
            description=f"Site of the unit cell that the ion {what}; from 0.",
        )
        for name, what in (("source_site", "leaves"), ("target_site", "reaches"))
    )
    offsets = tuple(
        Column(
            name=f"offset_{axis}",
            type="int16",
            description=f"Periodic image of the target, in lattice vectors {axis}.",
        )
        for axis in "abc"
    )
    return (*sites, *offsets)


def numbers_column() -> Column:
    """Atomic numbers of a configuration."""
    return Column(
        name="numbers",
        type="list<uint8>",
        description="Atomic number of every site, in upstream's order; 0 is the dummy atom X.",
    )


def cell_column() -> Column:
    """Lattice vectors of a configuration."""
    return Column(
        name="cell_ang",
        type="list<float64>",
        unit="Å",
        description="Lattice vectors ax ay az bx by bz cx cy cz.",
    )


def positions_column(name: str = "positions_ang") -> Column:
    """Cartesian positions of a configuration."""
    return Column(
        name=name,
        type="list<float32>",
        unit="Å",
        description="Cartesian positions x1 y1 z1 x2 y2 z2 …, one triple a site.",
    )


def structures_table(entry: Column, description: str) -> Table:
    """The frames table of structures."""
    return Table(
        name=STRUCTURES,
        key=("id",),
        description=description,
        columns=(entry, numbers_column(), cell_column(), positions_column()),
    )


def part_column() -> Column:
    """Upstream's part of an entry."""
    return Column(
        name="part",
        type="category",
        description="Upstream's own part: train, val or test.",
        role="split",
    )


def component_column(description: str) -> Column:
    """Number of the group that an entry belongs to."""
    return Column(name="component", type="int32", description=description, role="split")


def splits_table(*columns: Column, entry: Column) -> Table:
    """The ``splits`` table: upstream's split, with its part, a group number and further columns.

    Args:
        columns: Group column(s) and columns of subsets.
        entry: The id column of the dataset.
    """
    return Table(
        name="splits",
        key=("split_name", "id"),
        description="Upstream's split: train and val are train, test is test.",
        columns=(
            Column(
                name="split_name",
                type="string",
                description=f"{OFFICIAL}: as upstream splits.",
                role="key",
            ),
            entry,
            Column(name="subset", type="category", description="train or test.", role="split"),
            part_column(),
            *columns,
        ),
    )


def folds_table(*, entry: Column, scheme: str, groups: str) -> Table:
    """The ``folds`` table.

    Args:
        entry: The id column of the dataset.
        scheme: Its name (``chemsys``).
        groups: What a fold keeps whole, in words (``chemical system``).
    """
    return folds_spec(
        entry,
        description="Frozen cross-validation folds of upstream's train and val parts.",
        schemes=f"{scheme}: no {groups} is in two folds.",
    )
