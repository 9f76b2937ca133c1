"""One submission beside the others of its board: its place, what it replaces, where it is worst."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tiny
from ionladder.board import build as standing_of
from ionladder.board.build import full_json, primary_json, stand, worst_slices
from ionladder.board.compare import compare
from ionladder.repo import Layout
from ionladder.score import Scored, submission_folders
from ionladder.specs import Slice


def put(root: Path, name: str, offset: float) -> Path:
    csv = tiny.predictions(offset).to_csv(index=False)
    return tiny.write_submission(root / "submissions" / "tiny" / name, csv=csv)


@pytest.fixture(autouse=True)
def _no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing_of, "crossing_ids", lambda *_: frozenset())


def stood(root: Path, folder: Path, board: Path | None = None) -> standing_of.StandingOf:
    scorer = tiny.scorer(root)
    return stand(
        Layout(root),
        tiny.TASK,
        "1.0.0",
        scorer=scorer,
        settings=tiny.SETTINGS,
        mine=scorer.score(folder),
        board=Layout(board) if board else None,
    )


def test_it_stands_where_the_board_itself_would_put_it(tmp_path: Path) -> None:
    for name, offset in (("near", 0.1), ("far", 3.0), ("mine", 1.0), ("median", 2.0)):
        put(tmp_path, name, offset)
    found = stood(tmp_path, tmp_path / "submissions/tiny/mine")
    scored = tiny.scorer(tmp_path).score_all(submission_folders(Layout(tmp_path), "tiny")).scored
    row = compare(tiny.TASK, scored, tiny.SETTINGS).ranks["mine"]
    standing = found.standing()
    assert standing is not None
    assert (standing["rank"], standing["n_ranked"], standing["leader"]) == (2, 3, "near")
    assert (standing["rank_low"], standing["rank_high"]) == (row.rank_low, row.rank_high)
    assert standing["probability_best"] == pytest.approx(row.probability_best)


def test_a_new_one_is_added_and_one_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    board, sent = tmp_path / "board", tmp_path / "sent"
    put(board, "near", 0.1)
    new = stood(sent, put(sent, "mine", 1.0), board)
    assert new.former is None
    put(board, "mine", 3.0)
    again = stood(sent, sent / "submissions/tiny/mine", board)
    assert again.former is not None
    assert primary_json(again.former, tiny.TASK)["value"] == 3.0
    assert [found.comparison.names for found in (new, again)] == [("mine", "near")] * 2
    assert new.standing() == again.standing()


def test_a_reference_has_no_rank(tmp_path: Path) -> None:
    put(tmp_path, "near", 0.1)
    assert stood(tmp_path, put(tmp_path, "median", 2.0)).standing() is None


def test_a_broken_submission_on_the_board_is_named_and_stops_nobody(tmp_path: Path) -> None:
    put(tmp_path, "near", 0.1)
    (put(tmp_path, "broken", 0.1) / "submission.yaml").unlink()
    found = stood(tmp_path, put(tmp_path, "mine", 1.0))
    assert found.refused == ("broken",)
    assert full_json(found, tiny.TASK)["not_compared_with"] == ["broken"]


def test_the_receipt_stays_the_receipt_beside_the_standing(tmp_path: Path) -> None:
    folder = put(tmp_path, "mine", 1.0)
    whole = full_json(stood(tmp_path, folder), tiny.TASK)
    mine: Scored = tiny.scorer(tmp_path).score(folder)
    assert whole["receipt"] == mine.receipt
    assert "standing" not in whole["receipt"]


def part(value: float | None, n: int = 10) -> dict[str, Any]:
    return {"n": n, "n_groups": 3, "mae": value, "ci_low": 0.1, "ci_high": 9.0}


def test_worst_slices_are_the_three_with_the_largest_error_and_eight_entries() -> None:
    slices = tuple(Slice(name=name, title=name.upper(), column=name) for name in ("a", "b"))
    task = replace(tiny.TASK, slices=slices)
    receipt = {
        "slices": {
            "a": {"x": part(1.0), "y": part(3.0), "tiny": part(None, n=2)},
            "b": {"x": part(2.0), "z": part(0.5)},
        }
    }
    worst = worst_slices(receipt, task)
    assert [(p["title"], p["value"]) for p in worst] == [
        ("A: y", 3.0),
        ("B: x", 2.0),
        ("A: x", 1.0),
    ]
    assert worst_slices({"slices": None}, task) == []
