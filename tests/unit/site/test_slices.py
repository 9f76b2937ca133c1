"""Slices on pages: worst first, small parts last, and honest about what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ionladder.repo import Layout, read_json, to_json
from ionladder.score import SliceScore
from ionladder.site.board import parse_board
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.slices import slice_board, slice_table
from unit.site.synthetic_board import TASK, Entry, leaderboard, make_repository, typical


def part(n: int, value: float | None, low: float | None = None, high: float | None = None) -> Any:
    return {"n": n, "n_groups": min(n, 5), "mae": value, "ci_low": low, "ci_high": high}


SLICES = {
    "structure": {"with": part(67, 1.8, 1.2, 2.7), "without": part(54, 1.2, 0.8, 1.8)},
    "family": {
        "garnet": part(23, 0.6, 0.3, 1.1),
        "<b>odd</b>": part(9, 2.4, 0.001, 900.0),
        "silicates": part(1, None),
    },
    "train_distance": {"1st quarter: 0.00 to 0.24": part(31, 1.0)},
}


def with_slices(root: Path, entries: list[Entry]) -> Layout:
    """A synthetic repository whose receipts have slices."""
    layout = make_repository(root, entries)
    for entry in entries:
        path = layout.receipt(TASK.name, entry.name)
        path.write_text(to_json({**read_json(path), "slices": SLICES}))
    return layout


@pytest.fixture
def board() -> Any:
    return parse_board(leaderboard(typical()), TASK, shown_as="board")


def parts_of(board: Any, small: Any = None) -> dict[str, Any]:
    table = slice_table(board, board.rows[0], {"slices": SLICES}, small or {})
    assert table is not None
    return {item.name: parts for item, parts in table["slices"]}


def test_the_worst_part_comes_first_and_small_ones_last(board: Any) -> None:
    parts = parts_of(board)
    assert [p["title"] for p in parts["structure"]] == ["with CIF", "without CIF"]
    assert [p["title"] for p in parts["family"]] == ["<b>odd</b>", "garnet", "silicates"]
    assert [p["is_small"] for p in parts["family"]] == [False, False, True]


def test_differences_are_counted_from_the_score_on_all_entries(board: Any) -> None:
    overall = board.primary(board.rows[0]).value
    shown = parts_of(board)["structure"][0]["difference"]
    assert float(shown.sort) == pytest.approx(1.8 - overall)
    assert shown.text == "+0.30"


def test_an_interval_over_two_orders_of_magnitude_says_so(board: Any) -> None:
    odd = parts_of(board)["family"][0]
    assert odd["cell"].detail == "undetermined"
    assert "too few independent groups" in odd["cell"].hint


def test_what_a_receipt_withholds_is_shown_where_the_labels_are(board: Any) -> None:
    withheld = parts_of(board)["family"][2]["cell"]
    assert withheld.text == "–"
    nan = float("nan")
    score = SliceScore(n=1, n_groups=1, value=7.45, ci_low=nan, ci_high=nan)
    filled = parts_of(board, {"family": {"silicates": score}})["family"][2]["cell"]
    assert filled.text == "7.45"
    assert filled.detail == ""


def test_receipts_without_slices_have_no_table(board: Any) -> None:
    assert slice_table(board, board.rows[0], {"slices": None}, {}) is None
    assert slice_table(board, board.rows[0], None, {}) is None


def test_the_board_shows_models_against_parts_that_are_large_enough(tmp_path: Path) -> None:
    site = load_site(with_slices(tmp_path, typical()))
    shown = slice_board(site.task_site(TASK.name), "obelix/")
    assert shown is not None
    titles = [title for _, parts in shown["groups"] for title, _ in parts]
    assert titles == [
        "with CIF",
        "without CIF",
        "garnet",
        "<b>odd</b>",
        "1st quarter: 0.00 to 0.24",
    ]
    assert len(shown["rows"]) == len(typical())
    assert all(len(cells) == len(titles) for _, _, cells in shown["rows"])


def test_a_long_board_shows_its_first_ten_models_and_all_references(tmp_path: Path) -> None:
    many = [Entry(name=f"m{i:02}", value=1 + i / 10) for i in range(14)]
    reference = Entry(name="train-median", value=9.0, kind="reference", tie_group=None)
    site = load_site(with_slices(tmp_path, [*many, reference]))
    shown = slice_board(site.task_site(TASK.name), "obelix/")
    assert shown is not None
    assert [row.submission for row, _, _ in shown["rows"]] == [
        *(entry.name for entry in many[:10]),
        "train-median",
    ]
    assert shown["n_hidden"] == 4


def test_pages_hold_the_slices_and_no_markup_from_the_data(tmp_path: Path) -> None:
    pages = render_pages(load_site(with_slices(tmp_path, typical())))
    for url in ("obelix/", "submissions/obelix/rf-paper/"):
        assert "Errors by slice" in pages[url]
        assert "<b>odd" not in pages[url]
        assert "&#60;b&#62;odd" in pages[url]


def test_an_unscored_row_has_no_slices(board: Any) -> None:
    row = board.rows[0].model_copy(update={"subsets": {}})
    assert slice_table(board, row, {"slices": SLICES}, {}) is None
