"""What models may learn from: labels of the entries they are trained on, in a seeded order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.datasets.load import TaskInputs
    from ionladder.specs.metric import Array

TARGET = "log10_sigma"


def training_labels(inputs: TaskInputs, ids: Sequence[str]) -> pd.Series[float]:
    """Training labels of some entries, indexed by id in the order asked for.

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    labels: pd.Series[float] = inputs.train_labels.loc[list(ids), TARGET].astype(float)
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


def constant(value: float, ids: Sequence[str]) -> Array:
    """The same prediction for every entry."""
    return np.full(len(ids), float(value))
