"""The median of the training labels with a CIF, for every entry."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="train-median-cif",
    model="Train median, CIF entries",
    description="Predicts, for every entry, the median label of the training entries that come "
    "with a CIF: the constant reference of models that learn from crystal structures only.",
    tasks=("obelix",),
    inputs="composition",
    training_data="OBELiX train split: labels of the 254 entries with a CIF",
    parameters=1,
    notes="Reads nothing of an entry; the field `inputs` has no value for that and states the "
    "least. Deterministic. Its error on the test entries with a CIF is what the paper prints in "
    "parentheses in the row 'Median pred.'.",
)
