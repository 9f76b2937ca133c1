"""The median training label of the same space group."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="space-group-median",
    model="Space-group median",
    description="Predicts the median training label of the entry's space group. An entry whose "
    "space-group number does not occur among the training entries gets the median of all "
    "training labels.",
    tasks=("obelix", "obelix-cif", "obelix-cv"),
    inputs="structure",
    training_data="OBELiX train split: labels and space groups of all 478 entries",
    notes="Reads the space-group number and nothing else. Deterministic.",
    by_task={
        "obelix-cif": {
            "training_data": "OBELiX train split: labels and space groups of the 254 entries with "
            "a CIF",
        },
        "obelix-cv": {
            "description": "Predicts the median label of the entry's space group over the training "
            "entries outside the fold. An entry whose space-group number does not occur there gets "
            "the median of all their labels.",
            "training_data": "OBELiX train split: labels and space groups of all 478 entries, but "
            "for the fold that is predicted",
        },
    },
)
