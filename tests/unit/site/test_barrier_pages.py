"""A task with three targets in eV: nothing on its pages speaks of decades, CIFs or one target."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.synthetic_board import (
    BARRIERS,
    MANIFEST,
    TARGETS,
    add_board,
    barriers,
    leaderboard,
    make_repository,
    receipt,
    typical,
)

BOARD, PAGE, CARD = "bvel-proto/", "submissions/bvel-proto/rf-sites/", "datasets/bvel_proto/"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pages of a repository with both boards and the manifest of the barriers."""
    layout = add_board(make_repository(tmp_path_factory.mktemp("repo"), typical()), barriers())
    place = layout.manifest("bvel_proto", "1.0.0")
    place.parent.mkdir(parents=True)
    shutil.copyfile(MANIFEST, place)
    return render_pages(load_site(layout))


def section(page: str, anchor: str) -> str:
    """The part of a page below a heading, up to the next one."""
    return page.split(f"{{: #{anchor} }}")[1].split("\n## ", maxsplit=1)[0]


def test_the_board_takes_the_mean_apart_in_the_words_of_its_task(pages: dict[str, str]) -> None:
    for url in (BOARD, PAGE):
        body = pages[url].split("---\n", 2)[2]
        for word in ("decade", "CIF", "log10", "log₁₀", "σ ≥", "measured", "measurement", "S/cm"):
            assert word not in body, (url, word)
    part = section(pages[BOARD], "targets")
    for entry in barriers():
        for target in TARGETS:
            score = receipt(entry, BARRIERS)["targets"][target]["all"]["metrics"]["mae_clipped"]
            assert f'data-sort="{score["value"]!r}"' in part
    assert "{: #targets }" not in pages["obelix/"], "one target is not taken apart"
    assert "Mean over E_1D, E_2D, E_3D; eV" in pages[BOARD]


def test_without_a_receipt_the_page_has_what_the_board_has_and_small_numbers_keep_a_digit(
    tmp_path: Path,
) -> None:
    layout = add_board(make_repository(tmp_path, []), barriers())
    layout.receipt(BARRIERS.name, "rf-sites").unlink()
    data = leaderboard(barriers(), BARRIERS)
    data["floors"][0] |= {"value": 0.009119, "ci_low": 0.007009, "ci_high": 0.0117}
    layout.leaderboard_json(BARRIERS.name).write_text(json.dumps(data))
    pages = render_pages(load_site(layout))
    part = pages[PAGE].split('id="scores-e_3d_ev"')[1].split("</section>")[0]
    assert "0.67" in part
    assert part.count("–</td>") > len(BARRIERS.metrics)
    assert "0.007–0.012" in section(pages[BOARD], "floor")
    assert "46 times the 0.009 eV" in pages[""]
