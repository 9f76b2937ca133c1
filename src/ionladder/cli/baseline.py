"""``ionladder baseline``: train a baseline and write, or check, its submission."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names
from ionladder.core.errors import BaselineError
from ionladder.core.problems import Problem

if TYPE_CHECKING:
    from ionladder.baselines.curves import Watch
    from ionladder.baselines.runner import Progress
    from ionladder.core.paths import Layout


def baseline(
    name: Annotated[
        str | None, typer.Argument(help="Which baseline; --list shows them.", show_default=False)
    ] = None,
    task: Annotated[
        str,
        typer.Option(
            help="Task to predict.",
            autocompletion=task_names,
        ),
    ] = "obelix",
    seeds: Annotated[
        int | None, typer.Option(help="Only the first so many seeds.", show_default="all")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare a rerun with the committed predictions.")
    ] = False,
    curves: Annotated[
        bool,
        typer.Option(
            "--curves",
            help="Also write how each training went, to benchmarks/results/training_curves/.",
        ),
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="List the baselines.")] = False,
) -> None:
    """Train a baseline and write its submission: test predictions and the frozen folds.

    With --check no submission is written: the baseline runs again, and a difference from the
    committed predictions above its stated tolerance is an error.
    """
    if show:
        _print_list()
        return
    if name is None:
        raise BaselineError(
            Problem(
                where="ionladder baseline",
                expected="the name of a baseline",
                found="none",
                next_step="See `ionladder baseline --list`.",
            )
        )
    if _is_of_arrays(task):
        if curves:
            from ionladder.baselines.curves import without_epochs

            raise BaselineError(without_epochs(name))
        _check_arrays(name, task) if check else _run_arrays(name, task)
        return
    (_check if check else _run)(name, task, seeds, curves=curves)


def _is_of_arrays(task: str) -> bool:
    from ionladder.baselines.arrays import predicts_arrays

    return predicts_arrays(task)


def _run_arrays(name: str, task: str) -> None:
    from ionladder.baselines.arrays import run_arrays
    from ionladder.cli.context import load_context
    from ionladder.datasets.pins import require_scored
    from ionladder.datasets.registry import get_task
    from ionladder.scoring.read import load_expectations
    from ionladder.submissions.validate import read_submission

    context = load_context()
    require_scored(context.layout, context.params, task)
    done = run_arrays(context.layout, context.params, name, task)
    spec, shown = get_task(task), context.layout.relative(done.folder)
    expectations = load_expectations(context.layout, spec, context.version_of(spec))
    read_submission(done.folder, spec, expectations, shown_as=shown)
    same = " (as before)" if done.is_unchanged else ""
    print(f"{shown}: {done.n_entries} test entries written{same}.")


def _check_arrays(name: str, task: str) -> None:
    from ionladder.baselines.arrays import check_arrays
    from ionladder.cli.context import load_context
    from ionladder.datasets.pins import require_scored

    context = load_context()
    require_scored(context.layout, context.params, task)
    found = check_arrays(context.layout, context.params, name, task)
    shown = context.layout.relative(context.layout.submission_dir(task, name))
    print(f"{shown}: reproduced. Largest difference {found:.2g}.")


def _print_list() -> None:
    from ionladder.baselines.registry import all_baselines

    baselines = all_baselines()
    width = max(len(name) for name in baselines)
    for name, spec in baselines.items():
        runs = "deterministic" if spec.n_seeds == 1 else f"{spec.n_seeds} seeds"
        print(
            f"{name:<{width}}  {spec.model} ({runs}, reproduced within {spec.tolerance:g}; "
            f"task {', '.join(spec.tasks)})"
        )


def _run(name: str, task: str, seeds: int | None, *, curves: bool) -> None:
    from ionladder.baselines.runner import run
    from ionladder.cli.context import load_context
    from ionladder.datasets.pins import require_scored
    from ionladder.datasets.registry import get_task

    context = load_context()
    require_scored(context.layout, context.params, task)
    with _progress(name) as progress, _curves(context.layout, name, wanted=curves) as watch:
        written = run(
            context.layout,
            context.params,
            name,
            task,
            n_seeds=seeds,
            progress=progress,
            watch=watch,
        )
    rows = written.predictions.rows
    cv_rows = 0 if written.cv_predictions is None else len(written.cv_predictions.rows)
    what, times = "test entries", "seed"
    if get_task(task).scored_folds is not None:
        what, times = "training entries", "repeat"
    print(
        f"{context.layout.relative(written.folder)}: {rows['id'].nunique()} {what} × "
        f"{_count(rows['seed'].nunique(), times)}, {cv_rows} predictions on the frozen folds "
        "written."
    )


def _check(name: str, task: str, seeds: int | None, *, curves: bool) -> None:
    from ionladder.baselines.check import check
    from ionladder.cli.context import load_context

    context = load_context()
    with _progress(name) as progress, _curves(context.layout, name, wanted=curves) as watch:
        result = check(
            context.layout,
            context.params,
            name,
            task,
            n_seeds=seeds,
            progress=progress,
            watch=watch,
        )
    on_test = f"{_count(result.n_seeds, 'seed')} and " if result.n_seeds else ""
    print(
        f"{result.folder}: reproduced. Largest difference {result.difference:.2g} over "
        f"{on_test}{_count(result.n_repeats, 'repeat')} of the folds "
        f"(tolerance {result.tolerance:g})."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@contextmanager
def _curves(layout: Layout, name: str, *, wanted: bool) -> Iterator[Watch | None]:
    """Collects curves where they are wanted, and writes them when all went well."""
    from ionladder.baselines.curves import Curve, write_curves

    if not wanted:
        yield None
        return
    seen: list[Curve] = []
    yield seen.append
    path = write_curves(layout, name, seen)
    print(f"{layout.relative(path)}: curves of {_count(len(seen), 'training')} written.")


@contextmanager
def _progress(name: str) -> Iterator[Progress]:
    """A progress bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        training = bar.add_task(name, total=None)

        def update(done: int, total: int) -> None:
            bar.update(training, completed=done, total=total)

        yield update
