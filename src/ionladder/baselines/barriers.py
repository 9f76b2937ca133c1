"""Percolation barriers as models learn them: clipped, without gaps, in their natural order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.training import label_array, target_labels

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


# Above 6 eV no ion moves; the boards of barriers clip there too.
CLIP_EV = 6.0
# Half a step of the bisection that barriers come from: a barrier of zero has a logarithm too.
LOWEST_EV = 0.005


def clipped_labels(inputs: TaskInputs, ids: Sequence[str]) -> pd.DataFrame:
    """Training barriers in eV, clipped at 6 eV as the task's primary metric clips them.

    A missing label means that nothing percolates below 20 eV, so it counts as 6 eV too.

    Returns:
        One row an id, one column a target, no NaN.

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    return target_labels(inputs, ids).clip(upper=CLIP_EV).fillna(CLIP_EV)


def log_labels(inputs: TaskInputs, ids: Sequence[str]) -> Array:
    """Natural logarithm of the same barriers, shape (n_ids, n_targets); of 0.005 eV at least."""
    clipped = clipped_labels(inputs, ids).clip(lower=LOWEST_EV)
    return np.asarray(np.log(clipped.to_numpy(dtype=np.float64)))


def log_hop_labels(inputs: TaskInputs, ids: Sequence[str]) -> Array:
    """Natural logarithm of the barriers of single hops, shape (n_ids,); of 0.005 eV at least.

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    return np.asarray(np.log(np.maximum(label_array(inputs, ids), LOWEST_EV)))


def barriers_from_logs(logs: Array) -> Array:
    """Barriers in eV from their logarithms, none below that of a smaller dimension.

    Args:
        logs: Shape (n, n_targets), targets by rising dimension.

    Example:
        >>> barriers_from_logs(np.log([[0.5, 0.25, 1.0]])).round(6).tolist()
        [[0.5, 0.5, 1.0]]
    """
    return np.asarray(np.exp(np.maximum.accumulate(logs, axis=1)))
