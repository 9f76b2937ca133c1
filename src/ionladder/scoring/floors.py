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
    """Floors of the primary score; empty when the task has no repeated measurements.

    With several primary targets, a group is one target of one replicated entry, so that the
    floor is the mean over targets; values are clipped where the primary metric clips them.

    Args:
        replicates: Labels that belong to a group of repeated measurements: the targets and
            ``replicate_group``; a missing label is one beyond every number.
        task: The task.
        settings: Interval settings.
    """
    if replicates.empty:
        return ()
    targets = task.primary_targets
    values = [replicates[target.name].to_numpy(np.float64, na_value=np.nan) for target in targets]
    groups = replicates["replicate_group"].to_numpy(np.int64)
    step = int(groups.max()) + 1
    clip = task.primary_use.options.get("clip", np.inf)
    pooled = np.concatenate([np.minimum(np.where(np.isnan(v), clip, v), clip) for v in values])
    return replicate_floors(
        pooled,
        np.concatenate([groups + position * step for position in range(len(targets))]),
        confidence=settings.confidence,
    )
