"""The two nebDFT2k leaderboards: the barrier of a hop, and the whole path of it."""

from __future__ import annotations

from ionladder.datasets.litraj.anions import anion_slice
from ionladder.datasets.litraj.columns import OFFICIAL
from ionladder.datasets.nebdft2k.columns import PATHS_INIT, PATHS_RELAXED
from ionladder.datasets.nebdft2k.reported import REPORTED_BARRIERS, REPORTED_PATHS
from ionladder.specs.slice import TRAIN_DISTANCE, Slice
from ionladder.specs.task import (
    CrossValidation,
    LabelWords,
    MetricUse,
    Primary,
    Subset,
    Target,
    Task,
)

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
