"""``ionladder score``: the verdict on one submission, as the leaderboard will print it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from ionladder.scoring.evaluate import Evaluation, Score
    from ionladder.specs.task import Task


def score(
    path: Annotated[Path, typer.Argument(help="Submission folder: submissions/<task>/<name>.")],
    task: Annotated[
        str | None, typer.Option(help="Task, if the folder is not under submissions/<task>/.")
    ] = None,
    dataset_version: Annotated[
        str | None, typer.Option(help="Dataset version, if not the one that params.yaml names.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON.")] = False,
) -> None:
    """Score a submission; nothing is written.

    The numbers are those that the board will show.
    """
    from ionladder.cli.context import load_context, task_of
    from ionladder.core.files import to_json
    from ionladder.scoring.score import TaskScorer

    context = load_context()
    chosen = task_of(path, task)
    version = context.version_of(chosen, dataset_version)
    scorer = TaskScorer.open(context.layout, chosen, version, context.params.scoring)
    scored = scorer.score(path)
    if json:
        print(to_json(scored.receipt), end="")
        return
    _print_verdict(scored.submission.card.model, scored.evaluation, chosen, version)


def _print_verdict(model: str, evaluation: Evaluation, task: Task, version: str) -> None:
    from rich.console import Console

    console = Console()
    n_seeds = len(evaluation.seeds)
    seeds = f", mean of {n_seeds} seeds" if n_seeds > 1 else ""
    console.print(
        f"[bold]{_plain(model)}[/bold] on {task.name} ({task.dataset} {version}): "
        f"{evaluation.n_scored} of {evaluation.n_expected} entries scored{seeds}."
    )
    for name in evaluation.targets:
        console.print(_table(evaluation, task, name))
    console.print(
        "95 % intervals resample groups of related entries "
        f"({evaluation.targets[task.primary.target][task.primary.subset].n_groups} groups)."
    )


def _table(evaluation: Evaluation, task: Task, target_name: str) -> Table:
    from rich.table import Table

    from ionladder.specs.task import MEAN_OF_TARGETS

    if target_name == MEAN_OF_TARGETS:
        title = f"Mean over targets, errors in {task.targets[0].error_unit}"
    else:
        target = task.target(target_name)
        title = f"{target.symbol}, errors in {target.error_unit}"
    table = Table(title=title, title_justify="left")
    table.add_column("metric", no_wrap=True)
    subsets = evaluation.targets[target_name]
    for subset in task.subsets:
        table.add_column(f"{subset.title} ({subsets[subset.name].n})", justify="right")
    for use in task.metrics:
        cells = [_cell(subsets[subset.name].metrics[use.name]) for subset in task.subsets]
        table.add_row(use.title, *cells)
    return table


def _cell(score: Score) -> str:
    from math import isnan

    if isnan(score.value):
        return "–"
    value = f"{score.value:.3f}"
    return value if isnan(score.ci_low) else f"{value} [{score.ci_low:.2f}, {score.ci_high:.2f}]"


def _plain(text: str) -> str:
    """Contributed text without markup or control characters."""
    from rich.markup import escape

    return escape("".join(character for character in text if character.isprintable()))
