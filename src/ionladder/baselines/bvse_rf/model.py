"""The paper's random forest with bond-valence barriers beside its features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from ionladder.baselines.bvse.table import BARRIERS, barriers_of_inputs
from ionladder.baselines.bvse_rf.spec import FOREST
from ionladder.baselines.paper_features import paper_features
from ionladder.baselines.training import label_array, shuffled

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

_NONE_EV = -1.0
"""Stands for a barrier that could not be computed; a flag beside it says the same."""


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the forest on ``train_ids``, rows in a seeded order, and predict ``predict_ids``."""
    features = paper_features(inputs, scale_on=train_ids)
    barriers = barriers_of_inputs(inputs)[list(BARRIERS)]
    features[list(BARRIERS)] = barriers.fillna(_NONE_EV)
    features[[f"no_{name}" for name in BARRIERS]] = barriers.isna().astype(float)
    rows = shuffled(list(train_ids), seed=seed)
    forest = RandomForestRegressor(**FOREST, random_state=seed, n_jobs=1)
    forest.fit(features.loc[rows].to_numpy(), label_array(inputs, rows))
    return np.asarray(forest.predict(features.loc[list(predict_ids)].to_numpy()))
