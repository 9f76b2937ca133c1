"""One nearest neighbour in atomic fractions, with ties averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.composition import amount_table, atomic_fractions
from ionladder.baselines.nearest_composition.spec import TIE_TOLERANCE
from ionladder.baselines.training import label_array

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Predict the mean label of the nearest training entries; ``seed`` changes nothing."""
    fractions = atomic_fractions(amount_table(inputs.entries["formula_cell"]))
    known = fractions.loc[list(train_ids)].to_numpy()
    labels = label_array(inputs, train_ids)
    asked = fractions.loc[list(predict_ids)].to_numpy()
    return np.array([_nearest_mean(point, known, labels) for point in asked])


def _nearest_mean(point: Array, known: Array, labels: Array) -> float:
    distances = np.sqrt(((known - point) ** 2).sum(axis=1))
    nearest = distances <= distances.min() + TIE_TOLERANCE
    return float(labels[nearest].mean())
