"""Gradient-boosted trees with absolute-error loss on rich tabular features."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="hgb-l1",
    model="Gradient boosting, L1 (rich features)",
    description="A strong tabular reference of our own: histogram gradient boosting "
    "(scikit-learn) with absolute-error loss on 155 features. They are statistics of fourteen "
    "elemental properties over the composition, over its part without lithium and over the host "
    "cations; atomic fractions; mixing entropies; density, volume per atom, lithium density and "
    "lithium per anion; lattice parameters; space-group number and crystal system.",
    tasks=("obelix", "obelix-cif", "obelix-cv"),
    inputs="both",
    training_data="OBELiX train split: all 478 entries",
    n_seeds=10,
    hyperparameters={
        "loss": "absolute_error",
        "learning_rate": 0.05,
        "max_iter": 200,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 10,
        "max_features": 0.1,
        "early_stopping": False,
    },
    notes="The settings are the best of a grid of 54 by grouped cross-validation on training "
    "entries (benchmarks/tune_hgb.py; its table stands in benchmarks/tune_hgb.md). The test set "
    "played no part. The cross-validation error shown here was measured on the same folds, so it "
    "is slightly optimistic; the ten best settings lie within 0.03 decades, less than "
    "repeats differ by. Seeds decide which features each split may look at; for cross-validation, "
    "repeat r is trained with seed r. Elemental properties are those of pymatgen. Density and "
    "volume per atom follow the table even where its cell contents are known to be off (r5y, vy5, "
    "yav, 9ph, 24k).",
    by_task={
        "obelix-cif": {
            "description": "A strong tabular reference of our own: histogram gradient boosting "
            "(scikit-learn) with absolute-error loss on 152 features. They are statistics of "
            "fourteen elemental properties over the composition, over its part without lithium and "
            "over the host cations; atomic fractions; mixing entropies; density, volume per atom, "
            "lithium density and lithium per anion; lattice parameters; space-group number and "
            "crystal system. No CIF is read.",
            "training_data": "OBELiX train split: the 254 entries with a CIF (settings chosen on "
            "all 478)",
            "notes": "The settings are those of the board of all entries, the best of a grid of 54 "
            "by grouped cross-validation on all 478 training entries (benchmarks/tune_hgb.py): "
            "labels without a CIF have had that part in it, and no other. The test set played no "
            "part. The cross-validation error shown here rests on the same folds, cut to the CIF "
            "entries, so it is slightly optimistic. For cross-validation, repeat r is trained with "
            "seed r. Elemental properties are those of pymatgen. Density and volume per atom "
            "follow the table even where its cell contents are known to be off (vy5, yav, 9ph, "
            "24k).",
        },
        "obelix-cv": {
            "training_data": "OBELiX train split: all 478 entries, but for the fold that is "
            "predicted",
            "notes": "Its settings were chosen on these folds: they are the best of a grid of 54 "
            "by the error on the first three of the five repeats (benchmarks/tune_hgb.py; its "
            "table stands in benchmarks/tune_hgb.md). The score here is therefore slightly "
            "optimistic; the ten best settings lie within 0.03 decades, less than repeats differ "
            "by. Repeat r is trained with seed r, which decides which features each split may look "
            "at. Elemental properties are those of pymatgen. Density and volume per atom follow "
            "the table even where its cell contents are known to be off (r5y, vy5, yav, 9ph).",
        },
    },
)
