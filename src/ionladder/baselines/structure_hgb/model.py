"""Gradient-boosted trees on composition and crystal structure, one model a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from ionladder.baselines.barriers import barriers_from_logs, log_labels
from ionladder.baselines.site_features import structure_features
from ionladder.baselines.structure_hgb.spec import BASELINE

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the trees on ``train_ids`` and predict ``predict_ids``."""
    features = structure_features(inputs)
    learnt = features.loc[list(train_ids)].to_numpy()
    asked = features.loc[list(predict_ids)].to_numpy()
    logs = [
        HistGradientBoostingRegressor(**BASELINE.hyperparameters, random_state=seed)
        .fit(learnt, labels)
        .predict(asked)
        for labels in log_labels(inputs, train_ids).T
    ]
    return barriers_from_logs(np.stack(logs, axis=1))
