"""The embedded benchmark, which is in git: its task, its layout and its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionladder.config import DatasetVersion, load_params
from ionladder.data.registry import get_task
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.repo import Layout

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
