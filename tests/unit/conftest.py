"""A synthetic repository with two ingested versions, made once and copied for each test."""

import shutil

import pytest

from factories import write_repo
from ionladder.config import load_params
from ionladder.data.fetch import fetch_version
from ionladder.data.ingest import ingest_version
from ionladder.repo import Layout

# 1.1.0 differs from 1.0.0 in one cell of each class.
SECOND_VERSION = {
    "changes": {
        ("max", "Ionic conductivity (S cm-1)"): "7.5e-05",
        ("a05", "note"): "read again",
        ("a06", "Family"): "garnets",
    }
}


def fetch_and_ingest(layout, *keys):
    """Fetch and ingest versions, all of ``params.yaml`` when none is named."""
    params = load_params(layout)
    for key in keys or tuple(params.versions):
        pinned = params.versions[key]
        fetch_version(layout, pinned)
        ingest_version(layout, pinned)


@pytest.fixture(scope="session")
def _synthetic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic") / "repo"
    with pytest.MonkeyPatch.context() as patch:
        # A session's fixture comes before the one that hides the caller's mirror from each test.
        patch.delenv("IONLADDER_MIRROR", raising=False)
        fetch_and_ingest(write_repo(folder, {"1.0.0": {}, "1.1.0": SECOND_VERSION}))
    return folder


@pytest.fixture
def repo(_synthetic, tmp_path):
    """A repository of its own, versions 1.0.0 and 1.1.0 fetched and ingested."""
    return Layout(shutil.copytree(_synthetic, tmp_path / "repo").resolve())


@pytest.fixture
def params(repo):
    """What it pins."""
    return load_params(repo)
