"""One ingested miniature of nebDFT2k for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from nebdft2k_repository import VERSION, make_repository

from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.score import TaskScorer


@pytest.fixture(scope="session")
def nebdft2k(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, Params]:
    """A repository with the miniature."""
    return make_repository(tmp_path_factory.mktemp("nebdft2k"))


@pytest.fixture(scope="session")
def paths_scorer(nebdft2k: tuple[Layout, Params]) -> TaskScorer:
    """Scores submissions of paths on it."""
    layout, params = nebdft2k
    return TaskScorer.open(layout, get_task("nebdft2k-path"), VERSION, params.scoring)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a submission may be made."""
    return tmp_path / "mine"
