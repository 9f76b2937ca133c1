"""LiTraj: columns and tasks that its datasets share."""

from __future__ import annotations

from typing import TypedDict

from ionladder.data.ingest import folds_spec
from ionladder.specs import (
    MEAN_OF_TARGETS,
    Column,
    Dataset,
    Fact,
    LabelWords,
    MetricUse,
    Primary,
    PublishedFile,
    Slice,
    Subset,
    Table,
    Target,
    Task,
)

# Classes of anions, as boards take them apart: subsets and the slice


ANION_SUBSETS = tuple(
    Subset(name=name, title=title, column="anion_class", equals=name)
    for name, title in (
        ("oxide", "oxides"),
        ("fluoride", "fluorides"),
        ("chalcogenide", "chalcogenides"),
        ("halide", "heavier halides"),
        ("nitride", "nitrides"),
    )
)


def anion_slice(*others: tuple[str, str]) -> Slice:
    """The slice by anions; ``others`` are the classes that a dataset has besides the usual five."""
    return Slice(
        name="anions",
        title="Anion chemistry",
        column="anions",
        values=(*((subset.name, subset.title) for subset in ANION_SUBSETS), *others),
    )


# What every board of percolation barriers has: targets, metrics, parts and slices


# Above 6 eV no ion moves, and the size of the number says nothing more; the few percent of E_3D
# that lie there, up to 19 eV, would otherwise rule the mean.
CLIP_EV = 6.0
FAST_EV = 0.5

DIMENSIONS = (
    ("1d", "1D", "one dimension"),
    ("2d", "2D", "two dimensions"),
    ("3d", "3D", "three dimensions"),
)
"""Column suffix, as printed, and in words."""

METRICS = (
    MetricUse(
        name="mae_clipped",
        metric="mae_clipped",
        title="MAE, clipped at 6 eV",
        options={"clip": CLIP_EV},
    ),
    MetricUse(name="mae", metric="mae", title="MAE"),
    MetricUse(name="rmse", metric="rmse", title="RMSE"),
    MetricUse(name="r2", metric="r2", title="R²"),
    MetricUse(name="spearman", metric="spearman", title="Spearman ρ"),
    MetricUse(name="mae_log1p", metric="mae_log1p", title="MAE of ln(1 + E)"),
    MetricUse(
        name="f1_fast",
        metric="f1_below",
        title="F1, E < 0.5 eV",
        options={"threshold": FAST_EV},
    ),
)

PRIMARY = Primary(target=MEAN_OF_TARGETS, metric="mae_clipped", subset="all")

SUBSETS = (
    Subset(name="all", title="all test entries"),
    *ANION_SUBSETS,
    *(
        Subset(
            name=f"conducts_{key}",
            title="easiest in 1D" if key == "1d" else f"as easy in {key[0]}D",
            column="dimensionality",
            equals=key,
        )
        for key, _, _ in DIMENSIONS
    ),
)

DIMENSIONALITY = Slice(
    name="dimensionality",
    title="Dimensions as easy as the easiest path (within 0.2 eV)",
    column="dimensionality",
    values=(
        *((key, f"{key[0]}D") for key, _, _ in DIMENSIONS),
        ("none", "nothing percolates"),
    ),
    note="Chosen by the labels themselves. As easy is not easy: the easiest path may be steep.",
)

LI_SITES = Slice(
    name="li_sites",
    title="Li sites in the cell",
    column="li_sites",
    values=tuple((name, name) for name in ("1", "2 to 3", "4 to 7", "8 or more")),
)


def percolation_targets(
    *, missing_note: str, physical: tuple[float, float] | None
) -> tuple[Target, ...]:
    """The barriers in one, two and three dimensions.

    Args:
        missing_note: What a missing label means.
        physical: Smallest and largest possible barrier, eV.
    """
    return tuple(
        Target(
            name=f"e_{key}_ev",
            symbol=f"E_{printed}",
            unit="eV",
            error_unit="eV",
            description=(
                f"Smallest bond-valence site energy, above the cell's minimum, that opens Li "
                f"percolation in {number} (BVlain)."
            ),
            plausible=(-5.0, 100.0),
            physical=physical,
            missing_note=missing_note,
        )
        for key, printed, number in DIMENSIONS
    )


