"""``ionladder build``: the main job, from pinned bytes to the site, with what can be reached."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.core.problems import Problem
    from ionladder.specs.params import DatasetVersion


def build() -> None:
    """The main job: fetch, ingest, score, render.

    Data that cannot be reached are named, and their recorded scores are kept.
    """
    from ionladder.cli.context import load_context
    from ionladder.cli.site import site
    from ionladder.core.problems import letter

    context = load_context()
    unreachable = _fetch_what_can_be_reached(context)
    absent = _absent_on_demand(context)
    if absent:
        keys = ", ".join(version.key for version in absent)
        print(f"Fetched only on demand, and not here: {keys}. Their recorded scores are kept.")
    if unreachable:
        print(
            "Some data could not be fetched; their recorded scores are kept:\n"
            f"{letter(unreachable)}",
            file=sys.stderr,
        )
    left = {task for version in absent if version.on_demand for task in version.on_demand.tasks}
    tasks = [task for task in context.params.task_versions if task not in left]
    if unreachable:
        embedded = _embedded_tasks(context)
        _repro(context, ["--allow-missing"], [task for task in tasks if task not in embedded])
        # Their data are in git: they are scored again for real, changed or not.
        _repro(context, ["--force", "--single-item"], embedded)
        site()
    elif absent:
        _repro(context, [], tasks)
        site()
    else:
        _run_dvc(context.layout.root, ["repro"])
        if not (context.layout.root / "site" / "index.html").exists():
            site()
    _print_summary(context)


def _fetch_what_can_be_reached(context: Context) -> list[Problem]:
    """Fetch every pinned version; report those that cannot be reached, raise on changed bytes."""
    from ionladder.core.errors import UnreachableError
    from ionladder.sources.fetch import fetch as fetch_source

    unreachable: list[Problem] = []
    for pinned in context.params.versions.values():
        if pinned.is_embedded or pinned.on_demand:
            continue
        raw = context.layout.raw_dir(pinned.dataset, pinned.version)
        try:
            fetch_source(pinned.source, raw, progress=sys.stderr.isatty())
        except UnreachableError as error:
            unreachable += error.problems[:1]
    return unreachable


def _absent_on_demand(context: Context) -> list[DatasetVersion]:
    """Pinned versions whose archives may be gigabytes: nobody gets them without asking."""
    layout = context.layout
    return [
        version
        for version in context.params.versions.values()
        if version.on_demand
        and version.source.is_pinned
        and not layout.table(version.dataset, version.version, "labels").is_file()
    ]


def _embedded_tasks(context: Context) -> list[str]:
    """Tasks scored on a version that is kept in git."""
    from ionladder.datasets.registry import get_task

    versions = context.params.task_versions.items()
    pinned = {task: context.params.find(get_task(task).dataset, v) for task, v in versions}
    return [task for task, version in pinned.items() if version and version.is_embedded]


def _repro(context: Context, options: list[str], tasks: list[str]) -> None:
    """Reproduce the scores of some tasks."""
    if tasks:
        on_demand = {
            task
            for version in context.params.versions.values()
            if version.on_demand
            for task in version.on_demand.tasks
        }
        stages = {True: "score-on-demand", False: "score"}
        targets = [f"{stages[task in on_demand]}@{task}" for task in tasks]
        _run_dvc(context.layout.root, ["repro", *options, *targets])


def _run_dvc(root: Path, arguments: list[str]) -> None:
    """Run DVC in the repository with this environment's commands first on the path."""
    from ionladder.core.errors import IonLadderError
    from ionladder.core.problems import Problem

    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    result = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [sys.executable, "-m", "dvc", *arguments], cwd=root, env=environment, check=False
    )
    if result.returncode:
        raise IonLadderError(
            Problem(
                where=f"dvc {' '.join(arguments)}",
                expected="every stage to succeed",
                found=f"exit code {result.returncode} (the reason stands above)",
                next_step="Mend what the stage's own message says, then run `make leaderboard`.",
            )
        )


def _print_summary(context: Context) -> None:
    """Say who leads each board, and where the page is."""
    from ionladder.core.files import read_json

    for task in context.params.task_versions:
        path = context.layout.leaderboard_json(task)
        if not path.exists():
            continue
        board = read_json(path)
        metric = board["primary"]["metric"]
        print(f"\n{task} ({board['dataset']} {board['dataset_version']}):")
        for row in board["rows"]:
            if row["kind"] == "reported" or row[metric] is None:
                continue
            print(
                f"{_ranks(row):>7}  {row['submission']:<24} {metric} {row[metric]:.3f} "
                f"[{row[f'{metric}_ci_low']:.2f}, {row[f'{metric}_ci_high']:.2f}]"
            )
    print("\n`make serve` shows the pages.")


def _ranks(row: dict[str, Any]) -> str:
    """The ranks a row may hold; a dash for references, which are not ranked."""
    low, high = row["rank_low"], row["rank_high"]
    if low is None:
        return "–"
    return str(low) if low == high else f"{low}–{high}"
