"""The multilayer perceptron of the OBELiX paper, trained on all training entries."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="mlp-paper",
    model="MLP (OBELiX paper)",
    description="Our run of the multilayer perceptron of Therrien, Abou Haibeh et al. (2025) with "
    "the hyperparameters the authors chose for the whole training set. Features as in their "
    "programs: amount of each element in the unit cell, space-group number as an ordinal, "
    "standardised lattice parameters (62 columns). Twenty trainings that differ in the seed of "
    "the network and of the row order.",
    tasks=("obelix", "obelix-cv"),
    inputs="both",
    training_data="OBELiX train split: all 478 entries",
    n_seeds=20,
    # Thousands of small steps amplify the last bits, and these differ between processors: single
    # entries moved by 1e-4 (AVX2) and 1e-2 (no AVX) from the committed AVX-512 run. On one kind of
    # processor a rerun agrees to the six decimals written.
    tolerance=0.05,
    hyperparameters={
        "activation": "relu",
        "batch_size": 16,
        "early_stopping": True,
        "hidden_layer_sizes": [64, 64, 64, 64],
        "learning_rate": "adaptive",
        "learning_rate_init": 0.003,
        "max_iter": 1000,
        "n_iter_no_change": 100,
        "solver": "adam",
    },
    paper_doi="10.48550/arXiv.2502.14234",
    parameters=16577,
    notes="The hyperparameters stand in the comments of an earlier version of the authors' "
    "benchmark program (case 'Drop CIF == False'). The paper prints 1.64 (2.17), which does not "
    "reproduce: no seed reaches it and the mean over seeds lies far above. A third setting in "
    "those comments (five layers of 64, learning rate 0.01, filed under 'Partial == False') was "
    "not run here. As in the authors' program only the lattice is standardised; cell contents and "
    "space-group number enter as they are, and single predictions can be absurd, by tens of "
    "decades. They are recorded unclipped. For cross-validation, repeat r is trained with seed r.",
    by_task={
        "obelix-cv": {
            "description": "Our run of the multilayer perceptron of Therrien, Abou Haibeh et al. "
            "(2025) with the hyperparameters the authors chose for the whole training set. "
            "Features as in their programs: amount of each element in the unit cell, space-group "
            "number as an ordinal, standardised lattice parameters (62 columns). One training for "
            "each fold; repeat r is trained with seed r, which sets the network and the row order.",
            "training_data": "OBELiX train split: all 478 entries, but for the fold that is "
            "predicted",
            "notes": "The hyperparameters stand in the comments of an earlier version of the "
            "authors' benchmark program (case 'Drop CIF == False'). The authors chose them by "
            "cross-validation on shuffled rows of the same 478 entries, where they print 1.24 ± "
            "0.26. As in the authors' program only the lattice is standardised; cell contents and "
            "space-group number enter as they are, and single predictions can be absurd, by tens "
            "of decades. They are recorded unclipped.",
        },
    },
)
