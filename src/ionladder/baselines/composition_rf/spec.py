"""A random forest that sees the composition and nothing of the structure."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="composition-rf",
    model="Random forest (composition)",
    description="Random forest (scikit-learn) on the composition alone, all three targets in one "
    "forest. Features: atomic fractions, and over the composition the weighted mean and standard "
    "deviation, smallest and largest value of fourteen elemental properties, and their means "
    "without Li. What it cannot see is which structure type the ions are in.",
    tasks=("bvel-proto", "bvel13k", "nebbvse122k", "nebdft2k-barrier"),
    inputs="composition",
    training_data="BVEL-proto train split (chemsys): labels and compositions of all its entries",
    n_seeds=5,
    hyperparameters={"n_estimators": 100, "max_features": 0.3, "min_samples_leaf": 1},
    notes="Models learn ln(E): labels are clipped at 6 eV before, as the primary metric clips "
    "them, and a missing label (nothing percolates below 20 eV) counts as 6 eV. Predictions are "
    "brought into the order E_1D ≤ E_2D ≤ E_3D: none may lie below that of a smaller dimension. "
    "Elemental properties are those of pymatgen. Settings are usual ones, not tuned. For "
    "cross-validation, repeat r is trained with seed r.",
    by_task={
        "bvel13k": {
            "training_data": "BVEL13k train split (upstream's train and val): labels and "
            "compositions of all its entries",
            "notes": "Models learn ln(E): labels are clipped at 6 eV before, as the primary metric "
            "clips them, and a missing label (upstream's inf) counts as 6 eV. Predictions are "
            "brought into the order E_1D ≤ E_2D ≤ E_3D: none may lie below that of a smaller "
            "dimension. Elemental properties are those of pymatgen. Settings are those of the "
            "BVEL-proto board, not tuned here. For cross-validation, repeat r is trained with "
            "seed r.",
        },
        "nebbvse122k": {
            "description": "Random forest (scikit-learn) on the composition of the supercell "
            "alone. Features: atomic fractions, and over the composition the weighted mean and "
            "standard deviation, smallest and largest value of fourteen elemental properties, and "
            "their means without Li. All hops of a material look alike to it: it tells materials "
            "apart, and no hop from another.",
            "training_data": "nebBVSE122k train split (upstream's train and val): labels and "
            "compositions of all its entries",
            "notes": "Learns ln(E_m), with 0.005 eV for smaller barriers. Hops of equal "
            "composition are learnt as one row: the mean of their logarithms, weighted by their "
            "number. Elemental properties are those of pymatgen. Settings are those of the "
            "BVEL-proto board, not tuned here. For cross-validation, repeat r is trained with "
            "seed r.",
        },
        "nebdft2k-barrier": {
            "description": "Random forest (scikit-learn) on the composition of the supercell "
            "alone. Features: atomic fractions, and over the composition the weighted mean and "
            "standard deviation, smallest and largest value of fourteen elemental properties, and "
            "their means without Li. All hops of a material look alike to it: it tells materials "
            "apart, and no hop from another.",
            "training_data": "nebDFT2k train split (upstream's train and val): labels and "
            "compositions of all hops",
            "notes": "Learns ln(E_m), with 0.005 eV for smaller barriers. Hops of equal "
            "composition are learnt as one row: the mean of their logarithms, weighted by their "
            "number. Elemental properties are those of pymatgen. Settings are those of the "
            "BVEL-proto board, not tuned here. For cross-validation, repeat r is trained with "
            "seed r.",
        },
    },
)
