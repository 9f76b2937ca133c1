"""A random forest on composition and crystal structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sklearn.ensemble import RandomForestRegressor

from ionladder.baselines.barriers import barriers_from_logs, log_labels
from ionladder.baselines.site_features import structure_features
from ionladder.baselines.structure_rf.spec import BASELINE

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the forest on ``train_ids`` and predict ``predict_ids``."""
    features = structure_features(inputs)
    forest = RandomForestRegressor(**BASELINE.hyperparameters, random_state=seed, n_jobs=1)
    forest.fit(features.loc[list(train_ids)].to_numpy(), log_labels(inputs, train_ids))
    return barriers_from_logs(forest.predict(features.loc[list(predict_ids)].to_numpy()))
