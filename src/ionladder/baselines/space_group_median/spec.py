"""The median training label of the same space group."""

from ionladder.specs.baseline import Baseline

BASELINE = Baseline(
    name="space-group-median",
    model="Space-group median",
    description="Predicts the median training label of the entry's space group. An entry whose "
    "space-group number does not occur among the training entries gets the median of all "
    "training labels.",
    tasks=("obelix",),
    inputs="structure",
    training_data="OBELiX train split: labels and space groups of all 478 entries",
    notes="Reads the space-group number and nothing else. Deterministic.",
)
