"""The random forest of the OBELiX paper, trained on all training entries."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="rf-paper",
    model="Random forest (OBELiX paper)",
    description="Our run of the random forest of Therrien, Abou Haibeh et al. (2025) with the "
    "hyperparameters the authors chose for the whole training set. Features as in their "
    "programs: amount of each element in the unit cell, space-group number as an ordinal, "
    "standardised lattice parameters (62 columns). Twenty trainings that differ in the seed of "
    "the forest and of the row order.",
    tasks=("obelix", "obelix-cv"),
    inputs="both",
    training_data="OBELiX train split: all 478 entries",
    n_seeds=20,
    hyperparameters={
        "max_depth": 36,
        "max_features": "sqrt",
        "min_samples_leaf": 1,
        "n_estimators": 50,
    },
    paper_doi="10.48550/arXiv.2502.14234",
    notes="The hyperparameters stand in the comments of an earlier version of the authors' "
    "benchmark program (case 'Drop CIF == False'). The paper prints 1.54 (1.82). That value "
    "reproduces: the authors' program with its own seed gives it with scikit-learn 1.6.1. It is "
    "one seed among many, and the mean over seeds is somewhat higher; which seed gives what also "
    "changes between scikit-learn versions. For cross-validation, repeat r is trained with seed "
    "r. The table's known slips (a wrong lithium amount in r5y, cell contents of vy5, yav, 9ph "
    "and 24k) are left as published.",
    by_task={
        "obelix-cv": {
            "description": "Our run of the random forest of Therrien, Abou Haibeh et al. (2025) "
            "with the hyperparameters the authors chose for the whole training set. Features as in "
            "their programs: amount of each element in the unit cell, space-group number as an "
            "ordinal, standardised lattice parameters (62 columns). One training for each fold; "
            "repeat r is trained with seed r, which sets the forest and the row order.",
            "training_data": "OBELiX train split: all 478 entries, but for the fold that is "
            "predicted",
            "notes": "The hyperparameters stand in the comments of an earlier version of the "
            "authors' benchmark program (case 'Drop CIF == False'). The authors chose them by "
            "cross-validation on shuffled rows of the same 478 entries, where they print 0.96 ± "
            "0.15; on folds that keep papers and compositions together the same forest is far "
            "worse. The table's known slips (a wrong lithium amount in r5y, cell contents of vy5, "
            "yav and 9ph) are left as published.",
        },
    },
)
