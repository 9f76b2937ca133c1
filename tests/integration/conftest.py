"""What several of these tests share: a repository to disturb, a built site, a browser on a site."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from browser import opened, served
from disturbed import make_origin

from ionladder.site.context import load_site
from ionladder.site.render import build_site, render_site
from unit.site import synthetic_board as board_of


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Make something in a folder of its own, once for all processes that test in parallel."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name, make):
        folder, place = base / f"once-{name}", base / f"once-{name}.txt"
        with (base / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not place.exists():
                folder.mkdir()
                place.write_text(str(make(folder)), encoding="utf-8")
            return Path(place.read_text(encoding="utf-8"))

    return made


@pytest.fixture(scope="session")
def origin(repository, once):
    """A committed repository with ingested tables, two submissions, a baseline and a board."""
    with pytest.MonkeyPatch.context() as patch:
        # A session's fixture comes before the one that hides the caller's mirror from each test.
        patch.delenv("IONLADDER_MIRROR", raising=False)
        return once("origin", lambda folder: make_origin(repository, folder / "clone"))


@pytest.fixture(scope="session")
def built(once):
    """A strictly built site of two tasks, with typical and hostile submissions."""
    return once("site", build_two_boards)


def build_two_boards(root):
    entries = [*board_of.typical(), *board_of.hostile()]
    layout = board_of.make_repository(root, entries)
    board_of.add_history(layout, [*entries, board_of.Entry(name="left-since")], entries)
    board_of.add_board(layout, [*board_of.barriers(), *board_of.hostile()])
    manifest = layout.manifest("bvel_proto", "1.1.0")
    manifest.parent.mkdir(parents=True)
    shutil.copyfile(
        board_of.REPOSITORY / "data" / "bvel_proto" / "1.1.0" / "manifest.json", manifest
    )
    board_of.add_board(layout, board_of.networks(), board_of.CIF)
    pairs = {("cgcnn-weighted", "cgcnn"): (-1.07, -2.43, 0.30)}
    board_of.add_analysis(layout, board_of.CIF.name, pairs=board_of.pair_table(pairs))
    render_site(load_site(layout))
    return build_site(layout)


@pytest.fixture(scope="module")
def reader(built, loopback):
    """Headless Chromium on the site of a module, or a skip that says what is missing."""
    with served(built) as address, opened(address) as opened_reader:
        yield opened_reader
