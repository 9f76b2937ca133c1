"""``ionladder export``: a dataset in the layout of another one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    dataset: Annotated[str, typer.Argument(help="Dataset name, such as bvel_proto.")],
    file_format: Annotated[
        str, typer.Option("--format", help="extxyz: the layout of BVEL13k.")
    ] = "extxyz",
    output: Annotated[
        Path | None, typer.Option(help="Folder to make; default: build/<dataset>.")
    ] = None,
) -> None:
    """Write structures and labels as files that the tools of another dataset read.

    The version is the one that the board is scored on, the split the dataset's primary one.
    """
    from ionladder.core.errors import ConfigError
    from ionladder.core.paths import find_layout
    from ionladder.core.problems import Problem, did_you_mean
    from ionladder.datasets.bvel_proto.extxyz import export_extxyz
    from ionladder.datasets.bvel_proto.spec import DATASET
    from ionladder.datasets.bvel_proto.task import BVEL_PROTO
    from ionladder.datasets.params import load_params

    known = {(DATASET.name, "extxyz"): export_extxyz}
    if (dataset, file_format) not in known:
        names = [f"{name} --format {kind}" for name, kind in known]
        raise ConfigError(
            Problem(
                where="export",
                expected="a dataset and a format that go together",
                found=f"{dataset} --format {file_format}",
                next_step=did_you_mean(f"{dataset} --format {file_format}", names),
            )
        )
    layout = find_layout()
    version = load_params(layout).task_versions[BVEL_PROTO.name]
    folder = output or layout.root / "build" / dataset
    for path in known[dataset, file_format](layout, version, folder):
        print(layout.relative(path))
