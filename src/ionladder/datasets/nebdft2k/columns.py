"""The columns of nebDFT2k's tables and frames, with unit, meaning and what their change means."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import (
    cell_column,
    component_column,
    composition_columns,
    edge_columns,
    folds_table,
    id_column,
    material_id,
    numbers_column,
    splits_table,
)
from ionladder.specs.column import Column, Role
from ionladder.specs.dataset import Table

CENTROIDS, PATHS_INIT, PATHS_RELAXED = "centroids", "paths_init", "paths_relaxed"


def _id() -> Column:
    return id_column(
        "Hop: material, source and target site in the unit cell (from 0), and the periodic image "
        "of the target, as upstream writes it."
    )


def _image() -> Column:
    return Column(
        name="image",
        type="int16",
        description="Image, from 0 at the start of the path.",
        role="key",
    )


def _positions(role: Role = "input") -> Column:
    return Column(
        name="positions_ang",
        type="list<float64>",
        unit="Å",
        description="Cartesian coordinates x1 y1 z1 x2 y2 z2 …, as upstream writes them.",
        role=role,
    )


def _moving_ion(where: str) -> Column:
    return Column(
        name="moving_ion",
        type="int16",
        description=f"Position of the moving Li ion in the list of atoms, from 0{where}.",
    )


def _energy(name: str, description: str) -> Column:
    return Column(name=name, type="float64", unit="eV", description=description, role="label")


def _specific_tm(role: Role) -> Column:
    return Column(
        name="has_specific_tm",
        type="bool",
        description="Upstream's flag has_specific_TM, for certain transition metals.",
        role=role,
    )


ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per hop: its material, its size, and its barrier by bond valences.",
    columns=(
        _id(),
        material_id(),
        *composition_columns(),
        *edge_columns(),
        Column(name="n_atoms", type="int16", description="Atoms in every image."),
        Column(name="n_images", type="int16", description="Images of the path, ends included."),
        _moving_ion(""),
        Column(
            name="hop_length_ang",
            type="float64",
            unit="Å",
            description=(
                "Shortest periodic distance between the first and the last place of the moving ion "
                "on the initial path; six decimals."
            ),
        ),
        Column(
            name="em_bvse_ev",
            type="float64",
            unit="eV",
            description=(
                "Barrier of the hop in the bond-valence site energy, upstream's em_bvse. It is "
                "known for every hop before any DFT, so models may use it."
            ),
        ),
        _specific_tm("input"),
    ),
)

LABELS = Table(
    name="labels",
    key=("id",),
    description="One row per hop: its DFT barrier, as the index states it and from the path.",
    columns=(
        _id(),
        _energy("em_dft_ev", "Barrier of the index, upstream's em_dft."),
        _energy(
            "barrier_ev",
            "Largest minus smallest energy over all images of the relaxed path, which is how "
            "upstream defines the barrier.",
        ),
        _energy("saddle_ev", "Largest energy of the relaxed path minus that of its first image."),
    ),
)

SPLITS = splits_table(
    component_column("Number of the material, from 1 in the order of ids; hops share materials."),
    _specific_tm("split"),
    Column(
        name="material_in_train",
        type="bool",
        description="Whether a hop of the train subset, other than this one, has its material.",
        role="split",
    ),
    entry=_id(),
)

FOLDS = folds_table(entry=_id(), scheme="material", groups="material")

TABLES = (ENTRIES, LABELS, SPLITS, FOLDS)

FRAMES = (
    Table(
        name=CENTROIDS,
        key=("id",),
        description="The supercell of every hop with a dummy atom X at the centre of the hop.",
        columns=(_id(), numbers_column(), cell_column(), _positions()),
    ),
    Table(
        name=PATHS_INIT,
        key=("id", "image"),
        description="The path of every hop before DFT: where a nudged elastic band starts from.",
        columns=(
            _id(),
            _image(),
            numbers_column(),
            cell_column(),
            _moving_ion(": the one atom that upstream's freezed leaves free"),
            _positions(),
        ),
    ),
    Table(
        name=PATHS_RELAXED,
        key=("id", "image"),
        description="The path of every hop relaxed with DFT: same images, atoms and cell.",
        columns=(
            _id(),
            _image(),
            _energy("energy_ev", "Total energy of the image (PBE, not spin-polarised, no U)."),
            _positions("label"),
            Column(
                name="forces_ev_per_ang",
                type="list<float32>",
                unit="eV/Å",
                description="Forces fx1 fy1 fz1 …; missing where upstream gives none.",
                nullable=True,
                role="label",
            ),
        ),
    ),
)
