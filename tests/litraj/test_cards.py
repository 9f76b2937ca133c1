"""What the cards of LiTraj datasets show of their frames and of materials in several parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from miniature import nebbvse122k
from nebdft2k_miniature import hops
from repository import with_miniatures

from ionladder.config import Params
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.store import require_manifest
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages import dataset as card
from ionladder.site.render import render_pages


@pytest.fixture(scope="module")
def page(nebdft2k: tuple[Layout, Params]) -> str:
    return render_pages(load_site(nebdft2k[0]))["datasets/nebdft2k/"]


def section(page: str, name: str) -> str:
    return page.split(f"{{: #{name} }}", 1)[1].split("\n## ", 1)[0]


def cells(row: str) -> list[str]:
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row)]


def test_the_card_shows_which_materials_stand_in_two_parts(page: str) -> None:
    materials = {part: {h.material for h in hops() if h.part == part} for part in ("train", "test")}
    shared = materials["train"] & materials["test"]
    touched = [h for h in hops() if h.part == "test" and h.material in shared]
    rows = [cells(row) for row in section(page, "split").split("\n") if "train and test" in row]
    assert rows == [
        [
            "train and test",
            str(len(shared)),
            str(len(materials["test"])),
            str(len(touched)),
            ", ".join(sorted(shared)[:3]),
        ]
    ]


def test_a_split_without_shared_materials_says_so(tmp_path: Path) -> None:
    layout = with_miniatures(tmp_path, [nebbvse122k()])
    shown = section(render_pages(load_site(layout))["datasets/nebbvse122k/"], "split")
    rows = [cells(row) for row in shown.split("\n") if row.startswith('<tr><th scope="row">')]
    assert [row[0] for row in rows] == ["train and val", "train and test", "val and test"]
    assert {(row[1], row[3], row[4]) for row in rows} == {("0", "0", "–")}


def test_the_card_counts_and_describes_frames(page: str, nebdft2k: tuple[Layout, Params]) -> None:
    frames = require_manifest(nebdft2k[0], "nebdft2k", "1.0.0")["frames"]
    n_images = sum(len(hop.energies) for hop in hops())
    assert frames["paths_relaxed"]["rows"] == n_images
    (row,) = [row for row in section(page, "versions").split("\n") if ">18</td>" in row]
    assert cells(row)[1] == str(len(hops()) + 2 * n_images)
    tables = section(page, "tables")
    assert f"<b>frames/paths_relaxed</b>: {n_images} rows, 5 columns." in tables
    assert frames["paths_relaxed"]["content_sha256"] in tables


def test_copies_for_the_energy_zero_are_no_structures_of_their_own() -> None:
    dataset, task = get_dataset("mplitrj"), get_task("mplitrj")
    rows = {"frames_train": 7, "frames_val": 2, "frames_test": 3, "frames_offset": 5}
    manifest = {"tables": {}, "frames": {name: {"rows": n} for name, n in rows.items()}}
    assert card.structures(dataset, [task], manifest) == 12


def test_a_version_without_structures_or_overlap_has_none() -> None:
    dataset = get_dataset("bvel_proto")
    assert card.structures(dataset, [], {}) is None
    assert card.structures(dataset, [], {"tables": {"structures": {"rows": 4}}}) == 4
    assert card.overlap({}) == []
