"""A random forest on the composition alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from ionladder.baselines.barriers import barriers_from_logs, log_hop_labels, log_labels
from ionladder.baselines.composition_rf.spec import BASELINE
from ionladder.baselines.ion_features import ion_features

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the forest on ``train_ids`` and predict ``predict_ids``."""
    features = ion_features(inputs.entries)
    forest = RandomForestRegressor(**BASELINE.hyperparameters, random_state=seed, n_jobs=1)
    train = features.loc[list(train_ids)].to_numpy()
    asked = features.loc[list(predict_ids)].to_numpy()
    if len(inputs.targets) > 1:
        forest.fit(train, log_labels(inputs, train_ids))
        return barriers_from_logs(forest.predict(asked))
    # Hops of one material look alike to the forest, and there are about ten of them.
    formulas = inputs.entries.loc[list(train_ids), "formula_norm"]
    _, first, place, counts = np.unique(
        formulas.to_numpy(str), return_index=True, return_inverse=True, return_counts=True
    )
    means = np.bincount(place, weights=log_hop_labels(inputs, train_ids)) / counts
    forest.fit(train[first], means, sample_weight=counts)
    return np.asarray(np.exp(forest.predict(asked)), dtype=np.float64)
