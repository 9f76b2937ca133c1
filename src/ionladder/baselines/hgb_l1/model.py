"""Gradient boosting with absolute-error loss on rich features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from ionladder.baselines.hgb_l1.spec import BASELINE
from ionladder.baselines.rich_features import rich_features
from ionladder.baselines.training import label_array

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the trees on ``train_ids`` and predict ``predict_ids``."""
    features = rich_features(inputs.entries)
    trees = HistGradientBoostingRegressor(**BASELINE.hyperparameters, random_state=seed)
    trees.fit(features.loc[list(train_ids)].to_numpy(), label_array(inputs, train_ids))
    return np.asarray(trees.predict(features.loc[list(predict_ids)].to_numpy()))
