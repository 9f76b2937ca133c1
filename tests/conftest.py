"""What every test shares: tests on real data skip when it is absent, the others never see it."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from command import Prompt
from hypothesis import settings

from ionladder.repo import Layout

ROOT = Path(__file__).resolve().parents[1]
MIRROR_VARIABLE = "IONLADDER_MIRROR"

# Few examples in every run; `make test-slow` tries many (--hypothesis-profile many).
settings.register_profile("few", deadline=None, derandomize=True, print_blob=True, max_examples=20)
settings.register_profile("many", settings.get_profile("few"), max_examples=200)
settings.load_profile("few")


def pytest_configure():
    """Make a mirror named relative to the repository root independent of the current folder."""
    mirror = os.environ.get(MIRROR_VARIABLE, "")
    if mirror and "://" not in mirror:
        os.environ[MIRROR_VARIABLE] = str((ROOT / mirror).resolve())


def pytest_collection_modifyitems(items):
    """Skip tests marked ``data`` where neither ingested tables nor a mirror are at hand."""
    if _tables_are_here() or os.environ.get(MIRROR_VARIABLE):
        return
    skip = pytest.mark.skip(
        reason=f"needs the real data: set {MIRROR_VARIABLE}, or run `make leaderboard` first"
    )
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(skip)


def _tables_are_here():
    """Whether every released version (a manifest in git) has its tables on this machine."""
    released = list(ROOT.glob("data/*/*/manifest.json"))
    return bool(released) and all((path.parent / "labels.parquet").exists() for path in released)


@pytest.fixture(scope="session", autouse=True)
def _ingested(request, tmp_path_factory):
    """Fetch and ingest from the mirror, once, where tests on real data run without its tables."""
    wanted = any(item.get_closest_marker("data") for item in request.session.items)
    if not wanted or _tables_are_here() or not os.environ.get(MIRROR_VARIABLE):
        return
    # Of processes that test in parallel one does it, and the others wait for it.
    with (tmp_path_factory.getbasetemp().parent / "ingest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _tables_are_here():
            return
        for command in ("fetch", "ingest"):
            program = [sys.executable, "-m", "ionladder.cli.main", command]
            subprocess.run(program, cwd=ROOT, check=True, timeout=900)


@pytest.fixture(autouse=True)
def _surroundings(request, monkeypatch):
    """Hide the caller's repository from every test, and the mirror from those not on real data."""
    monkeypatch.delenv("IONLADDER_ROOT", raising=False)
    if not request.node.get_closest_marker("data"):
        monkeypatch.delenv(MIRROR_VARIABLE, raising=False)


@pytest.fixture(scope="session")
def loopback():
    """Skip tests that talk to a server of their own where not even 127.0.0.1 can be reached."""
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.settimeout(5)
        try:
            client.connect(server.getsockname())
        except OSError as error:
            pytest.skip(f"needs the loopback network, which is down: {error.strerror}")


@pytest.fixture(scope="session")
def repository():
    """The root of this repository."""
    return ROOT


@pytest.fixture
def layout(ingested, tmp_path):
    """A copy, to work in, of the repository that a module of tests made as ``ingested``."""
    root = tmp_path / "repo"
    shutil.copytree(ingested, root)
    return Layout(root)


@pytest.fixture
def prompt(layout, monkeypatch, capsys):
    """A prompt in that copy."""
    return Prompt(layout.root, monkeypatch, capsys)


def pytest_addoption(parser):
    """``--update-golden`` rewrites the files in ``tests/golden`` for review."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")
