"""``ionladder validate``: are submissions complete and correct?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.specs.task import Task
    from ionladder.submissions.validate import Expectations


def validate(
    paths: Annotated[
        list[Path], typer.Argument(help="Submission folders: submissions/<task>/<name>.")
    ],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folder is not under submissions/<task>/.",
            autocompletion=task_names,
        ),
    ] = None,
) -> None:
    """List every problem of a submission, if any; of several, each has its verdict."""
    from ionladder.cli.context import load_context, task_of
    from ionladder.cli.progress import following
    from ionladder.core.errors import SubmissionError
    from ionladder.core.problems import Problem
    from ionladder.scoring.read import load_expectations

    context = load_context()
    expected: dict[str, Expectations] = {}
    problems: list[Problem] = []
    verdicts: list[str] = []
    for path in following(paths, "Validating"):
        chosen = task_of(path, task)
        if chosen.name not in expected:
            version = context.version_of(chosen)
            expected[chosen.name] = load_expectations(context.layout, chosen, version)
        try:
            verdicts.append(_verdict(path, chosen, expected[chosen.name], context))
        except SubmissionError as error:
            problems += error.problems
    for verdict in verdicts:
        print(verdict)
    if problems:
        raise SubmissionError(problems)


def _verdict(path: Path, task: Task, expected: Expectations, context: Context) -> str:
    """One line on a valid submission.

    Raises:
        SubmissionError: It has problems.
    """
    from ionladder.submissions.validate import read_submission

    shown = context.layout.relative(path)
    submission = read_submission(path, task, expected, shown_as=shown)
    n_seeds = len(set(submission.predictions.columns["seed"].tolist()))
    entries, times = f"{len(expected.test_ids)} test entries", "seed"
    if task.scored_folds is not None:
        entries, times = f"{len(expected.test_ids)} training entries, out of fold", "repeat"
    cv = submission.cv_predictions
    predicted = set(cv.columns["scheme"].unique().to_pylist()) if cv else set()
    beside = predicted & {scheme.scheme for scheme in task.cross_validation}
    return (
        f"{shown} is valid: {entries}, "
        f"{n_seeds} {times}{'s' if n_seeds > 1 else ''}, "
        f"{'with' if beside else 'without'} {_beside(task)}."
    )


def _beside(task: Task) -> str:
    """What a submission may bring beside what is scored."""
    if task.scored_folds is None:
        return "cross-validation predictions"
    return f"predictions on other folds ({', '.join(s.scheme for s in task.cross_validation)})"
