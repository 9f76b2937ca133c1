"""How far two tables of predictions lie apart."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

_KEYS = ("scheme", "repeat", "fold", "seed", "id")


def largest_difference(committed: pd.DataFrame, rerun: pd.DataFrame) -> float:
    """Largest absolute difference of any target over the rows of ``rerun``.

    Args:
        committed: Stored predictions; rows that ``rerun`` does not have are passed over.
        rerun: Fresh predictions, with the same key columns; the others are targets.

    Returns:
        The difference in the targets' unit; infinity when a row of ``rerun`` is not stored.
    """
    keys = [key for key in _KEYS if key in rerun.columns]
    both = rerun.merge(committed, on=keys, how="left", suffixes=("", "_committed"))
    targets = [name for name in rerun.columns if name not in keys]
    stored = both[[f"{name}_committed" for name in targets]].to_numpy(dtype=float)
    differences = np.abs(both[targets].to_numpy(dtype=float) - stored)
    return math.inf if np.isnan(differences).any() else float(differences.max())
