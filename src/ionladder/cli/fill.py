"""``ionladder fill``: one command from an archive upstream to boards with baselines on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.specs.params import DatasetVersion


def fill(
    datasets: Annotated[
        list[str], typer.Argument(help="Datasets of LiTraj, such as bvel13k; `tasks` lists them.")
    ],
    baselines: Annotated[
        bool, typer.Option(help="Train the baselines that have no submission yet.")
    ] = True,
) -> None:
    """Fill the boards of datasets that are fetched on demand.

    Fetches and pins the archive, makes its tables, trains the baselines made for its tasks, scores
    every submission and renders the site. What is done already is not done again.
    """
    from ionladder.cli.build import build
    from ionladder.cli.context import load_context
    from ionladder.cli.fetch import fetch
    from ionladder.datasets.params import select_versions

    wanted = select_versions(load_context().params, datasets)
    _require_on_demand(wanted)
    fetch([version.key for version in wanted], pin=True)
    context = load_context()
    for version in wanted:
        _make_tables(context, version.key)
        if baselines:
            _train(context, version)
    build()


def _require_on_demand(versions: list[DatasetVersion]) -> None:
    from ionladder.core.errors import ConfigError
    from ionladder.core.problems import Problem

    others = [version.key for version in versions if version.on_demand is None]
    if others:
        raise ConfigError(
            [
                Problem(
                    where=key,
                    expected="a dataset that is fetched on demand",
                    found="one that `make leaderboard` fetches and scores without being asked",
                    next_step="Run `make leaderboard`.",
                )
                for key in others
            ]
        )


def _make_tables(context: Context, key: str) -> None:
    """Ingest a version that was pinned before, where its tables are not here."""
    from ionladder.cli.ingest import ingest

    version = context.params.versions[key]
    if not context.layout.table(version.dataset, version.version, "labels").is_file():
        ingest([key])


def _train(context: Context, version: DatasetVersion) -> None:
    """Write the submissions of baselines that have none yet."""
    from ionladder.baselines.registry import all_baselines
    from ionladder.cli.baseline import baseline

    for task in version.on_demand.tasks if version.on_demand else ():
        for name, spec in all_baselines().items():
            if task in spec.tasks and not context.layout.submission_dir(task, name).is_dir():
                baseline(name, task=task, seeds=None, check=False, show=False)
