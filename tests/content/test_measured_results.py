"""What the pages say of intervals and tie groups is what the committed simulations found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ionladder.repo import Layout, read_json

LAYOUT = Layout(Path(__file__).resolve().parents[2])
RESULTS = LAYOUT.benchmarks_results


def rows(name: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_json(RESULTS / name)["tables"][table]
    return found


def mae_coverage(method: str) -> list[float]:
    return [
        row["coverage"]
        for row in rows("coverage.json", "mae")
        if row["test_set"] == "obelix" and row["method"].startswith(method)
    ]


def test_intervals_of_the_mae_cover_what_the_reading_page_says() -> None:
    ours, percentile = mae_coverage("jackknife"), mae_coverage("percentile")
    assert min(ours) >= 0.91
    assert max(ours) <= 0.97
    assert min(percentile) >= 0.86
    assert max(percentile) <= 0.925
    assert all(own > other for own, other in zip(ours, percentile, strict=True))


def test_equal_models_are_separated_on_at_most_five_boards_in_a_hundred() -> None:
    for row in rows("separation.json", "equal") + rows("separation.json", "equal_leaders"):
        # Three standard errors of a simulation whose true share is 5 %.
        slack = 3 * (0.05 * 0.95 / row["boards"]) ** 0.5
        assert row["separated"] <= 0.05 + slack, row


@pytest.mark.parametrize(
    ("task", "target", "receipt"),
    [("obelix", "log10_sigma", "train-median"), ("bvel-proto", "e_1d_ev", "train-median")],
)
def test_the_simulated_groups_are_those_of_the_scored_test_set(
    task: str, target: str, receipt: str
) -> None:
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