# Columns that the tables of several LiTraj datasets share


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

COLUMNS_DIMENSIONALITY = Column(
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


# The columns of MPLiTrj and its subsample: entries, labels, splits, and frames by part


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


# The boards of MPLiTrj and of its subsample: energies, forces and stresses of configurations


_FORCE, _FORCE_RMS, _COSINE = "force_ev_per_ang", "force_rms_ev_per_ang", "force_cosine"
_ENERGY, _IN_PATH = "energy_ev_per_atom", "energy_in_path_ev_per_atom"
_TRAJECTORY_TASK_STRESS = "stress_ev_per_ang3"

_TARGETS = (
    Target(
        name=_FORCE,
        symbol="|ΔF|",
        unit="eV/Å",
        error_unit="eV/Å",
        description=(
            "Mean absolute difference between predicted and true force components of a "
            "configuration."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
    ),
    Target(
        name=_FORCE_RMS,
        symbol="ΔF, root mean square",
        unit="eV/Å",
        error_unit="eV/Å",
        description=(
            "Root mean square difference between predicted and true force components of a "
            "configuration."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
    ),
    Target(
        name=_COSINE,
        symbol="cos(F)",
        unit="1",
        error_unit="1",
        description=(
            "Mean over atoms of the cosine between predicted and true force, whatever their "
            "lengths; the error is 1 minus the cosine. Atoms that feel less than 0.001 eV/Å are "
            "left out, and a predicted force of exactly zero counts as a right angle."
        ),
        plausible=(-1.0, 1.0),
        ideal=1.0,
        given_by="has_direction",
        missing_note="Without a number: no atom feels a force large enough to have a direction.",
    ),
    Target(
        name=_ENERGY,
        symbol="|ΔE|",
        unit="eV/atom",
        error_unit="eV/atom",
        description=(
            "Absolute difference of the energy per atom. Models put the energy zero of an element "
            "where their training data have it; a submission with energies of the frozen offset "
            "set is compared after one constant per element, fitted on that set, and any other as "
            "it is."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
    ),
    Target(
        name=_IN_PATH,
        symbol="|ΔE|, within a path",
        unit="eV/atom",
        error_unit="eV/atom",
        description=(
            "The same for energies less the mean over the test configurations of their path, true "
            "and predicted alike, so that no energy zero matters."
        ),
        plausible=(0.0, 1e6),
        ideal=0.0,
        given_by="has_path_energy",
        missing_note=(
            "Without a number: upstream does not state the path, or no other test configuration "
            "belongs to it."
        ),
    ),
    Target(
        name=_TRAJECTORY_TASK_STRESS,
        symbol="|Δσ|",
        unit="eV/Å³",
        error_unit="eV/Å³",
        description="Mean absolute difference of the six components of the stress.",
        plausible=(0.0, 1e6),
        ideal=0.0,
        given_by="has_stress",
        missing_note="Without a number: upstream gives no stress.",
    ),
)
_EVERYWHERE = (_FORCE, _COSINE, _ENERGY, _IN_PATH)

_METRICS = (
    MetricUse(name="mae", metric="mae", title="MAE", targets=_EVERYWHERE),
    MetricUse(
        name="mae_by_atom",
        metric="mae",
        title="MAE, by atom",
        targets=_EVERYWHERE,
        weight="n_atoms",
    ),
    MetricUse(name="rmse", metric="rmse", title="RMSE", targets=(_FORCE_RMS,)),
    MetricUse(
        name="rmse_by_atom",
        metric="rmse",
        title="RMSE, by atom",
        targets=(_FORCE_RMS,),
        weight="n_atoms",
    ),
    MetricUse(
        name="mae_stress",
        metric="mae",
        title="MAE of the stress",
        targets=(_TRAJECTORY_TASK_STRESS,),
        only="stress_given",
    ),
)


def trajectory_task(*, name: str, title: str, dataset: str, of_what: str) -> Task:
    """The task of a version of MPLiTrj.

    Args:
        name: Its name.
        title: As printed.
        dataset: Dataset it is scored on.
        of_what: What is predicted, in words, for its question.
    """
    return Task(
        name=name,
        title=title,
        question=f"How well does a model predict energies, forces and stresses of {of_what}?",
        dataset=dataset,
        split=OFFICIAL,
        targets=_TARGETS,
        metrics=_METRICS,
        subsets=(
            Subset(name="all", title="all test configurations"),
            Subset(
                name="u_metal",
                title=f"with {', '.join(U_METALS)}",
                column="has_u_metal",
                equals=True,
            ),
            Subset(
                name="no_u_metal",
                title="without these metals",
                column="has_u_metal",
                equals=False,
            ),
        ),
        primary=Primary(target=_FORCE, metric="mae", subset="all"),
        group_column="component",
        references=("element-energies",),
        baseline_reference="element-energies",
        predicts="frames",
        truth=frames_name("test"),
        given=frames_name("test"),
        offsets=OFFSETS,
        label_words=LabelWords(adjective="computed", one="label", subject="configuration"),
    )


# Where LiTraj comes from: publication, code, licence as far as it is stated


class Provenance(TypedDict):
    """The fields of a dataset that say where it comes from."""

    homepage: str
    licence: str
    licence_url: str
    citation: str
    bibtex: str


PROVENANCE = Provenance(
    homepage="https://github.com/AIRI-Institute/LiTraj",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "A. D. Dembitskiy, I. S. Humonen, R. A. Eremin, D. A. Aksyonov, S. S. Fedotov and "
        "S. A. Budennyy, Benchmarking machine learning models for predicting lithium ion "
        "migration, npj Comput. Mater. 11, 131 (2025), doi:10.1038/s41524-025-01571-z"
    ),
    bibtex="""\
@article{dembitskiy2025litraj,
  title   = {Benchmarking machine learning models for predicting lithium ion migration},
  author  = {Dembitskiy, Artem D. and Humonen, Innokentiy S. and Eremin, Roman A. and
             Aksyonov, Dmitry A. and Fedotov, Stanislav S. and Budennyy, Semen A.},
  journal = {npj Computational Materials},
  volume  = {11},
  number  = {131},
  year    = {2025},
  doi     = {10.1038/s41524-025-01571-z},
}
""",
)
"""The same for every dataset of LiTraj."""

CAVEATS = (
    (
        "Upstream states no licence of the archives themselves: its code is under MIT, and the "
        "structures come from the Materials Project under CC BY 4.0, which is the licence named "
        "here."
    ),
    (
        "Upstream publishes no checksums. The first fetch pins their bytes after every check on "
        "their content has passed."
    ),
)
"""What every dataset of LiTraj must say of itself."""


# What the cards of MPLiTrj and of its subsample have in common


_CAVEATS = (
    (
        "Labels are non-spin-polarised PBE without U. Models trained on the Materials Project know "
        f"{', '.join(U_METALS)} with a U and many with magnetic moments, so configurations with "
        "these metals stand in a subset of their own."
    ),
    (
        "Energies of different models have different zeros, element by element: compare them only "
        "after the offsets are fitted, or within a path."
    ),
    (
        "Upstream's files have neither an index nor identifiers. An entry is named by its part and "
        "its row, and carries a hash of its atoms, cell and positions that tells whether a row has "
        "moved."
    ),
    "Configurations of one band are alike, so intervals count materials, not configurations.",
    *CAVEATS,
)


def trajectory_dataset(*, name: str, title: str, stem: str, summary: str) -> Dataset:
    """The dataset of a version of MPLiTrj.

    Args:
        name: Folder name under ``data/``.
        title: As printed.
        stem: Name of the archive and of its files.
        summary: What it is, one sentence.
    """
    return Dataset(
        name=name,
        title=title,
        summary=summary,
        **PROVENANCE,
        tables=TABLES,
        frames=FRAMES,
        caveats=_CAVEATS,
        published=(
            PublishedFile(
                name=f"{stem}.zip",
                description=(
                    f"Extended XYZ files {', '.join(f'{stem}_{part}.xyz' for part in PARTS)}."
                ),
                encoding="application/zip",
            ),
        ),
        composition_column=None,
        facts=(
            Fact(column="formula", title="Formula", kind="formula"),
            Fact(column="chemsys", title="Chemical system"),
            Fact(column="material_id", title="Material"),
            Fact(column="path_id", title="Path"),
            Fact(column="n_atoms", title="Atoms in the cell"),
        ),
    )
