"""A leaderboard file is read as it stands, and refused with an error when it is not one."""

from __future__ import annotations

import copy

import pytest

from ionladder.board.model import Board, empty_board, parse_board
from ionladder.errors import SiteError
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
