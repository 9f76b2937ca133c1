"""One ingested miniature of nebDFT2k for all tests that only read it."""

import pytest
from nebdft2k_miniature import VERSION, make_repository

from ionladder.data.registry import get_task
from ionladder.score import TaskScorer


@pytest.fixture(scope="session")
def nebdft2k(tmp_path_factory):
    """A repository with the miniature."""
    return make_repository(tmp_path_factory.mktemp("nebdft2k"))


@pytest.fixture(scope="session")
def paths_scorer(nebdft2k):
    """Scores submissions of paths on it."""
    from ionladder.config import load_params

    scoring = load_params(nebdft2k).scoring
    return TaskScorer.open(nebdft2k, get_task("nebdft2k-path"), VERSION, scoring)


@pytest.fixture
def folder(tmp_path):
    """Where a submission may be made."""
    return tmp_path / "mine"
