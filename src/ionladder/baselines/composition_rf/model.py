"""A random forest on the composition alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from ionladder.baselines.barriers import barriers_from_logs, log_labels
from ionladder.baselines.composition_rf.spec import BASELINE
from ionladder.baselines.ion_features import ion_features
from ionladder.baselines.training import label_array

if TYPE_CHECKING:
    from ionladder.datasets.load import TaskInputs
    from ionladder.specs.metric import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the forest on ``train_ids`` and predict ``predict_ids``.

    Barriers of percolation, several to a structure, are learnt as logarithms; a single one in eV.
    """
    features = ion_features(inputs.entries)
    known, asked = (features.loc[list(ids)].to_numpy() for ids in (train_ids, predict_ids))
    forest = RandomForestRegressor(**BASELINE.hyperparameters, random_state=seed, n_jobs=1)
    if len(inputs.targets) == 1:
        forest.fit(known, label_array(inputs, train_ids))
        return np.asarray(forest.predict(asked), dtype=np.float64)
    forest.fit(known, log_labels(inputs, train_ids))
    return barriers_from_logs(forest.predict(asked))
