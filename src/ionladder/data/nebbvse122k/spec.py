"""nebBVSE122k: columns, dataset and task."""

from __future__ import annotations

from ionladder.data.litraj.tasks import (
    ANION_CLASS,
    ANION_SUBSETS,
    CAVEATS,
    OFFICIAL,
    PROVENANCE,
    component_column,
    composition_columns,
    edge_columns,
    folds_table,
    id_column,
    material_id,
    splits_table,
    structures_table,
)
from ionladder.specs import (
    Column,
    CrossValidation,
    Dataset,
    Fact,
    LabelWords,
    MetricUse,
    Primary,
    PublishedFile,
    Subset,
    Table,
    Target,
    Task,
)

# The columns of nebBVSE122k's tables


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


# The nebBVSE122k leaderboard: the barrier of a single Li hop from the supercell around it


NEBBVSE122K = Task(
    name="nebbvse122k",
    title="nebBVSE122k: barriers of single hops",
    question=(
        "How well does a model predict the bond-valence barrier of a single Li hop from the "
        "supercell around its centre, for materials it has not seen?"
    ),
    dataset="nebbvse122k",
    split=OFFICIAL,
    targets=(
        Target(
            name="em_ev",
            symbol="E_m",
            unit="eV",
            error_unit="eV",
            description=(
                "Barrier of a Li hop by nudged elastic band in the bond-valence site energy."
            ),
            plausible=(-5.0, 100.0),
            physical=(0.0, 100.0),
        ),
    ),
    metrics=(
        MetricUse(name="mae", metric="mae", title="MAE"),
        MetricUse(name="rmse", metric="rmse", title="RMSE"),
        MetricUse(name="r2", metric="r2", title="R²"),
        MetricUse(name="spearman", metric="spearman", title="Spearman ρ"),
        MetricUse(name="pearson_r", metric="pearson_r", title="Pearson r"),
        MetricUse(name="slope", metric="slope", title="Slope"),
    ),
    subsets=(Subset(name="all", title="all test entries"), *ANION_SUBSETS),
    primary=Primary(target="em_ev", metric="mae", subset="all"),
    group_column="component",
    cross_validation=(
        CrossValidation(
            scheme=SCHEME,
            title="grouped by material",
            is_primary=True,
            note="No material is in two folds. Upstream's train and val take part.",
        ),
    ),
    references=("train-median",),
    baseline_reference="train-median",
    label_words=LabelWords(adjective="computed", one="label", subject="hop"),
)

TASKS = (NEBBVSE122K,)


# nebBVSE122k as a dataset: title, licence, citation and tables


__all__ = ["DATASET", "TASKS"]

DATASET = Dataset(
    name="nebbvse122k",
    title="nebBVSE122k",
    summary=(
        "Barriers of 122\u202f421 single Li hops in 11\u202f290 materials of the Materials "
        "Project, by nudged elastic band in the bond-valence site energy, with a supercell around "
        "each hop."
    ),
    **PROVENANCE,
    tables=TABLES,
    frames=(STRUCTURES,),
    caveats=(
        *CAVEATS,
        (
            "The barrier comes from an empirical force field. It is neither a measured activation "
            "energy nor one from density functional theory."
        ),
        (
            "Each supercell ends with a dummy atom X at the centre of the hop. Whether Li still "
            "sits on the two ends is not stated upstream; counts of Li and formulas are those of "
            "the file."
        ),
    ),
    published=(
        PublishedFile(
            name="nebBVSE122k.zip",
            description="An index and three files of supercells with their barriers.",
            encoding="application/zip",
        ),
    ),
    composition_column=None,
    facts=(
        Fact(column="formula", title="Formula of the supercell", kind="formula"),
        Fact(column="material_id", title="Material"),
        Fact(column="n_atoms", title="Atoms of the supercell"),
    ),
)
