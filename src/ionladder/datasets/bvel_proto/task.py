"""The BVEL-proto leaderboard: three percolation barriers of structures of unseen chemistry."""

from __future__ import annotations

from ionladder.datasets.litraj.anions import anion_slice
from ionladder.datasets.litraj.percolation_task import (
    CLIP_EV,
    DIMENSIONALITY,
    FAST_EV,
    LI_SITES,
    METRICS,
    PRIMARY,
    SUBSETS,
    percolation_targets,
)
from ionladder.specs.slice import TRAIN_DISTANCE, Slice
from ionladder.specs.task import CrossValidation, LabelWords, Task

__all__ = ["BVEL_PROTO", "CLIP_EV", "FAST_EV", "PHYSICAL_EV", "TASKS"]

# A barrier is counted from the cell's minimum, so it is never negative; what does not percolate
# below 20 eV has no label.
PHYSICAL_EV = (0.0, 20.0)

_SLICES = (
    Slice(name="family", title="Class of the structure type", column="family"),
    anion_slice(("mixed", "mixed anions")),
    DIMENSIONALITY,
    LI_SITES,
    Slice(
        name="known_prototype",
        title="Structure type in the training set",
        column="known_prototype",
        values=(("yes", "known type"), ("no", "unknown type")),
    ),
    TRAIN_DISTANCE,
)

BVEL_PROTO = Task(
    name="bvel-proto",
    title="BVEL-proto: Li percolation barriers",
    question=(
        "How well does a model predict the bond-valence barriers of Li percolation in one, two and "
        "three dimensions, for structures of chemical systems it has not seen?"
    ),
    dataset="bvel_proto",
    split="chemsys",
    targets=percolation_targets(
        missing_note=(
            "Without a number: nothing percolates below 20 eV. The clipped MAE takes such an "
            "entry at 6 eV; other measures leave it out."
        ),
        physical=PHYSICAL_EV,
    ),
    metrics=METRICS,
    subsets=SUBSETS,
    primary=PRIMARY,
    group_column="component",
    cross_validation=(
        CrossValidation(
            scheme="chemsys",
            title="grouped by chemical system",
            is_primary=True,
            note="No chemical system is in two folds, as in the primary split.",
            rung=2,
        ),
        CrossValidation(
            scheme="prototype",
            title="grouped by structure type",
            is_primary=False,
            note="No structure type is in two folds: the hardest step of the ladder.",
            rung=3,
        ),
        CrossValidation(
            scheme="random",
            title="shuffled rows",
            is_primary=False,
            note="Neighbours in type and chemistry fall into several folds; it may be optimistic.",
            rung=1,
        ),
    ),
    references=("train-mean", "train-median", "family-median"),
    slices=_SLICES,
    baseline_reference="train-median",
    label_words=LabelWords(adjective="computed", one="label", subject="structure"),
    floor_note=(
        "A label depends a little on choices that mean nothing: where the grid begins, how fine it "
        "is, which cell of the same crystal is taken. A sample of structures was labelled again "
        "under such choices. How far those labels lie apart bounds what a model can be expected to "
        "agree with."
    ),
)

TASKS = (BVEL_PROTO,)
