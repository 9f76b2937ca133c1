"""A metric: a named function of labels and predictions that knows its direction and unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of the registry.

    Attributes:
        name: Module name and key (``mae``).
        title: Name as printed (``MAE``).
        direction: Whether smaller or larger is better.
        unit: ``target`` when the value has the target's unit, ``1`` when dimensionless.
        function: ``function(y_true, y_pred, **options) -> float``; NaN where undefined.
        formula: The definition in one line of plain text.
        reference: Where the definition comes from.
        entrywise: For metrics that are a transformed mean over entries: the per-entry values,
            ``entrywise(y_true, y_pred, **options)`` of the shape of ``y_pred``. ``y_pred`` may be
            of shape (n_entries,) or (n_seeds, n_entries). Only such metrics get an interval.
        from_mean: The transformation of that mean (identity for MAE, square root for RMSE).
        needs: Extra per-entry label columns handed over as options (``upper_limit``).
        options: Settings a task must state (``threshold``).
        is_share: Whether the value is a share of entries, between 0 and 1.
        accepts_missing: Whether ``y_true`` may be NaN, to which the metric then gives a meaning;
            for other metrics, entries without a label are left out.
        ideal: What a perfect prediction scores, where values beyond it are no better (1 for a
            slope); the direction then says from which side predictions usually come. None where
            the direction says all.
    """

    name: str
    title: str
    direction: Direction
    unit: Literal["target", "1"]
    function: Callable[..., float]
    formula: str
    reference: str
    entrywise: Callable[..., Array] | None = None
    from_mean: Callable[[Array], Array] | None = None
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    is_share: bool = False
    accepts_missing: bool = False
    ideal: float | None = None
