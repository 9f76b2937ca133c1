"""The embedded benchmark, which is in git: its task, its layout and its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionladder.core.paths import Layout
from ionladder.datasets.load import TaskInputs, load_inputs
from ionladder.datasets.params import load_params
from ionladder.datasets.registry import get_task
from ionladder.specs.params import DatasetVersion

TASK = get_task("bvel-proto")


@pytest.fixture(scope="session")
def layout(repository: Path) -> Layout:
    return Layout(repository)


@pytest.fixture(scope="session")
def pinned(layout: Layout) -> DatasetVersion:
    params = load_params(layout)
    found = params.find(TASK.dataset, params.task_versions[TASK.name])
    assert found is not None
    return found


@pytest.fixture(scope="session")
def inputs(layout: Layout, pinned: DatasetVersion) -> TaskInputs:
    return load_inputs(layout, TASK, pinned.version)
