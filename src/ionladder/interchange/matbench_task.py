"""One of our splits as a task of matbench itself, for notebooks that are written against it.

matbench 0.6 knows its own 13 tasks only, and reads them from matminer. Here the same class gets our
splits, metadata and data instead; folds, recording, validation and scores are matbench's own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ionladder.core.errors import InterchangeError
from ionladder.core.problems import Problem, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

_INSTALL = "docs/interchange.md says how the extra `matbench` is installed with pip and with uv."


def matbench_task(
    validation: Mapping[str, Any], metadata: Mapping[str, Any], name: str, frame: pd.DataFrame
) -> Any:
    """A ``matbench.task.MatbenchTask`` on one of our splits.

    Args:
        validation: Content of ``<task>_validation.json``.
        metadata: Content of ``<task>_metadata.json``.
        name: Name of the split in both.
        frame: One row an entry, indexed by id: a column named as the metadata's ``input_type``
            (``composition`` or ``structure``) and one with the target.

    Returns:
        The task: ``folds``, ``get_train_and_val_data``, ``get_test_data``, ``record``, ``scores``.
        ``record`` takes predictions by position, in the order of ``get_test_data``.

    Raises:
        InterchangeError: matbench is not installed, or there is no such split.
    """
    if name not in validation["splits"] or name not in metadata:
        raise InterchangeError(
            Problem(
                where="matbench_task",
                expected="a split of the validation file",
                found=repr(name),
                next_step=did_you_mean(name, validation["splits"]),
            )
        )
    try:
        from matbench.task import MatbenchTask
        from matbench.util import RecursiveDotDict
    except ImportError as error:
        raise InterchangeError(
            Problem(
                where="matbench_task",
                expected="the package matbench",
                found=f"none that can be imported ({error})",
                next_step=_INSTALL,
            )
        ) from error
    # Its constructor looks the name up among matminer's datasets; everything else needs only these.
    task = MatbenchTask.__new__(MatbenchTask)
    task.dataset_name = name
    task.benchmark_name = f"ionladder_{validation['metadata']['dataset']}"
    task.df, task.info = frame, ""
    task.metadata = RecursiveDotDict(dict(metadata[name]))
    task.validation = RecursiveDotDict(dict(validation["splits"][name]))
    task.folds_keys = list(task.validation)
    task.folds_nums = task.folds = list(range(len(task.folds_keys)))
    task.folds_map = dict(zip(task.folds_nums, task.folds_keys, strict=True))
    task.results = RecursiveDotDict({})
    return task
