"""The median label of the training entries with a CIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ionladder.baselines.training import constant, training_labels, with_cif

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Predict the median label of the training entries with a CIF; ``seed`` changes nothing."""
    labels = training_labels(inputs, with_cif(inputs, train_ids))
    return constant(labels.median(), predict_ids)
