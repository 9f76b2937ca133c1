"""The paper's protocol around a regressor: features, scaling, seeded row order, fit, predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ionladder.baselines.paper_features import paper_features
from ionladder.baselines.training import label_array, shuffled, with_cif

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


class Regressor(Protocol):
    """The two methods of a scikit-learn regressor that the protocol uses."""

    def fit(self, x: Array, y: Array) -> object:
        """Fit to features and labels."""

    def predict(self, x: Array) -> Array:
        """Predict from features."""


def fit_predict_paper(
    regressor: Regressor,
    inputs: TaskInputs,
    train_ids: Sequence[str],
    predict_ids: Sequence[str],
    *,
    seed: int,
    cif_only: bool,
) -> Array:
    """Fit on the paper's features and predict.

    As in the authors' programs, the lattice is scaled on all training entries even where the
    model then learns only from those with a CIF, and the rows are shuffled before the fit.

    Args:
        regressor: Unfitted model, its own random state set.
        inputs: Inputs of the task and the labels of ``train_ids``.
        train_ids: Training entries.
        predict_ids: Entries to predict.
        seed: Seed of the row order.
        cif_only: Whether to learn from the entries with a CIF only.
    """
    features = paper_features(inputs, scale_on=train_ids)
    learnt = with_cif(inputs, train_ids) if cif_only else list(train_ids)
    rows = shuffled(learnt, seed=seed)
    regressor.fit(features.loc[rows].to_numpy(), label_array(inputs, rows))
    return np.asarray(regressor.predict(features.loc[list(predict_ids)].to_numpy()))
