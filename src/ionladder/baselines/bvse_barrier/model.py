"""A straight line from the bond-valence barrier to the conductivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.bvse.table import barriers_of_inputs
from ionladder.baselines.training import label_array

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

_FEWEST = 3


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit log10 σ = a + b·E_3D by least squares; the training median where there is no barrier."""
    barriers = barriers_of_inputs(inputs)["e_3d_ev"]
    learnt = barriers.loc[list(train_ids)].to_numpy()
    wanted = barriers.loc[list(predict_ids)].to_numpy()
    labels = label_array(inputs, train_ids)
    predicted = np.full(len(wanted), np.median(labels))
    known = np.isfinite(learnt)
    if known.sum() < _FEWEST or np.ptp(learnt[known]) == 0.0:
        return predicted
    design = np.stack([np.ones(int(known.sum())), learnt[known]], axis=1)
    (offset, slope), *_ = np.linalg.lstsq(design, labels[known], rcond=None)
    treated = np.isfinite(wanted)
    predicted[treated] = offset + slope * wanted[treated]
    return predicted
