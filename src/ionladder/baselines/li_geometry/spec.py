"""A geometric reference: three lengths of the crystal, four numbers a target."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="li-geometry",
    model="Li geometry (ridge, 3 lengths)",
    description="Ridge regression of ln(E) on three lengths for each target: the Li–Li hop that "
    "connects the Li sites in so many dimensions, the radius of the largest sphere that passes "
    "between the anions in so many, and the distance that can be kept from all framework cations. "
    "It sees no element and no structure type.",
    tasks=("bvel-proto",),
    inputs="structure",
    training_data="BVEL-proto train split (chemsys): labels and structures of all its entries",
    hyperparameters={"alpha": 1.0},
    parameters=12,
    notes="Models learn ln(E): labels are clipped at 6 eV before, as the primary metric clips "
    "them, and a missing label (nothing percolates below 20 eV) counts as 6 eV. Predictions are "
    "brought into the order E_1D ≤ E_2D ≤ E_3D: none may lie below that of a smaller dimension. "
    "The two widths of the bottleneck are found on a grid of 0.5 Å; anions are hard spheres of "
    "Shannon's radii. Cross-validation on training entries showed that hop and free radius alone "
    "say little and that the cations matter, so that length was added; the test set played no "
    "part. Deterministic.",
)
