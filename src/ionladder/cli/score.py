"""``ionladder score``: the verdict on one submission, as the leaderboard will print it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from ionladder.scoring.evaluate import Evaluation
    from ionladder.scoring.summary import Score
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
    trained = "seeds" if task.scored_folds is None else f"repeats of {task.scored_folds.scheme}"
    seeds = f", mean of {n_seeds} {trained}" if n_seeds > 1 else ""
    console.print(
        f"[bold]{_plain(model)}[/bold] on {task.name} ({task.dataset} {version}): "
        f"{evaluation.n_scored} of {evaluation.n_expected} entries scored{seeds}."
    )
    if len(task.targets) == 1:
        console.print(_by_subset(evaluation, task))
    else:
        console.print(_by_target(evaluation, task))
        console.print(_primary_by_subset(evaluation, task))
    console.print(
        "95 % intervals resample groups of related entries "
        f"({evaluation.targets[task.primary.target][task.primary.subset].n_groups} groups)."
    )


def _by_subset(evaluation: Evaluation, task: Task) -> Table:
    """Metrics × subsets of a task with one target."""
    target = task.targets[0]
    table = _new_table(f"{target.symbol}, errors in {target.error_unit}")
    subsets = evaluation.targets[target.name]
    for subset in task.subsets:
        table.add_column(f"{subset.title} ({subsets[subset.name].n})", justify="right")
    for use in task.metrics:
        cells = [_cell(subsets[subset.name].metrics[use.name]) for subset in task.subsets]
        table.add_row(use.title, *cells)
    return table


def _by_target(evaluation: Evaluation, task: Task) -> Table:
    """Metrics × targets on the primary subset, the mean over targets first if it is ranked by."""
    table = _new_table(f"{task.primary.subset} entries, errors in {task.targets[0].error_unit}")
    symbols = {target.name: target.symbol for target in task.targets}
    names = sorted(evaluation.targets, key=lambda name: name in symbols)
    for name in names:
        table.add_column(symbols.get(name, "mean"), justify="right")
    for use in task.metrics:
        subset = task.primary.subset
        cells = [_cell(evaluation.score(name, subset, use.name)) for name in names]
        table.add_row(use.title, *cells)
    return table


def _primary_by_subset(evaluation: Evaluation, task: Task) -> Table:
    """The primary metric on every subset."""
    table = _new_table(f"{task.primary_use.title} by subset")
    table.add_column("entries", justify="right")
    table.add_column("value", justify="right")
    for subset in task.subsets:
        scores = evaluation.targets[task.primary.target][subset.name]
        cell = _cell(scores.metrics[task.primary.metric])
        table.add_row(subset.title, str(scores.n), cell)
    return table


def _new_table(title: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
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
