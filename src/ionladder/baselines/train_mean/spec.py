"""The mean of the training labels for every entry."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="train-mean",
    model="Train mean",
    description="Predicts the mean training label for every entry: the constant with the smallest "
    "squared error on the training set.",
    tasks=("obelix", "obelix-cif", "obelix-cv", "bvel-proto"),
    inputs="composition",
    training_data="OBELiX train split: labels of all 478 entries",
    parameters=1,
    notes="Reads nothing of an entry; the field `inputs` has no value for that and states the "
    "least. Left-censored labels count with their upstream value 1e-15 S/cm. Deterministic.",
    by_task={
        "obelix-cif": {
            "training_data": "OBELiX train split: labels of the 254 entries with a CIF",
        },
        "obelix-cv": {
            "description": "Predicts the mean label of the training entries outside the fold for "
            "every entry of the fold: the constant with the smallest squared error on them.",
            "training_data": "OBELiX train split: labels of all 478 entries, but for the fold that "
            "is predicted",
        },
        "bvel-proto": {
            "description": "Predicts, for every target, the mean training label: the constant with "
            "the smallest squared error on the training set.",
            "training_data": "BVEL-proto train split (chemsys): labels of all its entries",
            "notes": "Reads nothing of an entry; the field `inputs` has no value for that and "
            "states the least. Labels are clipped at 6 eV, and a missing one (nothing percolates "
            "below 20 eV) counts as 6 eV. Deterministic.",
        },
    },
)
