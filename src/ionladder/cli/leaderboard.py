"""``ionladder leaderboard``: score every submission of a task and write its board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.specs.task import Task


def leaderboard(
    tasks: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tasks; default: all that params.yaml names.", autocompletion=task_names
        ),
    ] = None,
) -> None:
    """Score all submissions and write the board.

    A board is leaderboard/<task>.json and its CSV twin, with one receipt per submission. What
    changed since the last time is added to leaderboard/history.jsonl.
    """
    from ionladder.cli.context import load_context
    from ionladder.datasets.registry import get_task

    context = load_context()
    for name in tasks or list(context.params.task_versions):
        task = get_task(name)
        _write_board(context, task, context.version_of(task))


def _write_board(context: Context, task: Task, version: str) -> None:
    import sys

    from ionladder.core.problems import letter, visible
    from ionladder.leaderboard.publish import publish

    layout = context.layout
    published = publish(layout, task, version, context.params.scoring)
    result = published.scores
    print(
        f"{task.name}: {len(result.scored)} submissions scored on {task.dataset} {version}, "
        f"{len(result.refused)} refused; "
        f"wrote {layout.relative(layout.leaderboard_json(task.name))}."
    )
    n_records = len(published.records)
    if n_records:
        print(
            f"{n_records} record{'s' * (n_records > 1)} added to "
            f"{layout.relative(layout.history)}; "
            f"`ionladder changes {task.name}` says what moved and why."
        )
    for name, problems in result.refused.items():
        where = visible(f"submissions/{task.name}/{name}")
        print(f"Not scored: {where}\n{letter(problems)}", file=sys.stderr)
