"""The mean of the training labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ionladder.baselines.training import constant, training_labels

if TYPE_CHECKING:
    from ionladder.datasets.load import TaskInputs
    from ionladder.specs.metric import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Predict the mean training label; ``seed`` changes nothing."""
    return constant(training_labels(inputs, train_ids).mean(), predict_ids)
