"""The columns of MPLiTrj and its subsample: entries, labels, splits, and frames by part."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import (
    PARTS,
    cell_column,
    component_column,
    folds_table,
    id_column,
    numbers_column,
    positions_column,
    splits_table,
)
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table

OFFSETS = "frames_offset"
"""Training configurations that the energy zero of a model is fitted on."""

U_METALS = ("Co", "Cr", "Fe", "Mn", "Mo", "Ni", "V", "W")
"""Transition metals that the Materials Project treats with a Hubbard U; MPLiTrj does not."""


def frames_name(part: str) -> str:
    """Name of the table of frames of a part.

    Example:
        >>> frames_name("test")
        'frames_test'
    """
    return f"frames_{part}"


def _id() -> Column:
    return id_column("Upstream's part and the row in its file, from 0, seven digits.")


def _energy() -> Column:
    return Column(
        name="energy_ev",
        type="float64",
        unit="eV",
        description="Total energy of the cell, by non-spin-polarised PBE without U.",
        role="label",
    )


_FORCES = Column(
    name="forces_ev_per_ang",
    type="list<float32>",
    unit="eV/Å",
    description="Forces x1 y1 z1 x2 y2 z2 …, one triple an atom.",
    role="label",
)
_STRESS = Column(
    name="stress_ev_per_ang3",
    type="list<float64>",
    unit="eV/Å³",
    description="Stress in the order xx, yy, zz, yz, xz, xy; missing where upstream gives none.",
    nullable=True,
    role="label",
)


def _frames(name: str, description: str, *labels: Column) -> Table:
    inputs = (_id(), numbers_column(), cell_column(), positions_column())
    return Table(name=name, key=("id",), description=description, columns=(*inputs, *labels))


FRAMES: tuple[Table, ...] = (
    *(
        _frames(
            frames_name(part),
            f"Configurations of upstream's part {part}, in the order of its file.",
            _energy(),
            _FORCES,
            _STRESS,
        )
        for part in PARTS
    ),
    _frames(
        OFFSETS,
        "Training configurations drawn by hash, on which the energy zero of models is fitted.",
        _energy(),
    ),
)

ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per configuration: what it is made of, and where it comes from.",
    columns=(
        _id(),
        Column(
            name="material_id",
            type="string",
            description="Identifier of the material in the Materials Project, where stated.",
            nullable=True,
        ),
        Column(
            name="path_id",
            type="string",
            description="Name of the hop (edge_id) whose band it belongs to, where stated.",
            nullable=True,
        ),
        Column(name="n_atoms", type="int32", description="Atoms in the cell."),
        Column(name="formula", type="string", description="Formula of the cell, elements A to Z."),
        Column(
            name="chemsys",
            type="string",
            description="Chemical system: its elements in alphabetical order.",
        ),
        Column(name="part", type="category", description="Upstream's part: train, val or test."),
        Column(
            name="content_sha256_16",
            type="string",
            description=(
                "First 16 hexadecimal digits of the SHA-256 of atomic numbers (bytes), cell and "
                "positions (little-endian float64, as read): tells whether a row has moved."
            ),
        ),
    ),
)


def _flag(name: str, description: str) -> Column:
    return Column(name=name, type="bool", description=description, role="label")


LABELS = Table(
    name="labels",
    key=("id",),
    description="Energies, and what each configuration can be scored on; forces are in frames.",
    columns=(
        _id(),
        Column(
            name="energy_ev_per_atom",
            type="float64",
            unit="eV/atom",
            description="Energy of the cell over its number of atoms.",
            role="label",
        ),
        Column(name="n_atoms", type="int32", description="Atoms in the cell.", role="label"),
        _flag("has_stress", "Upstream gives the stress."),
        _flag(
            "has_direction", "An atom feels at least 0.001 eV/Å, so that forces have directions."
        ),
        _flag(
            "has_path_energy",
            "Its path is stated and has another configuration in the same subset.",
        ),
    ),
)

SPLITS = splits_table(
    component_column("Number of the material, or of the formula where no material is stated."),
    Column(
        name="path_id", type="string", description="As in entries.", nullable=True, role="split"
    ),
    Column(
        name="has_u_metal",
        type="bool",
        description=f"Has one of {', '.join(U_METALS)}.",
        role="split",
    ),
    Column(
        name="in_offset_set",
        type="bool",
        description="Training configuration that the energy zero of models is fitted on.",
        role="split",
    ),
    entry=_id(),
)

FOLDS = folds_table(entry=_id(), scheme="material", groups="material")

TABLES: tuple[Table, ...] = (ENTRIES, LABELS, SPLITS, FOLDS)
