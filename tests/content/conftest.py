"""What the tests of committed content share."""

from __future__ import annotations

import pytest

from ionladder.repo import Layout


@pytest.fixture(scope="session")
def layout(repository):
    """This repository's own folders."""
    return Layout(repository)
