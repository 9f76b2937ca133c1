"""The median of the training labels for every entry."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="train-median",
    model="Train median",
    description="Predicts the median training label for every entry: the constant with the "
    "smallest absolute error on the training set.",
    tasks=(
        "obelix",
        "obelix-cif",
        "obelix-cv",
        "bvel-proto",
        "bvel13k",
        "nebbvse122k",
        "nebdft2k-barrier",
    ),
    inputs="composition",
    training_data="OBELiX train split: labels of all 478 entries",
    parameters=1,
    notes="Reads nothing of an entry; the field `inputs` has no value for that and states the "
    "least. Deterministic. The paper's row 'Median pred.' is this value on the whole test set; in "
    "its parentheses stands the median of the entries with a CIF (see train-median-cif).",
    by_task={
        "obelix-cif": {
            "training_data": "OBELiX train split: labels of the 254 entries with a CIF",
            "notes": "Reads nothing of an entry; the field `inputs` has no value for that and "
            "states the least. Deterministic. It is what the paper prints in parentheses in the "
            "row 'Median pred.'.",
        },
        "obelix-cv": {
            "description": "Predicts the median label of the training entries outside the fold for "
            "every entry of the fold: the constant with the smallest absolute error on them.",
            "training_data": "OBELiX train split: labels of all 478 entries, but for the fold that "
            "is predicted",
            "notes": "Reads nothing of an entry; the field `inputs` has no value for that and "
            "states the least. Deterministic.",
        },
        "bvel-proto": {
            "description": "Predicts, for every target, the median training label: the constant "
            "with the smallest absolute error on the training set.",
            "training_data": "BVEL-proto train split (chemsys): labels of all its entries",
            "notes": "Reads nothing of an entry; the field `inputs` has no value for that and "
            "states the least. A missing label (nothing percolates below 20 eV) does not count in "
            "the median. Deterministic.",
        },
        "bvel13k": {
            "description": "Predicts, for every target, the median training label: the constant "
            "with the smallest absolute error on the training set.",
            "training_data": "BVEL13k train split (upstream's train and val): labels of all its "
            "entries",
            "notes": "Reads nothing of an entry; the field `inputs` has no value for that and "
            "states the least. A missing label (upstream's inf) does not count in the median. "
            "Deterministic.",
        },
        "nebbvse122k": {
            "training_data": "nebBVSE122k train split (upstream's train and val): labels of all "
            "its entries",
            "notes": "Reads nothing of an entry; the field `inputs` has no value for that and "
            "states the least. Deterministic.",
        },
        "nebdft2k-barrier": {
            "training_data": "nebDFT2k train split (upstream's train and val): labels of all hops",
            "notes": "Reads nothing of a hop; the field `inputs` has no value for that and states "
            "the least. Deterministic.",
        },
    },
)
