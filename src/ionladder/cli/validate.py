"""``ionladder validate``: is a submission complete and correct?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
    n_seeds = submission.predictions.rows["seed"].nunique()
    cv = "with" if submission.cv_predictions else "without"
    print(
        f"{context.layout.relative(path)} is valid: {len(expectations.test_ids)} test entries, "
        f"{n_seeds} seed{'s' if n_seeds > 1 else ''}, {cv} cross-validation predictions."
    )
