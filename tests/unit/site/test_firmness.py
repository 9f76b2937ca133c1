"""What a board's page says of how firm its order is, and a submission's of its opponents."""

from __future__ import annotations

from typing import Any

import pytest

from ionladder.errors import SiteError
from ionladder.site.board import Analysis, Board, parse_analysis, parse_board
from ionladder.site.differences import MOST_PAIRS, pair_rows
from ionladder.site.tables import board_tables, robustness, sensitivity
from unit.site.synthetic_board import TASK, Entry, leaderboard, typical

COLUMNS = ["submission", "other", "difference", "ci_low", "ci_high", "probability_better"]
HERE = "submissions/obelix/rf-paper/"


def board(entries: list[Entry]) -> Board:
    return parse_board(leaderboard(entries), TASK, shown_as="leaderboard/obelix.json")


def analysis(**parts: Any) -> Analysis:
    return parse_analysis({"task": "obelix", **parts}, shown_as="analysis/obelix.json")


def pairs(*rows: list[Any]) -> dict[str, Any]:
    return {"columns": COLUMNS, "rows": [list(row) for row in rows]}


def test_a_pair_reads_from_both_sides() -> None:
    found = analysis(pairs=pairs(["hgb-l1", "rf-paper", -0.25, -0.5, 0.125, 0.9]))
    (mine,) = pair_rows(board(typical()), found, board(typical()).entrant("rf-paper"), HERE)
    assert mine["difference"].text == "+0.25"
    assert mine["difference"].detail == "−0.12 to +0.50"
    assert (mine["verdict"], mine["probability"]) == ("not resolved", "10 %")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.5, -0.1, "better"), (0.1, 0.5, "worse"), (-0.1, 0.5, "not resolved")],
)
def test_a_difference_is_clear_when_its_interval_leaves_out_zero(
    low: float, high: float, verdict: str
) -> None:
    middle = (low + high) / 2
    found = analysis(pairs=pairs(["rf-paper", "mlp-paper", middle, low, high, 0.5]))
    (row,) = pair_rows(board(typical()), found, board(typical()).entrant("rf-paper"), HERE)
    assert row["verdict"] == verdict


def test_opponents_stand_in_the_order_of_the_board_and_are_bounded() -> None:
    entries = [Entry(name=f"m{n:03d}", value=1.0 + n / 100) for n in range(MOST_PAIRS + 5)]
    rows = [["m000", entry.name, -0.1, -0.2, 0.1, 0.6] for entry in reversed(entries[1:])]
    read = board(entries)
    shown = pair_rows(read, analysis(pairs=pairs(*rows)), read.entrant("m000"), HERE)
    assert [row["href"] for row in shown] == [f"../m{n:03d}/" for n in range(1, MOST_PAIRS + 1)]


def test_groups_that_decide_the_first_place_are_named() -> None:
    found = analysis(
        robustness={
            "leader": "hgb-l1",
            "n_groups": 42,
            "share_leader_stays": 0.976190,
            "n_deciding": 1,
            "deciding": [
                {
                    "entries": ["mvq", "5e2"],
                    "leader": "rf-paper",
                    "score": 1.5,
                    "score_of_leader": 1.6,
                }
            ],
        }
    )
    shown = robustness(board(typical()), found, "obelix/")
    assert shown is not None
    assert shown["share"] == "98 %"
    assert shown["deciding"][0]["entries"] == ["mvq", "5e2"]
    assert "Random forest" in shown["deciding"][0]["leader"]


def test_ranks_by_other_measures_follow_the_order_of_the_board() -> None:
    found = analysis(
        sensitivity={
            "views": [
                {"metric": "mae", "subset": "all", "agreement": 1.0},
                {"metric": "mae", "subset": "cif", "agreement": None},
            ],
            "ranks": {"rf-paper": [2, None], "hgb-l1": [1, 1]},
        }
    )
    shown = sensitivity(board(typical()), found, "obelix/")
    assert shown is not None
    assert [ranks for _, ranks in shown["rows"]] == [[1, 1], [2, None]]
    assert [(view["subset"], view["agreement"]) for view in shown["views"]] == [
        ("", "1.00"),
        ("with CIF", "–"),
    ]


def test_without_an_analysis_nothing_is_claimed() -> None:
    nothing = parse_analysis(None, shown_as="analysis/obelix.json")
    read = board(typical())
    assert robustness(read, nothing, "obelix/") is None
    assert sensitivity(read, nothing, "obelix/") is None
    assert pair_rows(read, nothing, read.rows[0], HERE) == []


def test_a_damaged_analysis_is_a_letter() -> None:
    with pytest.raises(SiteError, match=r"analysis/obelix\.json.*ionladder leaderboard"):
        analysis(pairs={"columns": COLUMNS, "rows": [["one"]]})


def test_a_score_below_the_floor_is_marked_and_never_accused() -> None:
    entries = [Entry(name="too-good", value=0.2), Entry(name="usual", value=1.5)]
    table = board_tables(board(entries), "obelix/")[0]
    assert [(row["name"], row["is_below_floor"]) for row in table.rows] == [
        ("too-good", True),
        ("usual", False),
    ]


def test_the_board_shows_how_much_reducible_error_is_closed() -> None:
    table = board_tables(board([Entry(name="a", value=1.285)]), "obelix/")[0]
    keys = [column.key for _, column in table.columns]
    cells = dict(zip(keys, table.rows[0]["cells"], strict=True))
    assert cells["reducible"].text == "50 %"
    assert cells["probability-best"].text == "25 %"
