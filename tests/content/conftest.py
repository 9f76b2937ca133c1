"""What the tests of committed content share."""

import pytest

from ionladder.repo import Layout


@pytest.fixture(scope="session")
def layout(repository):
    """This repository's own folders."""
    return Layout(repository)
