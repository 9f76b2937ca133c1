"""The floors of a task: how far repeated measurements of the same material lie apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.statistics.floor import Floor, replicate_floors


def compute_floors(
    replicates: pd.DataFrame, task: Task, settings: ScoringSettings
) -> tuple[Floor, ...]:
    """Floors of the primary target; empty when the task has no repeated measurements.

    Args:
        replicates: Labels that belong to a group of repeated measurements: the targets and the
            task's replicate column.
        task: The task.
        settings: Interval settings.
    """
    if task.replicate_column is None or replicates.empty:
        return ()
    return replicate_floors(
        replicates[task.primary.target].to_numpy(np.float64),
        replicates[task.replicate_column].to_numpy(np.int64),
        resamples=settings.resamples,
        seed=settings.seed,
        confidence=settings.confidence,
    )
