"""What the pages say of intervals and verdicts is what the committed simulations found."""

from pathlib import Path
from typing import Any

import pytest

from ionladder.repo import Layout, read_json

LAYOUT = Layout(Path(__file__).resolve().parents[2])
RESULTS = LAYOUT.benchmarks_results


def rows(name, table):
    found: list[dict[str, Any]] = read_json(RESULTS / name)["tables"][table]
    return found


def mae_coverage(method):
    return [
        row["coverage"]
        for row in rows("coverage.json", "mae")
        if row["test_set"] == "obelix" and row["method"].startswith(method)
    ]


def test_intervals_of_the_mae_cover_what_the_reading_page_says():
    ours, percentile = mae_coverage("jackknife"), mae_coverage("percentile")
    assert min(ours) >= 0.91
    assert max(ours) <= 0.97
    assert min(percentile) >= 0.86
    assert max(percentile) <= 0.925
    assert all(own > other for own, other in zip(ours, percentile, strict=True))


def test_equal_and_alike_models_are_separated_on_at_most_five_boards_in_a_hundred():
    found = rows("separation.json", "equal")
    assert {row["models"] for row in found} == {2, 5, 20, 100}
    for row in found:
        # Three standard errors of a simulation whose true share is 5 %.
        assert row["boards"] >= 1000
        assert row["separated"] <= 0.05 + 3 * (0.05 * 0.95 / row["boards"]) ** 0.5, row


def test_a_better_model_is_separated_as_often_as_required_and_more_often_than_before():
    found = {(r["errors"], r["models"], r["gap"]): r for r in rows("separation.json", "better")}
    assert found["obelix", 20, 1.0]["from_each"] >= 0.45
    assert found["obelix-cif", 20, 1.0]["from_each"] >= 0.20
    for row in found.values():
        # Two standard errors of the difference of the two simulated shares.
        slack = 2 * 2**0.5 * max(row["from_each_standard_error"], 0.02)
        assert row["before"] is None or row["from_each"] >= row["before"] - slack, row
        assert row["holm_from_each"] - row["from_each"] < 0.06, "steps would add little"


@pytest.mark.parametrize(
    ("task", "target", "receipt"),
    [("obelix", "log10_sigma", "train-median"), ("bvel-proto", "e_1d_ev", "train-median")],
)
def test_the_simulated_groups_are_those_of_the_board(task, target, receipt):
    (simulated,) = (
        item
        for item in read_json(RESULTS / "coverage.json")["test_sets"]
        if item["test_set"] == task
    )
    scored = read_json(LAYOUT.leaderboard_dir / "scores" / task / f"{receipt}.json")
    part = scored["targets"][target]["all"]
    assert simulated["rows"] == scored["n_expected"]
    assert simulated["groups"] == part["n_groups"]
    assert round(simulated["df"], 2) == round(part["df"], 2)
