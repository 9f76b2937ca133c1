"""What every test shares: tests on real data skip when it is absent, the others never see it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
MIRROR_VARIABLE = "IONLADDER_MIRROR"

settings.register_profile("ionladder", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ionladder")


def pytest_configure() -> None:
    """Make a mirror named relative to the repository root independent of the current folder."""
    mirror = os.environ.get(MIRROR_VARIABLE, "")
    if mirror and "://" not in mirror:
        os.environ[MIRROR_VARIABLE] = str((ROOT / mirror).resolve())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ``data`` where neither a mirror nor ingested tables are at hand."""
    if os.environ.get(MIRROR_VARIABLE) or any(ROOT.glob("data/*/*/labels.parquet")):
        return
    skip = pytest.mark.skip(
        reason=f"needs the real data: set {MIRROR_VARIABLE}, or run `make leaderboard` first"
    )
    for item in items:
        if "data" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _surroundings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the caller's repository from every test, and the mirror from those not on real data."""
    monkeypatch.delenv("IONLADDER_ROOT", raising=False)
    if "data" not in request.keywords:
        monkeypatch.delenv(MIRROR_VARIABLE, raising=False)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this repository."""
    return ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` rewrites the files in ``tests/golden`` for review."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")
