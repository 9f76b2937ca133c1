"""The paper's multilayer perceptron on the training entries with a CIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sklearn.neural_network import MLPRegressor

from ionladder.baselines.mlp_paper_cif.spec import BASELINE
from ionladder.baselines.paper_models import fit_predict_paper

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the network on those of ``train_ids`` with a CIF; predict ``predict_ids``."""
    network = MLPRegressor(**BASELINE.hyperparameters, random_state=seed)
    return fit_predict_paper(network, inputs, train_ids, predict_ids, seed=seed, cif_only=True)
