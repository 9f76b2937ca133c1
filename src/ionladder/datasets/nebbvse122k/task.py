"""The nebBVSE122k leaderboard: the barrier of a single Li hop from the supercell around it."""

from __future__ import annotations

from ionladder.datasets.litraj.anions import ANION_SUBSETS
from ionladder.datasets.litraj.columns import OFFICIAL
from ionladder.datasets.nebbvse122k.columns import SCHEME
from ionladder.specs.task import (
    CrossValidation,
    LabelWords,
    MetricUse,
    Primary,
    Subset,
    Target,
    Task,
)

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
