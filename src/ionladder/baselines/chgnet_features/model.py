"""Ridge regression on frozen atom features of CHGNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ionladder.baselines.umlip import chgnet
from ionladder.baselines.umlip.ridge import fit_predict_ridge

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit the ridge on ``train_ids`` and predict ``predict_ids``."""
    return fit_predict_ridge(chgnet, inputs, train_ids, predict_ids)
