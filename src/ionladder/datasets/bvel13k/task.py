"""The BVEL13k leaderboard: three percolation barriers of structures of the Materials Project."""

from __future__ import annotations

from ionladder.datasets.bvel13k.columns import SCHEME
from ionladder.datasets.litraj.anions import anion_slice
from ionladder.datasets.litraj.columns import OFFICIAL
from ionladder.datasets.litraj.percolation_task import (
    DIMENSIONALITY,
    LI_SITES,
    METRICS,
    PRIMARY,
    SUBSETS,
    percolation_targets,
)
from ionladder.specs.slice import TRAIN_DISTANCE, Slice
from ionladder.specs.task import CrossValidation, LabelWords, Task

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
        DIMENSIONALITY,
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
