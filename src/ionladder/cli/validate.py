"""``ionladder validate``: is a submission complete and correct?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.specs.task import Task


def validate(
    path: Annotated[Path, typer.Argument(help="Submission folder: submissions/<task>/<name>.")],
    task: Annotated[
        str | None, typer.Option(help="Task, if the folder is not under submissions/<task>/.")
    ] = None,
) -> None:
    """List every problem of a submission, if any."""
    from ionladder.cli.context import load_context, task_of
    from ionladder.scoring.read import load_expectations
    from ionladder.submissions.validate import read_submission

    context = load_context()
    chosen = task_of(path, task)
    version = context.version_of(chosen)
    expectations = load_expectations(context.layout, chosen, version)
    submission = read_submission(path, chosen, expectations, shown_as=context.layout.relative(path))
    n_seeds = len(set(submission.predictions.columns["seed"].tolist()))
    entries, times = f"{len(expectations.test_ids)} test entries", "seed"
    if chosen.scored_folds is not None:
        entries, times = f"{len(expectations.test_ids)} training entries, out of fold", "repeat"
    cv = submission.cv_predictions
    predicted = set(cv.columns["scheme"].unique().to_pylist()) if cv else set()
    beside = predicted & {scheme.scheme for scheme in chosen.cross_validation}
    print(
        f"{context.layout.relative(path)} is valid: {entries}, "
        f"{n_seeds} {times}{'s' if n_seeds > 1 else ''}, "
        f"{'with' if beside else 'without'} {_beside(chosen)}."
    )


def _beside(task: Task) -> str:
    """What a submission may bring beside what is scored."""
    if task.scored_folds is None:
        return "cross-validation predictions"
    return f"predictions on other folds ({', '.join(s.scheme for s in task.cross_validation)})"
