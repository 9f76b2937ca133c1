"""Loading a task by its name, from the repository around a notebook."""

from __future__ import annotations

from pathlib import Path

from ionladder.core.errors import ConfigError
from ionladder.core.paths import Layout, find_layout
from ionladder.core.problems import Problem, did_you_mean
from ionladder.datasets.load import load_inputs
from ionladder.notebook.task import LoadedTask
from ionladder.specs.task import Task


def load_task(
    name: str, *, scheme: str | None = None, root: Path | str | None = None
) -> LoadedTask:
    """Load a task: its inputs, its training labels and its frozen folds.

    Args:
        name: Task, for example ``obelix`` or ``bvel-proto``.
        scheme: Fold scheme that ``folds`` counts; the one to develop on unless given.
        root: A clone of the repository; the one around the current folder unless given.

    Raises:
        ConfigError: There is no such task or scheme, or no repository here.
        DataMissingError: Its tables are not on this machine; the letter says how to get them.

    Example:
        A mean as a model, from folds to a folder to submit::

            import ionladder
            import pandas as pd

            task = ionladder.load_task("obelix")
            for fold in [*task.folds, "test"]:
                inputs, labels = task.get_train_and_val_data(fold)
                mean = labels["log10_sigma"].mean()
                ids = task.get_test_data(fold).index
                task.record(fold, pd.Series(mean, index=ids))
            task.to_submission("my-model")
    """
    from ionladder.datasets.params import load_params
    from ionladder.datasets.pins import require_scored
    from ionladder.datasets.registry import get_task
    from ionladder.submissions.numbers_only import require_numbers

    layout = find_layout() if root is None else Layout(Path(root).resolve())
    spec = get_task(name)
    require_numbers(spec, where="load_task")
    params = load_params(layout)
    require_scored(layout, params, spec.name)
    version = params.task_versions.get(spec.name)
    if version is None:
        raise ConfigError(
            Problem(
                where=f"params.yaml, task {spec.name}",
                expected="a dataset version",
                found="none",
                next_step="Name one under `tasks`.",
            )
        )
    inputs = load_inputs(layout, spec, version)
    return LoadedTask(layout, spec, version, inputs, _scheme(spec, scheme))


def _scheme(spec: Task, wanted: str | None) -> str:
    known = {item.scheme: item for item in spec.fold_schemes}
    if wanted in known:
        return known[wanted].scheme
    if wanted is None and known:
        return next((s.scheme for s in spec.fold_schemes if s.is_primary), next(iter(known)))
    raise ConfigError(
        Problem(
            where=f"folds of {spec.name}",
            expected="a known scheme",
            found=repr(wanted),
            next_step=did_you_mean(str(wanted), known),
        )
    )
