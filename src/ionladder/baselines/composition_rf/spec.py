"""A random forest that sees the composition and nothing of the structure."""

from ionladder.specs.baseline import Baseline

BASELINE = Baseline(
    name="composition-rf",
    model="Random forest (composition)",
    description="Random forest (scikit-learn) on the composition alone, all three targets in one "
    "forest. Features: atomic fractions, and over the composition the weighted mean and standard "
    "deviation, smallest and largest value of fourteen elemental properties, and their means "
    "without Li. What it cannot see is which structure type the ions are in.",
    tasks=("bvel-proto", "nebdft2k-barrier"),
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
        "nebdft2k-barrier": {
            "description": "Random forest (scikit-learn) on the composition of the supercell "
            "alone. Features: atomic fractions, and over the composition the weighted mean and "
            "standard deviation, smallest and largest value of fourteen elemental properties, and "
            "their means without Li. Hops of one material differ in nothing that it sees.",
            "training_data": "nebDFT2k train split (upstream's train and val): labels and "
            "compositions of all hops",
            "notes": "Learns the barrier in eV as it is. Elemental properties are those of "
            "pymatgen. Settings are usual ones, not tuned. For cross-validation, repeat r is "
            "trained with seed r.",
        },
    },
)
