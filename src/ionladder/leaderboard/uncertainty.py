"""The columns of a board on predicted standard deviations; they appear when somebody gives some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ionladder.specs.task import Task
from ionladder.statistics.calibration import SCORES


def uncertainty_columns(receipt: Mapping[str, Any], task: Task) -> dict[str, float | None]:
    """The columns that a receipt adds to its row: means over the targets that enter the rank.

    Empty when the submission gives no standard deviations, or not for all of these targets: a mean
    over some of them would not compare with that of others. A number is null where no entry could
    be judged.
    """
    from ionladder.scoring.receipt import rounded

    given = receipt.get("uncertainty") or {}
    parts = [given.get(target.name) for target in task.primary_targets]
    if not all(parts):
        return {}
    numbers = {name: [part[name] for part in parts if part] for name in SCORES}
    return {
        name: None if None in values else rounded(float(np.mean(values)))
        for name, values in numbers.items()
    }
