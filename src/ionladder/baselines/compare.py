"""How far two tables of predictions lie apart."""

from __future__ import annotations

import math

import pandas as pd

from ionladder.baselines.training import TARGET

_KEYS = ("scheme", "repeat", "fold", "seed", "id")


def largest_difference(committed: pd.DataFrame, rerun: pd.DataFrame) -> float:
    """Largest absolute difference of the target over the rows of ``rerun``.

    Args:
        committed: Stored predictions; rows that ``rerun`` does not have are passed over.
        rerun: Fresh predictions, with the same key columns.

    Returns:
        The difference in the target's unit; infinity when a row of ``rerun`` is not stored.
    """
    keys = [key for key in _KEYS if key in rerun.columns]
    both = rerun.merge(committed, on=keys, how="left", suffixes=("", "_committed"))
    differences = (both[TARGET] - both[f"{TARGET}_committed"]).abs()
    return math.inf if differences.isna().any() else float(differences.max())
