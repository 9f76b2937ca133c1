"""From a results file of matbench to predictions of one of our tasks.

A matbench task is told by its name where it has the name that `ionladder export` gave, and by its
ids otherwise: those of the test entries, or those of frozen folds, fold by fold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ionladder.core.errors import InterchangeError
from ionladder.core.problems import Problem, first_few
from ionladder.interchange.foreign import Foreign
from ionladder.interchange.matbench import Fold, Results
from ionladder.interchange.matbench_names import MatbenchName, parse_name
from ionladder.interchange.merge import Column, merge_targets
from ionladder.interchange.packed import refusal
from ionladder.specs.task import Task
from ionladder.submissions.coverage import coverage_problems

if TYPE_CHECKING:
    import pandas as pd

_CLAIMS_NOTE = (
    "Scores inside the file are its author's claim and were not used; the board scores the "
    "predictions."
)


def predictions_of(
    results: Results,
    task: Task,
    *,
    test_ids: Collection[str],
    train_ids: Collection[str],
    folds: pd.DataFrame,
    wanted: str | None = None,
) -> Foreign:
    """Predictions of a task.

    Args:
        results: The results file.
        task: Our task.
        test_ids: Entries that its board scores.
        train_ids: Its training entries.
        folds: Its frozen folds: ``scheme, repeat, fold, id``.
        wanted: Name of the matbench task to take, where names alone do not tell.

    Raises:
        InterchangeError: No task of the file is one of ours; targets or ids do not fit together.
    """
    test: dict[str, list[Column]] = {}
    cross: dict[tuple[str, int], dict[str, list[Column]]] = {}
    for name, recorded in _chosen(results, task, wanted).items():
        where = f"{results.name}, task {name}"
        split = parse_name(name) or _recognise(
            recorded, task, name, where, test_ids=test_ids, train_ids=train_ids, folds=folds
        )
        columns = _columns(recorded, split.target)
        if split.scheme is None:
            test[split.target] = columns
        else:
            cross.setdefault((split.scheme, split.repeat), {})[split.target] = columns
    return Foreign(
        predictions=merge_targets(test, task, where=f"{results.name}, test entries"),
        cv_predictions=_joined(cross, task, results.name),
        notes=(_CLAIMS_NOTE,),
    )


def _chosen(results: Results, task: Task, wanted: str | None) -> Mapping[str, tuple[Fold, ...]]:
    """The tasks of the file that are splits of ours."""
    ours = {name: parse_name(name) for name in (*results.tasks, *results.unreadable)}
    names = [name for name, split in ours.items() if split and split.task == task.name]
    if wanted is not None:
        names = [wanted]
    elif not names and len(ours) == 1:
        names = list(ours)
    unknown = [name for name in names if name not in ours]
    if not names or unknown:
        expected = f"a task of {task.name} ({task.name}__test__…), or one named by --matbench-task"
        found = f"tasks {first_few(ours, limit=13)}"
        step = f"Export the splits with `ionladder export {task.name} --format matbench-folds`."
        raise refusal(results.name, expected, found, step)
    broken = [results.unreadable[name] for name in names if name in results.unreadable]
    if broken:
        raise InterchangeError(broken)
    return {name: results.tasks[name] for name in names}


def _recognise(
    recorded: Sequence[Fold],
    task: Task,
    name: str,
    where: str,
    *,
    test_ids: Collection[str],
    train_ids: Collection[str],
    folds: pd.DataFrame,
) -> MatbenchName:
    """Which split a task of another name is, by its target and its ids."""
    target = _target_of(name, task, where)
    mine = {fold.number: frozenset(fold.predictions) for fold in recorded}
    together = frozenset(chain.from_iterable(mine.values()))
    if len(together & frozenset(test_ids)) < len(together & frozenset(train_ids)):
        for (scheme, repeat), part in folds.groupby(["scheme", "repeat"], observed=True):
            if mine == part.groupby("fold")["id"].agg(frozenset).to_dict():
                return MatbenchName(
                    task=task.name, target=target, scheme=str(scheme), repeat=int(str(repeat))
                )
    elif together == frozenset(test_ids):
        return MatbenchName(task=task.name, target=target)
    problems = coverage_problems(
        sorted(together), expected=test_ids, where=where, elsewhere={"training": train_ids}
    )
    raise InterchangeError(
        [*problems, _no_split(task, where)] if together <= frozenset(train_ids) else problems
    )


def _no_split(task: Task, where: str) -> Problem:
    return Problem(
        where=where,
        expected="the test entries, or the frozen folds with fold_0 as fold 0 and so on",
        found="training entries in other folds",
        next_step=f"`ionladder export {task.name} --format matbench-folds` writes the folds.",
    )


def _target_of(name: str, task: Task, where: str) -> str:
    if len(task.targets) == 1:
        return task.targets[0].name
    matches = [target.name for target in task.targets if name.endswith(target.name)]
    if len(matches) == 1:
        return matches[0]
    targets = ", ".join(target.name for target in task.targets)
    step = "Rename the task so that it ends with the name of its target."
    raise refusal(where, f"a name that ends with one of {targets}", name, step)


def _columns(recorded: Iterable[Fold], target: str) -> list[Column]:
    """Id, fold number, prediction and stated deviation of every prediction."""
    return [
        Column(
            id=identifier,
            fold=fold.number,
            cells={target: cell}
            | ({f"{target}_std": fold.std[identifier]} if identifier in fold.std else {}),
        )
        for fold in recorded
        for identifier, cell in fold.predictions.items()
    ]


def _joined(
    cross: Mapping[tuple[str, int], dict[str, list[Column]]], task: Task, name: str
) -> dict[str, list[str]]:
    """All folds below one another."""
    targets = [target.name for target in task.targets]
    joined: dict[str, list[str]] = {}
    for (scheme, repeat), parts in sorted(cross.items()):
        where = f"{name}, {scheme}, repeat {repeat}"
        merged = merge_targets(parts, task, where=where, is_folded=True)
        count = len(merged["id"])
        rows = {"scheme": [scheme] * count, "repeat": [str(repeat)] * count}
        rows |= {key: merged[key] for key in ("fold", "id", *targets)}
        for key, cells in rows.items():
            joined.setdefault(key, []).extend(cells)
    return joined
