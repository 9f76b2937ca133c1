"""The embedded benchmark, which is in git: its task, its layout and its version."""

import pytest

from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.data.store import load_inputs
from ionladder.repo import Layout

TASK = get_task("bvel-proto")


@pytest.fixture(scope="session")
def layout(repository):
    return Layout(repository)


@pytest.fixture(scope="session")
def pinned(layout):
    params = load_params(layout)
    found = params.find(TASK.dataset, params.task_versions[TASK.name])
    assert found is not None
    return found


@pytest.fixture(scope="session")
def inputs(layout, pinned):
    return load_inputs(layout, TASK, pinned.version)
