"""From what a notebook holds to checked predictions: ids required, every target, every id once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ionladder.core.errors import SubmissionError
from ionladder.core.problems import Problem, first_few
from ionladder.specs.task import Task
from ionladder.submissions.coverage import coverage_problems

if TYPE_CHECKING:
    import pandas as pd


def check_predictions(
    predictions: object,
    task: Task,
    *,
    expected: Collection[str],
    elsewhere: Mapping[str, Collection[str]],
    where: str,
    with_std: bool = False,
) -> pd.DataFrame:
    """Hold predictions to the ids of a fold and to the targets of a task.

    Args:
        predictions: A Series by id (tasks of one target), a dict of id → number or id → dict of
            target → number, or a DataFrame with the ids as index or as column ``id``.
        task: The task.
        expected: Ids that must be predicted, each once.
        elsewhere: Other id sets by name, to recognise a mix-up.
        where: Fold, for messages.
        with_std: Whether columns ``<target>_std`` are taken along.

    Returns:
        One row per id, sorted and indexed by ``id``: a float64 column per target, in the order
        of the task.

    Raises:
        SubmissionError: There are no ids, they are not those expected, a target is missing, or a
            value is not a finite number; all problems together.
    """
    import numpy as np
    import pandas as pd

    frame = _as_frame(predictions, task, where)
    problems = _id_problems(frame, where)
    targets = [target.name for target in task.targets]
    stds = [f"{name}_std" for name in targets if f"{name}_std" in frame.columns and with_std]
    problems += _column_problems(frame, targets, stds, where)
    if problems:
        raise SubmissionError(problems)
    problems = coverage_problems(
        frame.index.tolist(), expected=expected, where=where, elsewhere=elsewhere
    )
    numbers = frame[[*targets, *stds]].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    for name in numbers.columns:
        bad = numbers.index[~np.isfinite(numbers[name])].tolist()
        if bad:
            problems.append(
                Problem(
                    where=f"{where}, `{name}`",
                    expected="a finite number for every id",
                    found=f"{len(bad)} other value{'s' if len(bad) > 1 else ''} ({first_few(bad)})",
                    next_step="Predict a number for every id: gaps are not scored around.",
                )
            )
    if problems:
        raise SubmissionError(problems)
    ordered: pd.DataFrame = numbers.sort_index().rename_axis("id")
    return ordered


def _as_frame(predictions: object, task: Task, where: str) -> pd.DataFrame:
    """Any of the accepted forms as a frame indexed by id."""
    import pandas as pd

    if isinstance(predictions, pd.DataFrame):
        return predictions.set_index("id") if "id" in predictions.columns else predictions
    if isinstance(predictions, pd.Series):
        predictions = predictions.to_dict() if predictions.index.is_unique else predictions
    if isinstance(predictions, Mapping):
        if any(isinstance(value, Mapping) for value in predictions.values()):
            return pd.DataFrame.from_dict(dict(predictions), orient="index")
        predictions = pd.Series(dict(predictions), dtype=object)
    if isinstance(predictions, pd.Series):
        if len(task.targets) == 1:
            return predictions.to_frame(task.targets[0].name)
        raise SubmissionError(_several_targets(task, where))
    raise SubmissionError(_no_ids(predictions, where))


def _id_problems(frame: pd.DataFrame, where: str) -> list[Problem]:
    if all(isinstance(name, str) for name in frame.index):
        return []
    shown = first_few(repr(name) for name in frame.index[:3])
    return [
        Problem(
            where=where,
            expected="predictions by id, ids as text",
            found=f"an index of {frame.index.dtype} ({shown}, …)",
            next_step="Keep the ids of the inputs: pd.Series(predictions, index=inputs.index).",
        )
    ]


def _column_problems(
    frame: pd.DataFrame, targets: list[str], stds: list[str], where: str
) -> list[Problem]:
    from ionladder.submissions.columns import column_problems

    names = [str(name) for name in frame.columns]
    return column_problems(names, required=targets, optional=stds, shown_as=where)


def _no_ids(predictions: object, where: str) -> Problem:
    return Problem(
        where=where,
        expected="predictions by id: a Series, a dict or a DataFrame",
        found=f"a {type(predictions).__name__}, which says nothing of the order it is in",
        next_step="Keep the ids of the inputs: pd.Series(predictions, index=inputs.index).",
    )


def _several_targets(task: Task, where: str) -> Problem:
    names = ", ".join(target.name for target in task.targets)
    return Problem(
        where=where,
        expected=f"one number per id for each of {names}",
        found="one number per id",
        next_step=f"Give a DataFrame indexed by id with the columns {names}.",
    )
