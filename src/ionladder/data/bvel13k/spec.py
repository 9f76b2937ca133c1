"""BVEL13k: columns, dataset and task."""

from __future__ import annotations

from ionladder.data.litraj.tasks import (
    ANION_CLASS,
    CAVEATS,
    DIMENSIONS,
    LI_SITES,
    METRICS,
    OFFICIAL,
    PRIMARY,
    PROVENANCE,
    SUBSETS,
    anion_slice,
    component_column,
    composition_columns,
    folds_table,
    id_column,
    percolation_targets,
    splits_table,
    structures_table,
)
from ionladder.data.litraj.tasks import COLUMNS_DIMENSIONALITY as DIMENSIONALITY
from ionladder.data.litraj.tasks import DIMENSIONALITY as PERCOLATION_TASK_DIMENSIONALITY
from ionladder.specs import (
    TRAIN_DISTANCE,
    Column,
    CrossValidation,
    Dataset,
    Fact,
    LabelWords,
    PublishedFile,
    Slice,
    Table,
    Task,
)

# The columns of BVEL13k's tables


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


# The BVEL13k leaderboard: three percolation barriers of structures of the Materials Project


BVEL13K = Task(
    name="bvel13k",
    title="BVEL13k: Li percolation barriers",
    question=(
        "How well does a model predict the bond-valence barriers of Li percolation in one, two and "
        "three dimensions, for materials of the Materials Project that it has not seen?"
    ),
    dataset="bvel13k",
    split=OFFICIAL,
    targets=percolation_targets(
        missing_note=(
            "Without a number: upstream writes inf, so nothing percolates within the limit of its "
            "search, which it does not state. The clipped MAE takes such an entry at 6 eV; other "
            "measures leave it out."
        ),
        physical=(0.0, 100.0),
    ),
    metrics=METRICS,
    subsets=SUBSETS,
    primary=PRIMARY,
    group_column="component",
    cross_validation=(
        CrossValidation(
            scheme=SCHEME,
            title="grouped by chemical system",
            is_primary=True,
            note="No chemical system is in two folds. Upstream's train and val take part.",
        ),
    ),
    references=("train-median",),
    slices=(
        anion_slice(("other", "other")),
        PERCOLATION_TASK_DIMENSIONALITY,
        LI_SITES,
        Slice(
            name="size",
            title="Atoms in the cell",
            column="size",
            values=tuple(
                (name, name) for name in ("below 20", "20 to 39", "40 to 79", "80 or more")
            ),
        ),
        Slice(
            name="known_system",
            title="Chemical system in the training set",
            column="known_system",
            values=(("yes", "known system"), ("no", "unknown system")),
        ),
        TRAIN_DISTANCE,
    ),
    baseline_reference="train-median",
    label_words=LabelWords(adjective="computed", one="label", subject="material"),
)

TASKS = (BVEL13K,)


# BVEL13k as a dataset: title, licence, citation and tables


__all__ = ["DATASET", "TASKS"]

DATASET = Dataset(
    name="bvel13k",
    title="BVEL13k",
    summary=(
        "Li percolation barriers in the bond-valence site energy for 12\u202f807 structures of the "
        "Materials Project, with upstream's split into train, val and test."
    ),
    **PROVENANCE,
    tables=TABLES,
    frames=(STRUCTURES,),
    caveats=(
        *CAVEATS,
        (
            "The barrier comes from an empirical force field with a rigid framework. It is neither "
            "a measured activation energy nor one from density functional theory."
        ),
        (
            "Upstream found barriers by bisection, to a step of 0.009765625 eV, and prints four "
            "decimals: an error below 0.01 eV means nothing."
        ),
    ),
    published=(
        PublishedFile(
            name="BVEL13k.zip",
            description="An index and three files of structures with their barriers.",
            encoding="application/zip",
        ),
    ),
    facts=(
        Fact(column="formula", title="Formula", kind="formula"),
        Fact(column="n_sites", title="Sites in the cell"),
        Fact(column="n_li", title="Li sites in the cell"),
    ),
)
