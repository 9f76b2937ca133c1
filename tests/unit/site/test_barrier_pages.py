"""A task with three targets in eV: nothing on its pages speaks of decades, CIFs or one target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ionladder.data.registry import get_task
from ionladder.site.board import parse_board
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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pages of a repository with both boards and the manifest of the barriers."""
    layout = make_repository(tmp_path_factory.mktemp("repository"), typical())
    add_board(layout, barriers())
    place = layout.manifest("bvel_proto", "1.0.0")
    place.parent.mkdir(parents=True)
    place.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    return render_pages(load_site(layout))


def section(page: str, anchor: str) -> str:
    """The part of a page below a heading, up to the next one."""
    return page.split(f"{{: #{anchor} }}")[1].split("\n## ", maxsplit=1)[0]


def test_pages_of_barriers_never_speak_of_the_other_task(pages: dict[str, str]) -> None:
    for url in (BOARD, PAGE):
        body = pages[url].split("---\n", 2)[2]
        for word in ("decade", "CIF", "log10", "log₁₀", "σ ≥", "measured", "measurement", "S/cm"):
            assert word not in body, (url, word)


def test_the_board_takes_the_mean_apart_target_by_target(pages: dict[str, str]) -> None:
    part = section(pages[BOARD], "targets")
    for entry in barriers():
        for target in TARGETS:
            score = receipt(entry)["targets"][target]["all"]["metrics"]["mae_clipped"]
            assert f'data-sort="{score["value"]!r}"' in part
            assert f"{score['ci_low']:.2f}–{score['ci_high']:.2f}" in part
    places = [part.index(f"/{entry.name}/") for entry in barriers()]
    assert places == sorted(places)


def test_a_task_with_one_target_has_no_such_table(pages: dict[str, str]) -> None:
    assert "{: #targets }" not in pages["obelix/"]
    assert "scores-log10_sigma" not in pages["submissions/obelix/rf-paper/"]


def test_the_board_says_what_it_ranks_by_and_in_which_unit(pages: dict[str, str]) -> None:
    text = pages[BOARD]
    assert "MAE, clipped at 6 eV / eV, smaller is better" in text
    assert "Mean over E_1D, E_2D, E_3D; eV" in text
    assert "repeated labels of one structure lie from their median, on average" in text
    assert "where the grid begins" in section(text, "floor")


def test_floors_keep_the_words_of_their_task(pages: dict[str, str]) -> None:
    assert (
        "repeated measurements of one material lie from their median, on average"
        in pages["obelix/"]
    )
    words = get_task("obelix").label_words
    assert "all measurements of its material" in floor_meaning("replicate_median_deviation", words)
    assert floor_meaning("unheard_of", words) == ""


def test_every_target_has_its_scores_on_the_page_of_a_submission(pages: dict[str, str]) -> None:
    text = pages[PAGE]
    entry = barriers()[0]
    for target in ("mean", *TARGETS):
        part = text.split(f'id="scores-{target}"')[1].split("</section>")[0]
        value = receipt(entry)["targets"][target]["oxide"]["metrics"]["rmse"]["value"]
        assert f'title="{value:.6g}"' in part
        assert part.count("<tr") == 1 + len(TASK.metrics)


def test_without_a_receipt_the_page_has_what_the_board_has(tmp_path: Path) -> None:
    layout = add_board(make_repository(tmp_path, []), barriers())
    layout.receipt(TASK.name, "rf-sites").unlink()
    text = render_pages(load_site(layout))[PAGE]
    part = text.split('id="scores-e_3d_ev"')[1].split("</section>")[0]
    assert "0.67" in part
    assert part.count("–</td>") > len(TASK.metrics)


def test_rows_without_targets_leave_the_second_table_out(tmp_path: Path) -> None:
    data = leaderboard(barriers())
    for row in data["rows"]:
        del row["targets"]
    assert all(row.targets is None for row in parse_board(data, TASK, shown_as="x").rows)
    layout = add_board(make_repository(tmp_path, []), barriers())
    layout.leaderboard_json(TASK.name).write_text(json.dumps(data))
    assert "{: #targets }" not in render_pages(load_site(layout))[BOARD]


def test_home_has_an_overview_and_one_short_section_a_task(pages: dict[str, str]) -> None:
    home = pages[""]
    overview = home.split("il-overview")[1].split("</table>")[0]
    for name in ("obelix", "bvel-proto"):
        assert f'href="#{name}"' in overview
        assert f"{{: #{name} }}" in home
    assert "0.42" in overview
    assert "1.50" in overview
    assert home.count("How to read it</p>") == 1


