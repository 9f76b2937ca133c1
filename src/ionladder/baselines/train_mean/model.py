"""The mean of the training labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ionladder.baselines.training import constant, target_labels

if TYPE_CHECKING:
    from ionladder.datasets.load import TaskInputs
    from ionladder.specs.metric import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Predict the mean training label of every target; ``seed`` changes nothing."""
    means = target_labels(inputs, train_ids).mean()
    return constant(means if len(means) > 1 else float(means.iloc[0]), predict_ids)
