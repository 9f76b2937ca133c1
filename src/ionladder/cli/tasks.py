"""``ionladder tasks``: what there is to predict, and whether its data are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.specs.task import Task


_STATES = {"here": "here", "absent": "not here", "waiting": "on demand"}


def tasks(
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the tasks: question, data, targets, what they rank by."""
    from ionladder.cli.context import load_context
    from ionladder.cli.show import Grid, show
    from ionladder.core.files import to_json
    from ionladder.datasets.registry import all_tasks

    context = load_context()
    params = context.params
    rows = [
        _row(context, task)
        for task in all_tasks().values()
        if task.name in params.task_versions or task.name in params.waiting
    ]
    if json:
        print(to_json(rows), end="")
        return
    show(
        Grid(
            title=f"{len(rows)} tasks",
            header=["task", "dataset", "to predict", "targets", "ranks by", "data", "question"],
            rows=[
                [
                    row["task"],
                    f"{row['dataset']} {row['dataset_version']}",
                    _entries(row),
                    ", ".join(f"{name} / {unit}" for name, unit in row["targets"].items()),
                    row["primary"],
                    _STATES[row["state"]],
                    row["question"],
                ]
                for row in rows
            ],
            numbers_from=7,
        )
    )
    absent = [row["task"] for row in rows if row["state"] == "absent"]
    if absent:
        print(f"Not here: {', '.join(absent)}. `ionladder fetch` and `ionladder ingest` get them.")
    waiting = [row["task"] for row in rows if row["state"] == "waiting"]
    if waiting:
        print(
            f"Fetched on demand: {', '.join(waiting)}. `ionladder fetch DATASET --pin` gets the "
            "data of one; no board until somebody has."
        )


def _row(context: Context, task: Task) -> dict[str, Any]:
    is_waiting = task.name in context.params.waiting
    version = context.params.waiting[task.name] if is_waiting else context.version_of(task)
    is_here = not is_waiting and _is_here(context, task, version)
    return {
        "task": task.name,
        "title": task.title,
        "question": task.question,
        "dataset": task.dataset,
        "dataset_version": version,
        "scored_on": "folds" if task.scored_folds else "test",
        "n_to_predict": _count(context, task, version),
        "targets": {target.name: target.unit for target in task.targets},
        "primary": task.primary_use.title,
        "is_here": is_here,
        "state": "here" if is_here else "waiting" if is_waiting else "absent",
    }


def _is_here(context: Context, task: Task, version: str) -> bool:
    from ionladder.datasets.registry import get_dataset

    tables = get_dataset(task.dataset).tables
    return all(context.layout.table(task.dataset, version, t.name).is_file() for t in tables)


def _count(context: Context, task: Task, version: str) -> int | None:
    """Entries to predict by the split; None where it is not on this machine."""
    from ionladder.core.tables import read_parquet
    from ionladder.datasets.load import split_of_task

    path = context.layout.table(task.dataset, version, "splits")
    if not path.is_file():
        return None
    split = split_of_task(read_parquet(path, shown_as=context.layout.relative(path)), task)
    wanted = "train" if task.scored_folds else "test"
    parts: list[str] = split["subset"].to_pylist()
    return parts.count(wanted)


def _entries(row: dict[str, Any]) -> str:
    number = "–" if row["n_to_predict"] is None else str(row["n_to_predict"])
    return f"{number} out of fold" if row["scored_on"] == "folds" else f"{number} test entries"