def test_the_card_says_how_the_data_were_made_and_what_they_are_not(pages: dict[str, str]) -> None:
    card = pages[CARD]
    summary = json.loads(MANIFEST.read_text(encoding="utf-8"))["summary"]
    assert "synthetic" in section(card, "caveats")
    assert "empirical force field" in section(card, "caveats")
    assert "bvlain" in section(card, "making")
    assert "resolution, Å" in section(card, "making")
    for reason, item in summary["generation"]["left_out"].items():
        assert reason[1:12] in section(card, "making")
        assert f"{item['count']:,}".replace(",", "\u202f") in section(card, "making")
    for work in ("dembitskiy2025bvlain", "mehl2017aflow", "adams2014bvse"):
        assert work in card
    assert "make bvel-proto-verify" in card
    assert "ionladder fetch" not in card


def test_the_card_shows_every_family_with_its_quartiles(pages: dict[str, str]) -> None:
    part = section(pages[CARD], "families")
    families = json.loads(MANIFEST.read_text(encoding="utf-8"))["summary"]["family"]
    for name, item in families.items():
        quartile = item["e_3d_ev"]["q75"]
        assert f"{name}, E_3D: median {item['e_3d_ev']['median']:.2f}" in part
        assert f'<td class="il-number">{quartile:.2f}</td>' in part


def test_the_ladder_of_splits_stands_in_its_order_with_every_error(
    pages: dict[str, str],
) -> None:
    part = section(pages[CARD], "splits")
    heads = [part.index(title) for title in ("Shuffled rows", "Grouped by chemical system")]
    assert heads == sorted(heads)
    row = part.split("rf-sites")[-1].split("</tr>")[0]
    shown = [row.index(text) for text in (">0.30<", ">0.42<", ">0.80<")]
    assert shown == sorted(shown)
    assert "0.40–0.44" in row
    assert "standard deviation over repeats" in part
    assert "train-median" not in part


def test_intervals_of_folds_are_shown_where_receipts_have_them(tmp_path: Path) -> None:
    layout = add_board(make_repository(tmp_path, []), barriers())
    place = layout.manifest("bvel_proto", "1.0.0")
    place.parent.mkdir(parents=True)
    place.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    for entry in barriers():
        data = receipt(entry)
        for part in data["cross_validation"].values():
            part |= {"mae_clipped_ci_low": 0.11, "mae_clipped_ci_high": 0.99}
        layout.receipt(TASK.name, entry.name).write_text(json.dumps(data))
    part = section(render_pages(load_site(layout))[CARD], "splits")
    assert "0.11–0.99" in part
    assert "standard deviation" not in part


def test_before_any_cross_validation_the_card_says_so(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [])
    place = layout.manifest("bvel_proto", "1.0.0")
    place.parent.mkdir(parents=True)
    place.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    card = render_pages(load_site(layout))[CARD]
    assert "No submission has been cross&#45;validated" in card or (
        "No submission has been cross-validated" in card
    )


def test_a_small_floor_or_spread_keeps_a_digit_that_says_something(tmp_path: Path) -> None:
    data = leaderboard(barriers())
    data["floors"][0] |= {"value": 0.009119, "ci_low": 0.007009, "ci_high": 0.0117}
    layout = add_board(make_repository(tmp_path, []), barriers())
    layout.leaderboard_json(TASK.name).write_text(json.dumps(data))
    pages = render_pages(load_site(layout))
    assert "replicate floor 0.009" in pages[BOARD]
    assert "0.007–0.012" in section(pages[BOARD], "floor")
    assert "46 times the 0.009 eV" in pages[""]
    assert ">0.013<" in pages[BOARD]


def test_bands_and_targets_are_named_in_their_own_unit() -> None:
    (sigma,) = get_task("obelix").targets
    assert band_title(sigma) == "within one decade"
    assert band_title(TASK.targets[0]) == ""
    assert target_title(TASK, "mean") == "Mean over E_1D, E_2D, E_3D"
    assert target_title(TASK, "e_1d_ev") == "E_1D"


def test_subsets_by_dimension_promise_no_easy_path(pages: dict[str, str]) -> None:
    # The label is relative: what conducts nowhere can be as steep in three dimensions as in one.
    text = pages[BOARD]
    assert "as easy in 3D" in text
    assert "easiest in 1D" in text
    assert "conduct in" not in text
