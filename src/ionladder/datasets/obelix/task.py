"""The OBELiX leaderboards: room-temperature conductivity of lithium electrolytes.

``obelix`` scores 121 held-out entries. ``obelix-cif`` trains and tests on the entries with a
crystal structure, and ``obelix-cv`` scores the training entries fold by fold, to develop models.
"""

from __future__ import annotations

from dataclasses import replace

from ionladder.datasets.obelix.experiments import THREE_D_MODELS
from ionladder.datasets.obelix.reported import REPORTED
from ionladder.datasets.obelix.reported_elsewhere import REPORTED_ON_CIF, REPORTED_ON_FOLDS
from ionladder.datasets.obelix.taken_apart import SLICES, SLICES_OF_CIF, SLICES_OF_FOLDS
from ionladder.specs.task import (
    CrossValidation,
    LabelWords,
    MetricUse,
    Primary,
    Subset,
    Target,
    Task,
)

# Screening thresholds of the field, in S/cm: a useful conductor and a superionic one (paper,
# section 1: "> 1 mS/cm"). Positives are σ >= threshold.
_THRESHOLDS = (("1e-4", -4.0, "10⁻⁴"), ("1e-3", -3.0, "10⁻³"))

_SCREENING = (
    ("roc_auc", "ROC-AUC"),
    ("precision", "Precision"),
    ("recall", "Recall"),
    ("f1", "F1"),
    ("enrichment_top12", "Enrichment, top 12"),
)

LOG10_SIGMA = Target(
    name="log10_sigma",
    symbol="log₁₀ σ",
    unit="log10(S/cm)",
    error_unit="decades",
    description=(
        "Room-temperature Li-ion conductivity, total where both total and bulk are reported, "
        "as log10(σ / S cm⁻¹). Labels reported as an upper limit (<1E-10, <1E-8) stand at -15, "
        "the value that the dataset's authors use."
    ),
    plausible=(-60.0, 20.0),
    # Labels of all released versions span -17.4 to -1.6. 1 S/cm is forty times the best of them
    # and beyond every known Li solid; 1e-20 S/cm is four hundred times less than the smallest
    # label, and a model that goes below has left what its training set can support.
    physical=(-20.0, 0.0),
    limit_column="log10_sigma_limit",
    band=1.0,
)

GROUPED = CrossValidation(
    scheme="grouped_doi_comp",
    title="grouped by paper and composition",
    is_primary=True,
    note=(
        "No paper and no printed composition is in two folds, as in the official split. A few "
        "compositions are, printed for cells of another size."
    ),
)
SHUFFLED = CrossValidation(
    scheme="kfold_shuffled",
    title="shuffled rows",
    is_primary=False,
    note=(
        "The paper's scheme. Entries of one paper fall into several folds, so it is "
        "optimistic; it stands here only for comparison with published numbers."
    ),
)

_UNCENSORED = Subset(name="uncensored", title="uncensored", column="censoring", equals="none")
_WITH_CIF = Subset(name="cif", title="with CIF", column="in_cif", equals=True)
_WITHOUT_CIF = Subset(name="no_cif", title="without CIF", column="in_cif", equals=False)

OBELIX = Task(
    name="obelix",
    title="OBELiX: room-temperature ionic conductivity",
    question=(
        "How well does a model predict the measured room-temperature Li-ion conductivity of "
        "materials from papers it has not seen, all but two of compositions it has not seen?"
    ),
    dataset="obelix",
    split="official",
    targets=(LOG10_SIGMA,),
    metrics=(
        MetricUse(name="mae", metric="mae", title="MAE"),
        MetricUse(name="mae_censored", metric="mae_censored", title="MAE, censored-aware"),
        MetricUse(name="median_ae", metric="median_ae", title="Median AE"),
        MetricUse(name="rmse", metric="rmse", title="RMSE"),
        MetricUse(name="r2", metric="r2", title="R²"),
        MetricUse(name="spearman", metric="spearman", title="Spearman ρ"),
        MetricUse(name="within_one_decade", metric="within_one_decade", title="Within one decade"),
        *(
            MetricUse(
                name=f"{metric}_{key}",
                metric=metric,
                title=f"{title}, σ ≥ {printed}",
                options={"threshold": threshold},
            )
            for key, threshold, printed in _THRESHOLDS
            for metric, title in _SCREENING
        ),
    ),
    subsets=(
        Subset(name="all", title="all test entries"),
        _WITH_CIF,
        _WITHOUT_CIF,
        _UNCENSORED,
    ),
    primary=Primary(target="log10_sigma", metric="mae", subset="all"),
    group_column="component",
    replicate_column="replicate_group",
    cross_validation=(GROUPED, SHUFFLED),
    references=(
        "train-mean",
        "train-median",
        "train-median-cif",
        "space-group-median",
        "nearest-composition",
    ),
    slices=SLICES,
    reported=REPORTED,
    baseline_reference="train-median",
    label_words=LabelWords(adjective="measured", one="measurement", subject="material"),
    floor_note=(
        "Some materials were measured more than once, and the measurements differ. How far they "
        "lie apart bounds what a model can be expected to agree with. Most groups of repeated "
        "measurements are pairs; the replicate floor is the figure that the dataset's authors "
        "print."
    ),
)

_REFERENCES = ("train-mean", "train-median", "space-group-median", "nearest-composition")

_SAME_FLOOR = (
    " The floors are those of the whole dataset, as on the board of all entries: how far "
    "measurements lie apart does not depend on who is tested on them."
)

OBELIX_CIF = replace(
    OBELIX,
    name="obelix-cif",
    title="OBELiX, entries with a CIF",
    question=(
        "How well does a model that learns from 254 materials with a published crystal structure "
        "predict the measured conductivity of 67 others, from papers and compositions it has not "
        "seen?"
    ),
    subsets=(Subset(name="all", title="all test entries with a CIF"), _UNCENSORED),
    entries=_WITH_CIF,
    slices=SLICES_OF_CIF,
    references=_REFERENCES,
    reported=REPORTED_ON_CIF,
    experiments=(THREE_D_MODELS,),
    floor_note=OBELIX.floor_note + _SAME_FLOOR,
)

OBELIX_CV = replace(
    OBELIX,
    name="obelix-cv",
    title="OBELiX, grouped cross-validation",
    question=(
        "How well does a model predict the measured conductivity of training entries whose papers, "
        "and compositions as printed, were left out? The board to develop on: no test entry is "
        "involved."
    ),
    subsets=(
        Subset(name="all", title="all training entries"),
        _WITH_CIF,
        _WITHOUT_CIF,
        _UNCENSORED,
    ),
    scored_folds=GROUPED,
    slices=SLICES_OF_FOLDS,
    cross_validation=(SHUFFLED,),
    references=_REFERENCES,
    reported=REPORTED_ON_FOLDS,
    floor_note=OBELIX.floor_note + _SAME_FLOOR,
)

TASKS = (OBELIX, OBELIX_CIF, OBELIX_CV)
