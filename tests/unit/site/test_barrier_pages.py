"""A task with three targets in eV: nothing on its pages speaks of decades, CIFs or one target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.text import band_title, floor_meaning, target_title
from unit.site.synthetic_barriers import (
    TARGETS,
    TASK,
    add_board,
    barriers,
    leaderboard,
    receipt,
)
from unit.site.synthetic_board import REPOSITORY, make_repository, typical

MANIFEST = REPOSITORY / "data" / "bvel_proto" / "1.0.0" / "manifest.json"
BOARD, PAGE, CARD = "bvel-proto/", "submissions/bvel-proto/rf-sites/", "datasets/bvel_proto/"


def with_manifest(layout: Layout) -> Layout:
    place = layout.manifest("bvel_proto", "1.0.0")
    place.parent.mkdir(parents=True)
    place.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    return layout


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pages of a repository with both boards and the manifest of the barriers."""
    layout = make_repository(tmp_path_factory.mktemp("repository"), typical())
    return render_pages(load_site(with_manifest(add_board(layout, barriers()))))


def section(page: str, anchor: str) -> str:
    """The part of a page below a heading, up to the next one."""
    return page.split(f"{{: #{anchor} }}")[1].split("\n## ", maxsplit=1)[0]


def test_pages_of_barriers_never_speak_of_the_other_task(pages: dict[str, str]) -> None:
    for url in (BOARD, PAGE):
        body = pages[url].split("---\n", 2)[2]
        for word in ("decade", "CIF", "log10", "log₁₀", "σ ≥", "measured", "measurement", "S/cm"):
            assert word not in body, (url, word)
    assert "conduct in" not in pages[BOARD], "a label is relative: no subset promises a path"


def test_the_board_takes_the_mean_apart_target_by_target(pages: dict[str, str]) -> None:
    part = section(pages[BOARD], "targets")
    for entry in barriers():
        for target in TARGETS:
            score = receipt(entry)["targets"][target]["all"]["metrics"]["mae_clipped"]
            assert f'data-sort="{score["value"]!r}"' in part
    assert "{: #targets }" not in pages["obelix/"], "one target is not taken apart"
    assert "Mean over E_1D, E_2D, E_3D; eV" in pages[BOARD]
    assert "repeated labels of one structure lie from their median" in pages[BOARD]
    assert "repeated measurements of one material lie from their median" in pages["obelix/"]


def test_every_target_has_its_scores_on_the_page_of_a_submission(pages: dict[str, str]) -> None:
    for target in ("mean", *TARGETS):
        part = pages[PAGE].split(f'id="scores-{target}"')[1].split("</section>")[0]
        value = receipt(barriers()[0])["targets"][target]["oxide"]["metrics"]["rmse"]["value"]
        assert f'title="{value:.6g}"' in part
        assert part.count("<tr") == 1 + len(TASK.metrics)


def test_without_a_receipt_the_page_has_what_the_board_has(tmp_path: Path) -> None:
    layout = add_board(make_repository(tmp_path, []), barriers())
    layout.receipt(TASK.name, "rf-sites").unlink()
    text = render_pages(load_site(layout))[PAGE]
    part = text.split('id="scores-e_3d_ev"')[1].split("</section>")[0]
    assert "0.67" in part
    assert part.count("–</td>") > len(TASK.metrics)


def test_home_has_an_overview_and_one_short_section_a_task(pages: dict[str, str]) -> None:
    home = pages[""]
    overview = home.split("il-overview")[1].split("</table>")[0]
    for name in ("obelix", "bvel-proto"):
        assert f'href="#{name}"' in overview
        assert f"{{: #{name} }}" in home
    assert home.count("How to read it</p>") == 1


def test_the_card_says_how_the_data_were_made_and_what_they_are_not(pages: dict[str, str]) -> None:
    card = pages[CARD]
    summary = json.loads(MANIFEST.read_text(encoding="utf-8"))["summary"]
    assert "empirical force field" in section(card, "caveats")
    making = section(card, "making")
    assert "resolution, Å" in making
    for item in summary["generation"]["left_out"].values():
        assert f"{item['count']:,}".replace(",", "\u202f") in making
    assert "make bvel-proto-verify" in card
    assert "ionladder fetch" not in card
    families = section(card, "families")
    for name, item in summary["family"].items():
        assert f"{name}, E_3D: median {item['e_3d_ev']['median']:.2f}" in families


def test_splits_stand_in_the_order_of_their_difficulty_with_every_error(
    pages: dict[str, str], tmp_path: Path
) -> None:
    part = section(pages[CARD], "splits")
    row = part.split("rf-sites")[-1].split("</tr>")[0]
    shown = [row.index(text) for text in (">0.30<", ">0.42<", ">0.80<")]
    assert shown == sorted(shown)
    assert "0.40–0.44" in row
    assert "standard deviation over repeats" in part
    layout = with_manifest(add_board(make_repository(tmp_path, []), barriers()))
    for entry in barriers():
        data = receipt(entry)
        for folds in data["cross_validation"].values():
            folds |= {"mae_clipped_ci_low": 0.11, "mae_clipped_ci_high": 0.99}
        layout.receipt(TASK.name, entry.name).write_text(json.dumps(data))
    part = section(render_pages(load_site(layout))[CARD], "splits")
    assert "0.11–0.99" in part
    assert "standard deviation" not in part


def test_a_small_floor_or_spread_keeps_a_digit_that_says_something(tmp_path: Path) -> None:
    data = leaderboard(barriers())
    data["floors"][0] |= {"value": 0.009119, "ci_low": 0.007009, "ci_high": 0.0117}
    layout = add_board(make_repository(tmp_path, []), barriers())
    layout.leaderboard_json(TASK.name).write_text(json.dumps(data))
    pages = render_pages(load_site(layout))
    assert "replicate floor 0.009" in pages[BOARD]
    assert "0.007–0.012" in section(pages[BOARD], "floor")
    assert "46 times the 0.009 eV" in pages[""]


def test_bands_targets_and_floors_are_named_in_the_words_of_their_task() -> None:
    obelix = get_task("obelix")
    assert band_title(obelix.targets[0]) == "within one decade"
    assert band_title(TASK.targets[0]) == ""
    assert target_title(TASK, "mean") == "Mean over E_1D, E_2D, E_3D"
    words = obelix.label_words
    assert "all measurements of its material" in floor_meaning("replicate_median_deviation", words)
    assert floor_meaning("unheard_of", words) == ""
