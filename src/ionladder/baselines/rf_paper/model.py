"""The paper's random forest on all training entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sklearn.ensemble import RandomForestRegressor

from ionladder.baselines.paper_models import fit_predict_paper
from ionladder.baselines.rf_paper.spec import BASELINE

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the forest on ``train_ids`` and predict ``predict_ids``."""
    forest = RandomForestRegressor(**BASELINE.hyperparameters, random_state=seed, n_jobs=1)
    return fit_predict_paper(forest, inputs, train_ids, predict_ids, seed=seed, cif_only=False)
