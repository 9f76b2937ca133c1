"""``ionladder export``: datasets, splits and predictions in the layouts of other projects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.cli.context import Context

Exporter = Callable[["Context", str, str | None, Path], list[Path]]


def export(
    name: Annotated[str, typer.Argument(help="Task or dataset, such as obelix or bvel_proto.")],
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="croissant: metadata of a dataset version. matbench-folds: the splits of a task. "
            "jarvis: a submission's predictions. extxyz: the layout of BVEL13k.",
        ),
    ] = "extxyz",
    output: Annotated[
        Path | None, typer.Option(help="Folder to write to; default: build/<name>.")
    ] = None,
    dataset_version: Annotated[
        str | None, typer.Option(help="Dataset version, if not the one that params.yaml names.")
    ] = None,
    submission: Annotated[
        str | None, typer.Option(help="With --format jarvis: whose predictions.")
    ] = None,
) -> None:
    """Write data, splits or predictions as files that the tools of other projects read."""
    from ionladder.cli.context import load_context
    from ionladder.core.errors import ConfigError
    from ionladder.core.problems import Problem, did_you_mean

    known = _known(submission)
    if (name, file_format) not in known:
        names = [f"{other} --format {kind}" for other, kind in known]
        raise ConfigError(
            Problem(
                where="export",
                expected="a task or dataset and a format that go together",
                found=f"{name} --format {file_format}",
                next_step=did_you_mean(f"{name} --format {file_format}", names),
            )
        )
    context = load_context()
    folder = output or context.layout.root / "build" / name
    for path in known[name, file_format](context, name, dataset_version, folder):
        print(context.layout.relative(path))


def _known(submission: str | None) -> Mapping[tuple[str, str], Exporter]:
    """(Name, format) → exporter: what can be exported as what."""
    from ionladder.datasets.bvel_proto.spec import DATASET
    from ionladder.datasets.registry import all_datasets, all_tasks

    def jarvis(context: Context, name: str, version: str | None, folder: Path) -> list[Path]:
        return _jarvis(context, name, version, folder, submission)

    return {
        (DATASET.name, "extxyz"): _extxyz,
        **{(name, "croissant"): _croissant for name in all_datasets()},
        **{(name, "matbench-folds"): _matbench_folds for name in all_tasks()},
        **{
            (name, "jarvis"): jarvis
            for name, task in all_tasks().items()
            if task.scored_folds is None
        },
    }


def _extxyz(context: Context, _name: str, version: str | None, folder: Path) -> list[Path]:
    from ionladder.datasets.bvel_proto.extxyz import export_extxyz
    from ionladder.datasets.bvel_proto.task import BVEL_PROTO

    return export_extxyz(context.layout, context.version_of(BVEL_PROTO, version), folder)


def _croissant(context: Context, name: str, version: str | None, folder: Path) -> list[Path]:
    from ionladder.datasets.registry import all_tasks, get_dataset
    from ionladder.interchange.croissant import export_croissant

    task = next(task for task in all_tasks().values() if task.dataset == name)
    dataset_version = context.version_of(task, version)
    return export_croissant(context.layout, get_dataset(name), dataset_version, folder)


def _matbench_folds(context: Context, name: str, version: str | None, folder: Path) -> list[Path]:
    from ionladder.datasets.registry import get_task
    from ionladder.interchange.matbench_folds import export_matbench_folds
    from ionladder.submissions.numbers_only import require_numbers

    task = get_task(name)
    require_numbers(task, where="export --format matbench-folds")
    pinned = context.params.find(task.dataset, context.version_of(task, version))
    if pinned is None:  # version_of has made sure that it is pinned
        msg = f"{task.dataset} is not pinned"
        raise LookupError(msg)
    return export_matbench_folds(context.layout, task, pinned, folder)


def _jarvis(
    context: Context, name: str, version: str | None, folder: Path, submission: str | None
) -> list[Path]:
    from ionladder.core.errors import ConfigError
    from ionladder.core.problems import Problem
    from ionladder.datasets.load import load_inputs
    from ionladder.datasets.registry import get_task
    from ionladder.interchange.jarvis_export import export_contributions
    from ionladder.submissions.numbers_only import require_numbers
    from ionladder.submissions.validate import Expectations

    if submission is None:
        raise ConfigError(
            Problem(
                where="export --format jarvis",
                expected="--submission with the name of a submission",
                found="none",
                next_step=f"Its folder is submissions/{name}/NAME.",
            )
        )
    task = get_task(name)
    require_numbers(task, where="export --format jarvis")
    inputs = load_inputs(context.layout, task, context.version_of(task, version))
    expected = Expectations(
        test_ids=inputs.test_ids, train_ids=inputs.train_ids, folds=inputs.folds
    )
    source = context.layout.submission_dir(name, submission)
    shown = context.layout.relative(source)
    return export_contributions(source, task, expected, folder, shown_as=shown)
