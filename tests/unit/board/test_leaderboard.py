"""Boards of the tiny task: golden files, order, references, refused submissions, flat CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tiny
from ionladder.board.build import assemble
from ionladder.board.check import receipt_problems
from ionladder.board.compare import compare
from ionladder.board.model import to_csv, write_leaderboard, write_receipts
from ionladder.repo import Layout, to_json
from ionladder.score import TaskScores, submission_folders

GOLDEN = Path(__file__).parents[2] / "golden"


def submissions(root: Path) -> Layout:
    """A good model, a better one with two seeds, a reference, and a broken one."""
    layout = Layout(root)
    folder = layout.submissions_dir("tiny")
    tiny.write_submission(folder / "good", csv=tiny.predictions(1.0).to_csv(index=False))
    seeds = pd.concat(
        [tiny.predictions(offset).assign(seed=n) for n, offset in ((0, 0.2), (1, 0.4))]
    )
    tiny.write_submission(folder / "better", csv=seeds.to_csv(index=False))
    median = tiny.predictions().assign(log10_sigma=-5.0)
    tiny.write_submission(folder / "median", csv=median.to_csv(index=False))
    tiny.write_submission(folder / "broken", csv="id,log10_sigma\n019,oops\n")
    return layout


def score(layout: Layout, labels: pd.DataFrame = tiny.LABELS) -> tuple[TaskScores, dict[str, Any]]:
    scorer = tiny.scorer(layout.root, labels)
    result = scorer.score_all(submission_folders(layout, "tiny"))
    board = assemble(
        tiny.TASK,
        result.scored,
        scorer.floors(),
        compare(tiny.TASK, result.scored, tiny.SETTINGS),
        dataset_version="1.0.0",
        settings=tiny.SETTINGS,
    )
    return result, board


def write(layout: Layout, result: TaskScores, board: dict[str, Any]) -> None:
    receipts = {name: scored.receipt for name, scored in result.scored.items()}
    write_receipts(layout, "tiny", receipts, result.refused)
    write_leaderboard(layout, board)


def test_the_board_and_a_receipt_are_as_reviewed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    result, board = score(submissions(tmp_path))
    files = {
        "tiny.json": to_json(board),
        "tiny.csv": to_csv(board["rows"]),
        "receipt.json": to_json(result.scored["better"].receipt),
    }
    for name, text in files.items():
        if request.config.getoption("--update-golden"):
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_rows_stand_best_first_and_only_verified_rows_are_ranked(tmp_path: Path) -> None:
    _, board = score(submissions(tmp_path))
    shown = [(row["submission"], row["kind"], row["rank"]) for row in board["rows"]]
    assert shown == [
        ("better", "verified", 1),
        ("good", "verified", 2),
        ("median", "reference", None),
    ]
    assert board["rows"][0]["mae"] == pytest.approx(0.3)
    assert board["rows"][0]["mae_seed_sd"] == pytest.approx(0.141421)


def test_the_floor_is_that_of_the_replicates(tmp_path: Path) -> None:
    _, board = score(submissions(tmp_path))
    # Two pairs, 2 and 1 decades apart: each member lies half of that from its median.
    assert board["floors"][0]["value"] == pytest.approx((1.0 + 1.0 + 0.5 + 0.5) / 4)
    assert (board["floors"][0]["n_groups"], board["floors"][0]["n_entries"]) == (2, 4)


def test_a_broken_submission_is_set_apart_with_its_problems(tmp_path: Path) -> None:
    layout = submissions(tmp_path)
    result, board = score(layout)
    write(layout, result, board)
    assert list(result.refused) == ["broken"]
    receipt = json.loads(layout.receipt("tiny", "broken").read_text())
    assert "019: 'oops'" in receipt["refused"][0]["found"]
    assert "broken" not in layout.leaderboard_json("tiny").read_text()


def test_the_receipt_of_a_submission_that_has_gone_is_removed(tmp_path: Path) -> None:
    layout = submissions(tmp_path)
    write(layout, *score(layout))
    for file in layout.submission_dir("tiny", "good").iterdir():
        file.unlink()
    layout.submission_dir("tiny", "good").rmdir()
    write(layout, *score(layout))
    assert sorted(path.stem for path in layout.receipts_dir("tiny").iterdir()) == [
        "better",
        "broken",
        "median",
    ]


def test_a_changed_label_changes_the_receipts_it_should(tmp_path: Path) -> None:
    layout = submissions(tmp_path)
    before, _ = score(layout)
    changed = tiny.LABELS.assign(log10_sigma=[-4.0, -6.0, -15.0, -3.0, -8.0, -5.5])
    after, _ = score(layout, changed)
    for name, scored in before.scored.items():
        old = scored.receipt["targets"]["log10_sigma"]
        new = after.scored[name].receipt["targets"]["log10_sigma"]
        assert old["all"] != new["all"]
        assert old["uncensored"] != new["uncensored"]
        # The changed entry (zzz) has no CIF.
        assert old["cif"] == new["cif"]


def test_scoring_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    layout = submissions(tmp_path)

    def snapshot() -> dict[str, bytes]:
        write(layout, *score(layout))
        files = sorted(path for path in layout.leaderboard_dir.rglob("*") if path.is_file())
        return {path.name: path.read_bytes() for path in files}

    assert snapshot() == snapshot()


def test_the_flat_table_holds_the_numbers_of_the_nested_one(tmp_path: Path) -> None:
    _, board = score(submissions(tmp_path))
    rows = list(csv.DictReader(io.StringIO(to_csv(board["rows"]))))
    assert [row["submission"] for row in rows] == ["better", "good", "median"]
    assert float(rows[1]["cif.mae"]) == board["rows"][1]["subsets"]["cif"]["mae"]
    assert rows[2]["rank"] == ""
    assert rows[0]["card.authors"] == "A. Author"


def test_a_changed_prediction_file_is_noticed_and_named(tmp_path: Path) -> None:
    layout = submissions(tmp_path)
    write(layout, *score(layout))
    assert receipt_problems(layout, "tiny") == []
    path = layout.submission_dir("tiny", "good") / "predictions.csv"
    damaged = bytearray(path.read_bytes())
    damaged[-2] ^= 1
    path.write_bytes(damaged)
    (problem,) = receipt_problems(layout, "tiny")
    assert problem.where == "submissions/tiny/good/predictions.csv"
    assert "leaderboard/scores/tiny/good.json" in problem.expected


def test_a_submission_without_a_receipt_is_noticed(tmp_path: Path) -> None:
    layout = submissions(tmp_path)
    write(layout, *score(layout))
    tiny.write_submission(layout.submission_dir("tiny", "newcomer"))
    (problem,) = receipt_problems(layout, "tiny")
    assert problem.where == "submissions/tiny/newcomer"
