"""The mean of the training labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ionladder.baselines.barriers import clipped_labels
from ionladder.baselines.training import constant, target_labels

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Predict the mean training label of every target; ``seed`` changes nothing.

    Barriers count as the primary metric counts them, clipped: a few huge ones would otherwise
    decide the mean.
    """
    if len(inputs.targets) > 1:
        return constant(clipped_labels(inputs, train_ids).mean(), predict_ids)
    return constant(float(target_labels(inputs, train_ids).iloc[:, 0].mean()), predict_ids)
