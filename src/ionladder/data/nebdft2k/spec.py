"""nebDFT2k: columns, dataset, tasks and reported rows."""

from __future__ import annotations

from ionladder.data.litraj.tasks import (
    CAVEATS,
    OFFICIAL,
    PROVENANCE,
    anion_slice,
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
from ionladder.specs import (
    TRAIN_DISTANCE,
    Column,
    CrossValidation,
    Dataset,
    Fact,
    LabelWords,
    MetricUse,
    Primary,
    Reported,
    Role,
    Slice,
    Subset,
    Table,
    Target,
    Task,
)

# The columns of nebDFT2k's tables and frames, with unit, meaning and what their change means


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


# Every number on nebDFT2k barriers that was found, its source and what it leaves open


PAPER = "Dembitskiy et al., npj Comput. Mater. 11, 131 (2025), doi:10.1038/s41524-025-01571-z"
REPOSITORY = "AIRI-Institute/LiTraj at c3ca5c2"
THIRD_PARTY = "sigmundr6/migration-rep (third-party repository)"

_NOT_AVAILABLE = "number not available to us"
_TABLES_UNREAD = (
    "The abstract counts it among the pre-trained models of highest accuracy on these paths; the "
    "tables of the paper were not at hand, so no number stands here."
)
_TEN_SEEDS = (
    "Reported by a third party, not by the authors of the data: official test part of 220 hops, "
    "ten seeds; unverified here."
)
_FOLDS_TOO = (
    " The value by cross-validation is their pooled MAE over 5 folds without shared materials on "
    "all 1\u202f681 hops."
)


def _third_party(
    model: str, mae: float, rest: str, *, inputs: str, cv: float | None = None, note: str = ""
) -> Reported:
    """A row of the third party's table: MAE on the official test part, in eV."""
    return Reported(
        model=model,
        source=THIRD_PARTY,
        table="results on the official test part, 220 hops",
        as_printed=f"MAE {mae:.3f}{rest}",
        test={"all": mae},
        cv=cv,
        inputs=inputs,
        trained_on="nebDFT2k",
        verdict=_TEN_SEEDS + (_FOLDS_TOO if cv is not None else "") + note,
    )


POTENTIALS = (
    Reported(
        model="SevenNet, fine-tuned on a subsample of MPLiTrj",
        source=PAPER,
        table="abstract",
        as_printed="MAE = 0.1 eV",
        inputs="structure",
        trained_on="its pre-training data and a subsample of MPLiTrj",
        verdict=(
            "One decimal, and the abstract does not say which hops are averaged, nor how bands "
            "that did not converge count; so the number is quoted and put under no column."
        ),
    ),
    *(
        Reported(
            model=model,
            source=PAPER,
            table="abstract",
            as_printed=_NOT_AVAILABLE,
            inputs="structure",
            verdict=_TABLES_UNREAD,
        )
        for model in ("MACE-MP-0", "SevenNet")
    ),
    Reported(
        model="MACE-MP-0 small",
        source=REPOSITORY,
        table="notebooks/nebDFT2k_benchmark_MACE_MP_small.ipynb, output",
        as_printed="MAE 0.16, RMSE 0.32, Rp 0.92, slope 0.95, R2 0.82",
        inputs="structure",
        verdict=(
            "Converged hops only: at least 1\u202f435 of 1\u202f681, about 85 %. It covers all "
            "parts of the split, not the test part, and hops that failed are not counted at all; "
            "so it stands beside no number of this board."
        ),
    ),
    Reported(
        model="a potential that the picture does not name",
        source=REPOSITORY,
        table="figures/benchmark.png",
        as_printed="MAE 0.11 eV, RMSE 0.16 eV, R2 0.91",
        inputs="structure",
        verdict="Neither the model nor the hops that are averaged are named.",
    ),
)
"""Potentials that relax a whole path; their barriers belong to both boards of nebDFT2k."""

BARRIERS = (
    Reported(
        model="M3GNet on centroids, 30 epochs",
        source=REPOSITORY,
        table="M3GNet notebook, name of a checkpoint",
        as_printed="RMSE 0.578 eV",
        inputs="structure",
        trained_on="nebDFT2k train part",
        verdict="An RMSE on upstream's val part, which is part of the train subset here.",
    ),
    _third_party("Small GNN, crystal", 0.532, ", R2 −0.04", inputs="structure", cv=0.480),
    _third_party(
        "Small GNN, midpoint of the hop", 0.352, ", R2 0.53", inputs="structure", cv=0.313
    ),
    _third_party("Small GNN, whole path", 0.358, ", R2 0.52", inputs="structure"),
    _third_party(
        "Small GNN, positional path",
        0.297,
        ", R2 0.67",
        inputs="structure",
        cv=0.276,
        note=" It reads the path relaxed with DFT, which no prediction has.",
    ),
    _third_party(
        "Affine fit of em_bvse",
        0.296,
        ", RMSE 0.437, R2 0.725, ρ 0.69",
        inputs="structure",
        cv=0.316,
        note=" The row bvse-affine of this board is the same idea.",
    ),
    _third_party(
        "BVSE path and delta learning", 0.261, ", R2 0.74, ρ 0.76", inputs="structure", cv=0.248
    ),
)

REPORTED_BARRIERS = (*POTENTIALS, *BARRIERS)
REPORTED_PATHS = POTENTIALS


# The two nebDFT2k leaderboards: the barrier of a hop, and the whole path of it


SCHEME = "material"
CONVERGED = "converged"
_ERRORS = ("path_ang", "moving_ion_ang", "barrier_ev", "saddle_ev")
_ENERGIES = ("barrier_ev", "saddle_ev")

_SUBSETS = (
    Subset(name="all", title="all test hops"),
    Subset(
        name="specific_tm",
        title="with specific transition metals",
        column="has_specific_tm",
        equals=True,
    ),
    Subset(
        name="no_specific_tm",
        title="without them",
        column="has_specific_tm",
        equals=False,
    ),
    Subset(
        name="material_seen",
        title="material in the train subset",
        column="material_in_train",
        equals=True,
    ),
    Subset(
        name="material_unseen",
        title="material not in it",
        column="material_in_train",
        equals=False,
    ),
)

_SLICES = (
    anion_slice(("mixed", "mixed anions"), ("other", "none of these")),
    Slice(
        name="hop_length",
        title="Length of the hop",
        column="hop_length",
        values=tuple((name, name) for name in ("under 2.5 Å", "2.5 to 3.5 Å", "over 3.5 Å")),
    ),
    Slice(name="images", title="Images of the path", column="images"),
    TRAIN_DISTANCE,
)

_WORDS = LabelWords(adjective="computed", one="label", subject="hop")
_NO_FLOOR = (
    "No hop was computed twice, so nothing is known of how far two DFT barriers of the same hop "
    "lie apart; there is no floor."
)

NEBDFT2K_BARRIER = Task(
    name="nebdft2k-barrier",
    title="nebDFT2k: Li migration barriers",
    question=(
        "How well does a model predict the DFT barrier of a single Li hop from the structure "
        "before relaxation?"
    ),
    dataset="nebdft2k",
    split=OFFICIAL,
    targets=(
        Target(
            name="em_dft_ev",
            symbol="E_m",
            unit="eV",
            error_unit="eV",
            description="Barrier of the hop by a nudged elastic band with DFT (upstream's em_dft).",
            plausible=(-5.0, 100.0),
        ),
    ),
    metrics=(
        MetricUse(name="mae", metric="mae", title="MAE"),
        MetricUse(name="rmse", metric="rmse", title="RMSE"),
        MetricUse(name="r2", metric="r2", title="R²"),
        MetricUse(name="spearman", metric="spearman", title="Spearman ρ"),
        MetricUse(name="pearson_r", metric="pearson_r", title="Pearson r"),
        MetricUse(name="slope", metric="slope", title="Slope, predicted on DFT"),
    ),
    subsets=_SUBSETS,
    primary=Primary(target="em_dft_ev", metric="mae", subset="all"),
    group_column="component",
    cross_validation=(
        CrossValidation(
            scheme=SCHEME,
            title="grouped by material",
            is_primary=True,
            note="No material is in two folds; the official split may share materials.",
        ),
    ),
    references=("train-median", "bvse-affine"),
    slices=_SLICES,
    baseline_reference="train-median",
    reported=REPORTED_BARRIERS,
    label_words=_WORDS,
    floor_note=_NO_FLOOR,
)


def _of_all(metric: str, title: str) -> MetricUse:
    """A metric of the two energies over every hop, failures imputed."""
    return MetricUse(
        name=metric, metric=metric, title=f"{title}, failures imputed", targets=_ENERGIES
    )


def _of_converged(metric: str, title: str, targets: tuple[str, ...]) -> MetricUse:
    """A metric over the hops that have a converged path."""
    return MetricUse(
        name=f"{metric}_converged",
        metric=metric,
        title=f"{title}, converged hops only",
        targets=targets,
        only=CONVERGED,
    )


NEBDFT2K_PATH = Task(
    name="nebdft2k-path",
    title="nebDFT2k: Li migration paths",
    question=(
        "How close does a potential come to the DFT path of a Li hop and its barrier, when it "
        "relaxes the same initial path?"
    ),
    dataset="nebdft2k",
    split=OFFICIAL,
    targets=(
        Target(
            name="barrier_ev",
            symbol="E_max − E_min",
            unit="eV",
            error_unit="eV",
            description=(
                "Largest minus smallest energy over all images, upstream's definition of the "
                "barrier. A hop without a converged path counts with the median of the train "
                "subset, which anybody could have said without computing."
            ),
            plausible=(0.0, 100.0),
        ),
        Target(
            name="failed",
            symbol="failed",
            unit="1",
            error_unit="of the hops",
            description=(
                "1 for a hop without a converged path, 0 otherwise: its mean is one minus the "
                "coverage."
            ),
            plausible=(0.0, 1.0),
            ideal=0.0,
        ),
        Target(
            name="saddle_ev",
            symbol="E_max − E_first",
            unit="eV",
            error_unit="eV",
            description=(
                "Largest energy minus that of the first image: the barrier seen from the start. "
                "A hop without a converged path counts with the median of the train subset."
            ),
            plausible=(0.0, 100.0),
        ),
        Target(
            name="path_ang",
            symbol="PA-MAE",
            unit="Å",
            error_unit="Å",
            description=(
                "Mean over images of the mean over atoms of the shortest periodic distance to the "
                "DFT path (upstream's PA_MAE). A hop without a converged path counts with its "
                "initial path."
            ),
            plausible=(0.0, 5.0),
            ideal=0.0,
        ),
        Target(
            name="moving_ion_ang",
            symbol="moving ion",
            unit="Å",
            error_unit="Å",
            description=(
                "The same for the moving ion alone, which PA-MAE divides by the number of atoms. "
                "A hop without a converged path counts with its initial path."
            ),
            plausible=(0.0, 5.0),
            ideal=0.0,
        ),
    ),
    metrics=(
        MetricUse(name="mae", metric="mae", title="MAE, failures imputed"),
        _of_converged("mae", "MAE", _ERRORS),
        _of_all("rmse", "RMSE"),
        _of_converged("rmse", "RMSE", _ENERGIES),
        _of_all("r2", "R²"),
        _of_all("spearman", "Spearman ρ"),
        _of_all("pearson_r", "Pearson r"),
        _of_all("slope", "Slope"),
    ),
    subsets=_SUBSETS,
    primary=Primary(target="barrier_ev", metric="mae", subset="all"),
    group_column="component",
    references=("linear-path", "bvse-path"),
    slices=_SLICES,
    reported=REPORTED_PATHS,
    predicts="paths",
    truth=PATHS_RELAXED,
    given=PATHS_INIT,
    label_words=_WORDS,
    floor_note=_NO_FLOOR,
)

TASKS = (NEBDFT2K_BARRIER, NEBDFT2K_PATH)


# nebDFT2k as a dataset: title, licence, citation, tables and what it must not be taken for


__all__ = ["DATASET", "TASKS"]

DATASET = Dataset(
    name="nebdft2k",
    title="nebDFT2k",
    summary=(
        "Paths and barriers of single Li hops by nudged elastic bands with DFT, each with the "
        "initial path it was relaxed from; part of LiTraj."
    ),
    **PROVENANCE,
    tables=TABLES,
    frames=FRAMES,
    facts=(
        Fact(column="formula", title="Supercell", kind="formula"),
        Fact(column="material_id", title="Materials Project id"),
        Fact(column="n_atoms", title="Atoms"),
        Fact(column="n_images", title="Images"),
        Fact(column="hop_length_ang", title="Length of the hop (Å)"),
        Fact(column="em_bvse_ev", title="Barrier by bond valences (eV)"),
    ),
    caveats=(
        (
            "The reference is a nudged elastic band of at most 100 steps with PBE, without spin "
            "polarisation and without U, at the Γ point only: a reference to agree with, not an "
            "experiment. has_specific_TM marks materials where that matters most."
        ),
        (
            "A barrier is the largest minus the smallest energy over the images, with a climbing "
            "image; it belongs to one hop, and says little about conduction without the other "
            "hops of the material."
        ),
        (
            "The official split is by hop: a material may stand in the train and in the test "
            "part. The overlap is counted on this card once the data are here, and both boards "
            "split their scores by it."
        ),
        (
            "MPLiTrj holds configurations of the same calculations. A model trained on it may "
            "have seen test hops; a submission states what it was trained on."
        ),
        *CAVEATS,
    ),
)
