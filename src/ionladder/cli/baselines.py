"""Commands that train and predict: ``baseline`` and ``umlip-neb``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ionladder.cli import common
from ionladder.data.registry import get_task
from ionladder.errors import BaselineError, DataMissingError, visible, worded
from ionladder.repo import Layout, find_layout

if TYPE_CHECKING:
    from ionladder.baselines.neb import Band, Hop, Points
    from ionladder.baselines.registry import Watch

# ``ionladder baseline``: train a baseline and write, or check, its submission


def _baseline_names(incomplete: str) -> list[str]:
    """Baselines whose names begin with what is typed."""
    from ionladder.baselines.registry import all_baselines

    return [name for name in all_baselines() if name.startswith(incomplete)]


def baseline(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Which baseline; --list shows them.",
            show_default=False,
            autocompletion=_baseline_names,
        ),
    ] = None,
    task: Annotated[
        str, typer.Option(help="Task to predict.", autocompletion=common.task_names)
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
    workers: common.Workers = 0,
    cluster: common.Cluster = None,
    part: common.Part = None,
    keep: common.Keep = None,
) -> None:
    """Train a baseline and write its submission: test predictions and the frozen folds.

    With --check no submission is written: the baseline runs again, and a difference from the
    committed predictions above its stated tolerance is an error.
    """
    from ionladder.config import require_scored

    if show:
        _print_list()
        return
    if name is None:
        raise BaselineError(worded("baseline-unnamed", "ionladder baseline"))
    from ionladder.baselines.runner import without_epochs

    if get_task(task).predicts == "values":
        with common.sharing(name, workers, cluster, part, keep) as map_jobs:
            options = {"n_seeds": seeds, "map_jobs": map_jobs, "keep": keep}
            (_check if check else _run)(name, task, options, curves=curves)
        return
    if curves:
        raise without_epochs(name)
    if workers or cluster or part or keep:
        raise BaselineError(worded("arrays-unshared", f"ionladder baseline {name}"))
    context = common.load_context(clone_for="baseline")
    require_scored(context.layout, context.params, task)
    (_check_arrays if check else _run_arrays)(context, name, task)


def _run_arrays(context: common.Context, name: str, task: str) -> None:
    from ionladder.baselines.runner import run_arrays
    from ionladder.score import load_expectations
    from ionladder.submit.validate import read_submission

    done = run_arrays(context.layout, context.params, name, task)
    spec, shown = get_task(task), context.layout.relative(done.folder)
    expectations = load_expectations(context.layout, spec, context.version_of(spec))
    read_submission(done.folder, spec, expectations, shown_as=shown)
    same = " (as before)" if done.is_unchanged else ""
    print(f"{shown}: {done.n_entries} test entries written{same}.")


def _check_arrays(context: common.Context, name: str, task: str) -> None:
    from ionladder.baselines.runner import check_arrays

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
            f"{name:<{width}}  {spec.summary} ({runs}, reproduced within {spec.tolerance:g}; "
            f"task {', '.join(spec.tasks)})"
        )


def _run(name: str, task: str, options: dict[str, Any], *, curves: bool) -> None:
    from ionladder.baselines.runner import run_baseline
    from ionladder.config import require_scored

    context = common.load_context(clone_for="baseline")
    require_scored(context.layout, context.params, task)
    with _curves(context.layout, name, wanted=curves) as watch:
        where = (context.layout, context.params, name, task)
        written = run_baseline(*where, watch=watch, **options)
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


def _check(name: str, task: str, options: dict[str, Any], *, curves: bool) -> None:
    from ionladder.baselines.runner import check

    context = common.load_context(clone_for="baseline")
    with _curves(context.layout, name, wanted=curves) as watch:
        where = (context.layout, context.params, name, task)
        result = check(*where, watch=watch, **options)
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
    from ionladder.baselines.registry import Curve
    from ionladder.baselines.runner import write_curves

    if not wanted:
        yield None
        return
    seen: list[Curve] = []
    yield seen.append
    path = write_curves(layout, name, seen)
    print(f"{layout.relative(path)}: curves of {_count(len(seen), 'training')} written.")


# ``ionladder umlip-neb``: relax migration paths with a universal potential


def umlip_neb(
    model: Annotated[
        Literal["chgnet", "sevennet-0", "mace"], typer.Option(help="Which potential.")
    ] = "chgnet",
    weights: Annotated[
        Path | None, typer.Option(help="File of weights; for mace only.", show_default=False)
    ] = None,
    paths: Annotated[
        Path | None,
        typer.Option(
            help="Folder with initial paths, <id>_init.xyz each.",
            show_default="the test hops of the task",
        ),
    ] = None,
    task: Annotated[
        Literal["nebdft2k-path", "em619"], typer.Option(help="Task whose hops to take.")
    ] = "em619",
    out: Annotated[
        Path | None, typer.Option(help="Where to write.", show_default="build/umlip-neb/MODEL")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many hops.", show_default="all")
    ] = None,
    points: Annotated[
        bool,
        typer.Option("--points", help="Energies of the images as they are; nothing is relaxed."),
    ] = False,
    workers: common.Workers = 0,
    cluster: common.Cluster = None,
    part: common.Part = None,
) -> None:
    """Relax migration paths with a universal potential (nudged elastic bands).

    Writes predictions.parquet for the task nebdft2k-path, and hops.json with barrier, convergence
    and cost of every hop. Hops of a task are taken smallest first. With --points, training hops
    too, energies are kept where baselines such as chgnet-path look for them. A run that was
    stopped goes on where it was. Needs the extra umlip.
    """
    from ionladder.baselines import neb

    subsets = ("test", "train") if points else ("test",)
    hops = itertools.islice(_hops(paths, task, subsets), limit)
    source, new = neb.potential_of(model, weights)[1], partial(neb.calculator_of, model, weights)
    usual = find_layout().features_cache if points else Path("build") / "umlip-neb" / model
    folder = out or usual
    with common.sharing("", workers, cluster, part, folder) as map_jobs:
        if points:
            neb.run_points(hops, model, folder, told=_tell_points, map_jobs=map_jobs)
            return
        outcome = neb.run_bands(hops, new, source, folder, told=_tell, map_jobs=map_jobs)
    print(
        f"{folder / neb.PREDICTIONS}: {outcome.n_hops} hops by {source}, {outcome.n_converged} "
        f"converged, {outcome.n_kept} of them there already."
    )


def _tell(hop: Hop, band: Band, was_there: bool) -> None:
    if band.trouble:
        print(f"{hop.id}: no band. {visible(band.trouble, limit=200)}", flush=True)
        return
    print(
        f"{hop.id}: barrier {band.barrier_ev:.3f} eV, largest force component "
        f"{band.largest_force_ev_per_ang:.3f} eV/Å ({'' if band.converged else 'not '}converged), "
        f"{band.end_steps[0]} + {band.end_steps[1]} + {band.band_steps} steps, "
        f"{band.cpu_s:.0f} CPU-s{', there already' if was_there else ''}",
        flush=True,
    )


def _tell_points(point: Points) -> None:
    found = f"no energies. {point.trouble}" if point.trouble else f"{point.barrier_ev:.3f} eV"
    print(f"{point.id}: {found}, {point.cpu_s:.1f} CPU-s", flush=True)


def _hops(paths: Path | None, task: str, subsets: Sequence[str]) -> Iterator[Hop]:
    """The hops asked for; an error where they are not here, before any potential is loaded."""
    from ionladder.baselines.neb import hops_of_folder, hops_of_tables

    if paths is not None:
        found = hops_of_folder(paths)
        # The first at once, so that a wrong folder is met before the potential is loaded.
        return itertools.chain([next(found)], found)
    tables = _tables(get_task(task).dataset)
    parts = (hops_of_tables(*tables, subset=subset) for subset in subsets)
    return itertools.chain.from_iterable(parts)


def _tables(dataset: str) -> tuple[Path, Path]:
    """Splits and initial paths of the newest version of a dataset on this machine."""
    layout = find_layout()
    folder = layout.root / "data" / dataset
    versions = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    for version in reversed(versions):
        splits = layout.table(dataset, version, "splits")
        paths = layout.frames(dataset, version, "paths_init")
        if splits.is_file() and paths.is_file():
            return splits, paths
    raise DataMissingError(worded("no-hops", "ionladder umlip-neb", dataset=dataset))
