"""A random forest on composition and site-level features of the structure."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="structure-rf",
    model="Random forest (structure)",
    description="Random forest (scikit-learn) on composition and crystal structure, all three "
    "targets in one forest. Features of the crystal: distances from Li to Li, anions and "
    "framework cations, coordination, bond valences with Shannon's radii, repulsion by cations, "
    "packing, distances within the framework, and for 1, 2 and 3 dimensions the hop length, free "
    "radius and clearance of cations of a percolating way. Features of the composition as in "
    "composition-rf.",
    tasks=("bvel-proto",),
    inputs="both",
    training_data="BVEL-proto train split (chemsys): labels and structures of all its entries",
    n_seeds=5,
    hyperparameters={"n_estimators": 100, "max_features": 0.3, "min_samples_leaf": 1},
    notes="Models learn ln(E): labels are clipped at 6 eV before, as the primary metric clips "
    "them, and a missing label (nothing percolates below 20 eV) counts as 6 eV. Predictions are "
    "brought into the order E_1D ≤ E_2D ≤ E_3D: none may lie below that of a smaller dimension. "
    "Free radii and clearances are found on a grid of 0.5 Å with the search for percolation that "
    "the labels use, but on distances instead of energies. Settings are those of composition-rf, "
    "not tuned. For cross-validation, repeat r is trained with seed r.",
)
