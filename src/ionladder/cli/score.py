"""``ionladder score``: the verdict on one submission, as the leaderboard will print it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from ionladder.cli.show import Grid
    from ionladder.leaderboard.standing_of import StandingOf
    from ionladder.scoring.evaluate import Evaluation
    from ionladder.scoring.summary import Score
    from ionladder.specs.task import Task


def score(
    path: Annotated[Path, typer.Argument(help="Submission folder: submissions/<task>/<name>.")],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folder is not under submissions/<task>/.", autocompletion=task_names
        ),
    ] = None,
    dataset_version: Annotated[
        str | None, typer.Option(help="Dataset version, if not the one that params.yaml names.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With --json: also its place on the board.")
    ] = False,
) -> None:
    """Score a submission and say where it would rank; nothing is written.

    The numbers are those that the board will show. Exit code 1 if it cannot be scored.
    """
    from ionladder.cli.context import load_context, task_of
    from ionladder.cli.progress import following
    from ionladder.core.files import to_json
    from ionladder.leaderboard.standing_of import full_json, stand
    from ionladder.scoring.score import TaskScorer

    context = load_context()
    chosen = task_of(path, task)
    version = context.version_of(chosen, dataset_version)
    settings = context.params.scoring
    scorer = TaskScorer.open(context.layout, chosen, version, settings)
    scored = scorer.score(path)
    if json and not full:
        print(to_json(scored.receipt), end="")
        return
    follow = partial(following, doing="Scoring the board")
    found = stand(
        context.layout,
        chosen,
        version,
        scorer=scorer,
        settings=settings,
        mine=scored,
        follow=follow,
    )
    if json:
        print(to_json(full_json(found, chosen)), end="")
        return
    _print_verdict(found, chosen, version)


def _print_verdict(found: StandingOf, task: Task, version: str) -> None:
    from ionladder.cli.show import plain, show
    from ionladder.cli.standing import standing_lines

    evaluation = found.mine.evaluation
    n_seeds = len(evaluation.seeds)
    trained = "seeds" if task.scored_folds is None else f"repeats of {task.scored_folds.scheme}"
    seeds = f", mean of {n_seeds} {trained}" if n_seeds > 1 else ""
    print(
        f"{plain(found.mine.submission.card.model)} on {task.name} ({task.dataset} {version}): "
        f"{evaluation.n_scored} of {evaluation.n_expected} entries scored{seeds}."
    )
    for grid in _grids(evaluation, task):
        show(grid)
    print(
        "95 % intervals resample groups of related entries "
        f"({evaluation.targets[task.primary.target][task.primary.subset].n_groups} groups)."
    )
    for line in standing_lines(found, task):
        print(line)


def _grids(evaluation: Evaluation, task: Task) -> Iterator[Grid]:
    if len(task.targets) == 1:
        yield _by_subset(evaluation, task)
    else:
        yield _by_target(evaluation, task)
        yield _primary_by_subset(evaluation, task)


def _by_subset(evaluation: Evaluation, task: Task) -> Grid:
    """Metrics × subsets of a task with one target."""
    from ionladder.cli.show import Grid

    target = task.targets[0]
    subsets = evaluation.targets[target.name]
    heads = [f"{subset.title} ({subsets[subset.name].n})" for subset in task.subsets]
    rows = [
        [use.title, *(_cell(subsets[s.name].metrics[use.name]) for s in task.subsets)]
        for use in task.metrics
    ]
    title = f"{target.symbol}, errors in {target.error_unit}"
    return Grid(title=title, header=["", *heads], rows=rows)


def _by_target(evaluation: Evaluation, task: Task) -> Grid:
    """Metrics × targets on the primary subset, the mean over targets first if it is ranked by."""
    from ionladder.cli.show import Grid

    symbols = {target.name: target.symbol for target in task.targets}
    names = sorted(evaluation.targets, key=lambda name: name in symbols)
    subset = task.primary.subset
    rows = [
        [use.title, *(_cell(evaluation.score(name, subset, use.name)) for name in names)]
        for use in task.metrics
    ]
    title = f"{subset} entries, errors in {task.targets[0].error_unit}"
    return Grid(title=title, header=["", *(symbols.get(n, "mean") for n in names)], rows=rows)


def _primary_by_subset(evaluation: Evaluation, task: Task) -> Grid:
    """The primary metric on every subset."""
    from ionladder.cli.show import Grid

    rows = []
    for subset in task.subsets:
        scores = evaluation.targets[task.primary.target][subset.name]
        rows.append([subset.title, str(scores.n), _cell(scores.metrics[task.primary.metric])])
    title = f"{task.primary_use.title} by subset"
    return Grid(title=title, header=["", "entries", "value"], rows=rows)


def _cell(score: Score) -> str:
    from math import isnan

    if isnan(score.value):
        return "–"
    value = f"{score.value:.3f}"
    return value if isnan(score.ci_low) else f"{value} [{score.ci_low:.2f}, {score.ci_high:.2f}]"
