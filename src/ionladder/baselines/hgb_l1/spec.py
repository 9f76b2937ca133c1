"""Gradient-boosted trees with absolute-error loss on rich tabular features."""

from ionladder.specs.baseline import Baseline

BASELINE = Baseline(
    name="hgb-l1",
    model="Gradient boosting, L1 (rich features)",
    description="A strong tabular reference of our own: histogram gradient boosting "
    "(scikit-learn) with absolute-error loss on 155 features. They are statistics of fourteen "
    "elemental properties over the composition, over its part without lithium and over the host "
    "cations; atomic fractions; mixing entropies; density, volume per atom, lithium density and "
    "lithium per anion; lattice parameters; space-group number and crystal system.",
    tasks=("obelix",),
    inputs="both",
    training_data="OBELiX train split: all 478 entries",
    n_seeds=10,
    hyperparameters={
        "loss": "absolute_error",
        "learning_rate": 0.1,
        "max_iter": 100,
        "max_leaf_nodes": 16,
        "min_samples_leaf": 10,
        "max_features": 0.3,
        "early_stopping": False,
    },
    notes="x",
)
