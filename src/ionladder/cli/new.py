"""``ionladder new``: a submission folder to fill in."""

from __future__ import annotations

from typing import Annotated

import typer

from ionladder.cli.names import task_names


def new(
    task: Annotated[
        str, typer.Argument(help="Task, for example obelix.", autocompletion=task_names)
    ],
    name: Annotated[str, typer.Argument(help="Folder name of the submission: a-z 0-9 . _ -")],
) -> None:
    """Make a submission folder to fill in.

    It holds a commented card and a predictions file that lists the ids to predict.
    """
    from ionladder.cli.context import load_context
    from ionladder.datasets.frames import require_frames
    from ionladder.datasets.load import load_inputs
    from ionladder.datasets.registry import get_task
    from ionladder.submissions.template import array_filler, write_template

    context = load_context()
    chosen = get_task(task)
    version = context.version_of(chosen)
    inputs = load_inputs(context.layout, chosen, version)
    given = chosen.given and require_frames(context.layout, chosen.dataset, version, chosen.given)
    fill = array_filler(chosen, given or None)
    folder = context.layout.submission_dir(chosen.name, name)
    shown = context.layout.relative(folder)
    file = write_template(folder, chosen, inputs.test_ids, inputs.folds, shown_as=shown, fill=fill)
    ids = f"{len(inputs.test_ids)} ids"
    if chosen.scored_folds is not None:
        rows = inputs.folds[inputs.folds["scheme"] == chosen.scored_folds.scheme]
        ids = f"{rows['id'].nunique()} ids in each of {rows['repeat'].nunique()} repeats"
    print(
        f"Made {shown} with submission.yaml and {file} ({ids}).\n"
        f"Fill in both, then run: ionladder score {shown}"
    )
