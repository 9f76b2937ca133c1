"""``ionladder convert``: predictions in the files of another project become a submission folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from ionladder.interchange.convert import Format
    from ionladder.specs.task import Task


def convert(
    files: Annotated[
        list[Path],
        typer.Argument(help="The file; for JARVIS, one for each target of the task."),
    ],
    task: Annotated[str, typer.Option(help="Task, for example obelix.", autocompletion=task_names)],
    kind: Annotated[
        str | None,
        typer.Option("--from", help="jarvis, matbench or csv.", show_default="told by the content"),
    ] = None,
    to_folder: Annotated[
        Path | None,
        typer.Option(help="Folder to make.", show_default="submissions/<task>/<name of the file>"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="TARGET=HEADER: which column of a CSV holds a target.", show_default=""),
    ] = None,
    log10: Annotated[bool, typer.Option("--log10", help="Convert σ in a CSV to log10 σ.")] = False,
    matbench_task: Annotated[
        str | None, typer.Option(help="Task of a results file to take.", show_default="by name")
    ] = None,
) -> None:
    """Make a submission folder from predictions of JARVIS-Leaderboard, matbench or pandas.

    Predictions are checked as every submission is. The card is a template to fill in.
    """
    from ionladder.cli.context import load_context
    from ionladder.datasets.load import load_inputs
    from ionladder.datasets.registry import get_task
    from ionladder.interchange.convert import Choices, read_foreign, write_folder
    from ionladder.submissions.numbers_only import require_numbers
    from ionladder.submissions.validate import Expectations

    context = load_context()
    chosen = get_task(task)
    require_numbers(chosen, where="convert")
    choices = Choices(
        columns=_columns(column or [], chosen), is_log10_asked=log10, matbench_task=matbench_task
    )
    known_kind = _format(kind)
    inputs = load_inputs(context.layout, chosen, context.version_of(chosen))
    expected = Expectations(
        test_ids=inputs.test_ids, train_ids=inputs.train_ids, folds=inputs.folds
    )
    foreign = read_foreign(files, chosen, expected, kind=known_kind, choices=choices)
    folder = to_folder or context.layout.submission_dir(chosen.name, _name(files[0]))
    shown = context.layout.relative(folder)
    source = ", ".join(path.name for path in files)
    write_folder(folder, foreign, chosen, expected, source=source, shown_as=shown)
    for note in foreign.notes:
        print(note)
    parts = {
        f"{len(inputs.test_ids)} test entries": foreign.predictions,
        "the frozen folds": foreign.cv_predictions,
    }
    what = " and ".join(name for name, cells in parts.items() if cells)
    print(
        f"Made {shown}: predictions of {what}.\n"
        f"Fill in submission.yaml, then run: ionladder score {shown}"
    )


def _name(path: Path) -> str:
    """A folder name from a file name: lower case, without its endings."""
    import re

    stem = path.name.lower()
    for ending in (".zip", ".gz", ".csv", ".json"):
        stem = stem.removesuffix(ending)
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:64] or "my-model"


def _columns(texts: list[str], task: Task) -> dict[str, str]:
    """``TARGET=HEADER`` options; with one target, ``HEADER`` alone will do."""
    from ionladder.core.errors import ConfigError
    from ionladder.core.problems import Problem, did_you_mean

    names = [target.name for target in task.targets]
    columns = {}
    for text in texts:
        target, found, header = text.partition("=")
        if target not in names and len(names) == 1:
            target, found, header = names[0], "=", text
        if target not in names or not found:
            raise ConfigError(
                Problem(
                    where="--column",
                    expected=f"TARGET=HEADER with a target of {task.name}",
                    found=repr(text),
                    next_step=did_you_mean(target, names),
                )
            )
        columns[target] = header
    return columns


def _format(kind: str | None) -> Format | None:
    from ionladder.core.errors import ConfigError
    from ionladder.core.problems import Problem, did_you_mean
    from ionladder.interchange.convert import FORMATS

    if kind is None:
        return None
    known = {name: name for name in FORMATS}
    if kind not in known:
        raise ConfigError(
            Problem(
                where="--from",
                expected="a known format",
                found=repr(kind),
                next_step=did_you_mean(kind, known),
            )
        )
    return known[kind]
