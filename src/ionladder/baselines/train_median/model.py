"""The median of the training labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ionladder.baselines.training import constant, target_labels

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Predict the median training label of every target; ``seed`` changes nothing."""
    medians = target_labels(inputs, train_ids).median()
    return constant(medians if len(medians) > 1 else float(medians.iloc[0]), predict_ids)
