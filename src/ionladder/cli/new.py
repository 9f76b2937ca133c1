"""``ionladder new``: a submission folder to fill in."""

from __future__ import annotations

from typing import Annotated

import typer


def new(
    task: Annotated[str, typer.Argument(help="Task, for example obelix.")],
    name: Annotated[str, typer.Argument(help="Folder name of the submission: a-z 0-9 . _ -")],
) -> None:
    """Make a submission folder to fill in.

    It holds a commented card and a predictions file that lists the test ids.
    """
    from ionladder.cli.context import load_context
    from ionladder.datasets.load import load_inputs
    from ionladder.datasets.registry import get_task
    from ionladder.submissions.template import write_template

    context = load_context()
    chosen = get_task(task)
    inputs = load_inputs(context.layout, chosen, context.version_of(chosen))
    folder = context.layout.submission_dir(chosen.name, name)
    shown = context.layout.relative(folder)
    write_template(folder, chosen, inputs.test_ids, shown_as=shown)
    print(
        f"Made {shown} with submission.yaml and predictions.csv ({len(inputs.test_ids)} ids).\n"
        f"Fill in both, then run: ionladder score {shown}"
    )
