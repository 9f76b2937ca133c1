"""A leaderboard file is read as it stands, and refused with a letter when it is not one."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from ionladder.errors import SiteError
from ionladder.site.board import Board, empty_board, parse_board
from ionladder.site.tables import board_tables, metric_groups
from unit.site.synthetic_board import TASK, Entry, leaderboard, typical


def board(entries: list[Entry]) -> Board:
    return parse_board(leaderboard(entries), TASK, shown_as="leaderboard/obelix.json")


def test_rows_keep_the_order_of_the_file_and_reported_ones_stay_apart() -> None:
    entries = typical()
    read = board(entries)
    assert [row.submission for row in read.scored] == [entry.name for entry in entries]
    assert len(read.of_kind("reported")) == len(TASK.reported)


def test_leaders_are_the_first_verified_row_and_all_tied_with_it() -> None:
    read = board(typical())
    assert [row.submission for row in read.leaders] == ["hgb-l1", "rf-paper", "rf-paper-cif"]


def test_a_reference_never_leads() -> None:
    entries = [
        Entry(name="train-median", kind="reference", value=0.1, tie_group=None),
        Entry(name="model", value=2.0),
    ]
    assert [row.submission for row in board(entries).leaders] == ["model"]


def test_the_baseline_of_charts_is_the_train_median() -> None:
    baseline = board(typical()).baseline
    assert baseline is not None
    assert baseline.submission == "train-median"


def test_boards_without_rows_have_no_leader_and_no_baseline() -> None:
    for read in (board([]), empty_board(TASK, "1.2.0")):
        assert read.leaders == ()
        assert read.baseline is None
        assert read.drawn_values == []


@pytest.mark.parametrize("key", ["dataset_version", "scorer_version", "floors", "rows", "primary"])
def test_a_file_without_a_needed_key_is_refused_by_name(key: str) -> None:
    data = leaderboard(typical())
    del data[key]
    with pytest.raises(SiteError, match=rf"leaderboard/obelix\.json.*{key}"):
        parse_board(data, TASK, shown_as="leaderboard/obelix.json")


def test_the_board_of_another_task_is_refused() -> None:
    data = leaderboard([]) | {"task": "other"}
    with pytest.raises(SiteError, match="the task 'other'"):
        parse_board(data, TASK, shown_as="leaderboard/obelix.json")


def test_an_unknown_kind_of_row_is_refused() -> None:
    data = copy.deepcopy(leaderboard(typical()))
    data["rows"][0]["kind"] = "sponsored"
    with pytest.raises(SiteError, match="sponsored"):
        parse_board(data, TASK, shown_as="leaderboard/obelix.json")


def test_each_subset_is_ordered_by_its_own_error_with_missing_ones_last() -> None:
    first, *others = typical()
    entries = [replace(first, value=None), *others]
    for table in board_tables(board(entries), "obelix/")[1:]:
        shown = [float(row["primary"].sort) for row in table.rows if row["primary"].sort]
        assert shown == sorted(shown)
        assert table.rows[-1]["name"] == "hgb-l1"


def test_every_cell_has_its_column() -> None:
    for table in board_tables(board(typical()), "obelix/"):
        assert {len(row["cells"]) for row in table.rows} == {len(table.columns)}


def test_screening_metrics_are_grouped_by_threshold_and_lose_it_from_their_name() -> None:
    groups = metric_groups(board(typical()))
    assert [group.title for group in groups] == [
        "Other measures of error",
        "Screening, σ ≥ 10⁻⁴",
        "Screening, σ ≥ 10⁻³",
    ]
    assert [c.label for c in groups[1].columns][-1] == "Enrichment, top 12"


def test_missing_numbers_are_dashes_that_sort_last_never_zeros() -> None:
    (table, *_) = board_tables(board([Entry(name="empty", value=None)]), "obelix/")
    (row,) = table.rows
    assert row["primary"].text == "–"
    assert row["primary"].sort == ""
    assert all(cell.text != "0.00" for cell in row["cells"])
