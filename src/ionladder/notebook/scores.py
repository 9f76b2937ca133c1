"""``ionladder.evaluate``: scoring of two tables, for labels that a reader has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.notebook.task import LoadedTask
    from ionladder.scoring.evaluate import Evaluation

# Intervals of one evaluation come from a jackknife: resamples and seed have no part in them.
_SETTINGS = ScoringSettings(resamples=1, seed=0, confidence=0.95)


def evaluate(
    labels: pd.DataFrame,
    predictions: pd.DataFrame,
    task: Task | LoadedTask | str,
    *,
    settings: ScoringSettings = _SETTINGS,
) -> Evaluation:
    """Score predictions against labels, as every board of this package does.

    Args:
        labels: One row per entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets refer to. Which labels these are is the caller's
            choice: those of the test entries are handed out nowhere in this package.
        predictions: ``id``, the targets in the task's unit, and optionally ``seed``; exactly the
            ids of ``labels``, once per seed.
        task: The task, or its name.
        settings: Confidence level of the intervals; 95 % unless given.

    Returns:
        Every metric on every subset; ``score(target, subset, metric)`` gives one of them.

    Raises:
        SubmissionError: The predictions do not cover the ids exactly, or are not finite.
        ConfigError: There is no task of that name.

    Example:
        >>> import pandas as pd
        >>> labels = pd.DataFrame({
        ...     "id": ["a", "b", "c"], "log10_sigma": [-4.0, -6.0, -5.0],
        ...     "log10_sigma_limit": [float("nan")] * 3, "censoring": "none", "in_cif": True,
        ...     "component": [1, 2, 3]})
        >>> predictions = pd.DataFrame({"id": ["c", "b", "a"], "log10_sigma": [-4.0, -6.0, -4.5]})
        >>> evaluate(labels, predictions, "obelix").score("log10_sigma", "all", "mae").value
        0.5
    """
    from ionladder.datasets.registry import get_task
    from ionladder.scoring.evaluate import evaluate as evaluate_tables

    if isinstance(task, str):
        spec = get_task(task)
    else:
        spec = task if isinstance(task, Task) else task.spec
    return evaluate_tables(labels, predictions, spec, settings=settings)
