"""What models may learn from: labels of the entries they are trained on, in a seeded order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def target_labels(inputs: TaskInputs, ids: Sequence[str]) -> pd.DataFrame:
    """Training labels of some entries: one row an id in the order asked for, one column a target.

    A label that the dataset states as missing is NaN.

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    return inputs.train_labels.loc[list(ids), list(inputs.targets)].astype(float)


def training_labels(inputs: TaskInputs, ids: Sequence[str]) -> pd.Series[float]:
    """The same labels for a task with one target.

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    (target,) = inputs.targets
    labels: pd.Series[float] = target_labels(inputs, ids)[target]
    return labels


def label_array(inputs: TaskInputs, ids: Sequence[str]) -> Array:
    """The same labels as an array of shape (n_ids,)."""
    return np.asarray(training_labels(inputs, ids), dtype=np.float64)


def with_cif(inputs: TaskInputs, ids: Sequence[str]) -> list[str]:
    """The entries among ``ids`` that come with a CIF, in the order given."""
    in_cif = inputs.split["in_cif"].astype(bool)
    return [entry for entry in ids if in_cif.loc[entry]]


def shuffled(ids: Sequence[str], *, seed: int) -> list[str]:
    """The ids in the order of a seeded shuffle.

    Example:
        >>> shuffled(["a", "b", "c"], seed=0)
        ['c', 'b', 'a']
    """
    order = np.random.RandomState(seed).permutation(len(ids))
    return [ids[position] for position in order]


def constant(value: float | pd.Series[float], ids: Sequence[str]) -> Array:
    """The same prediction for every entry: one number, or one for every target.

    Returns:
        Shape (n_ids,) for a number, (n_ids, n_targets) for several.
    """
    values = np.asarray(value, dtype=np.float64)
    return np.broadcast_to(values, (len(ids), *values.shape)).copy()
