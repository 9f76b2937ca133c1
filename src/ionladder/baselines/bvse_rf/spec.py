"""The paper's random forest with bond-valence barriers beside its features."""

from ionladder.baselines.bvse.coverage import N_TEST, N_TRAIN, N_TRAIN_TREATED, UNTREATED_TEST_IDS
from ionladder.specs import Baseline

FOREST = {"max_depth": 64, "max_features": 1.0, "min_samples_leaf": 1, "n_estimators": 200}

BASELINE = Baseline(
    name="bvse-rf",
    model="Random forest with bond-valence barriers",
    description="The random forest of rf-paper-cif with six more columns: barriers of percolation "
    "of Li+ in 1, 2 and 3 dimensions, from BVlain's bond-valence site energies of the CIF, and "
    "whether each is missing. Everything else is as there: element amounts of the unit cell, "
    "space-group number, standardised lattice, hyperparameters, twenty seeds of forest and row "
    "order. What the barriers add is the difference between the two rows.",
    tasks=("obelix-cif",),
    inputs="both",
    training_data="OBELiX train split: the 254 entries with a CIF",
    n_seeds=20,
    hyperparameters={
        **FOREST,
        "resolution_ang": 0.2,
        "r_cut_ang": 10.0,
        "max_neighbours": 100,
        "barrier_clip_ev": 6.0,
        "treated_train": N_TRAIN_TREATED,
        "no_barrier": len(UNTREATED_TEST_IDS),
        "no_barrier_ids": list(UNTREATED_TEST_IDS),
    },
    notes="Crystals are treated, or not, as in bvse-barrier: "
    f"{N_TRAIN_TREATED} of {N_TRAIN} training crystals and "
    f"{N_TEST - len(UNTREATED_TEST_IDS)} of {N_TEST} test crystals have barriers. For the others "
    "the three columns read −1 and the flags 1; these predictions are the forest's, not a "
    "fallback. The hyperparameters are those of rf-paper-cif and were not tuned again. The "
    "training time leaves out the barriers, which are computed once. For cross-validation, "
    "repeat r is trained with seed r.",
    extra="bvel",
    packages=("bvlain",),
)
