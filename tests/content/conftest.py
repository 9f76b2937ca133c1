"""What the tests of committed content share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionladder.repo import Layout


@pytest.fixture(scope="session")
def layout(repository: Path) -> Layout:
    """This repository's own folders."""
    return Layout(repository)
