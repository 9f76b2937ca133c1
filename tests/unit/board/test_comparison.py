"""What a board says beyond its rows, against brute force on the tiny task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tiny
from ionladder.board import compare as pair_tables
from ionladder.board.compare import (
    Comparison,
    compare,
    leader_without_groups,
    pair,
    pair_table,
    sensitivity,
)
from ionladder.repo import Layout
from ionladder.score import Scored, submission_folders

ERRORS = {
    "even": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    "lucky": [0.0, 0.0, 9.0, 0.0, 0.1, 0.1],
    "median": [3.0, 3.0, 3.0, 3.0, 3.0, 3.0],
    "worse": [2.0, 2.5, 2.0, 2.5, 2.0, 2.5],
}


@pytest.fixture
def scored(tmp_path: Path) -> dict[str, Scored]:
    folder = Layout(tmp_path).submissions_dir("tiny")
    for name, errors in ERRORS.items():
        rows = tiny.predictions(0.0).assign(log10_sigma=tiny.LABELS["log10_sigma"] + errors)
        tiny.write_submission(folder / name, csv=rows.to_csv(index=False))
    result = tiny.scorer(tmp_path).score_all(submission_folders(Layout(tmp_path), "tiny"))
    assert not result.refused
    return dict(result.scored)


def comparison(scored: dict[str, Scored]) -> Comparison:
    return compare(tiny.TASK, scored, tiny.SETTINGS)


def groups() -> list[list[str]]:
    return [part["id"].tolist() for _, part in tiny.LABELS.groupby("component")]


def test_every_pair_stands_once_with_the_better_one_first(scored: dict[str, Scored]) -> None:
    table = pair_table(comparison(scored), tiny.TASK.references, confidence=0.95)
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert len(rows) == 6
    for row in rows:
        mine, other = (np.mean(ERRORS[row[key]]) for key in ("submission", "other"))
        assert row["difference"] == pytest.approx(mine - other, abs=1e-6)
        assert row["difference"] <= 0
        assert row["ci_low"] <= row["difference"] <= row["ci_high"]


def test_the_interval_of_a_pair_is_the_jackknife_of_its_differences(
    scored: dict[str, Scored],
) -> None:
    found = pair(comparison(scored), "even", "lucky", confidence=0.95)
    difference = np.array(ERRORS["even"]) - np.array(ERRORS["lucky"])
    component = tiny.LABELS["component"].to_numpy()
    left_out = np.array([difference[component != group].mean() for group in range(4)])
    error = np.sqrt(3 / 4 * np.sum((left_out - difference.mean()) ** 2))
    half = (found["ci_high"] - found["ci_low"]) / 2
    assert found["difference"] == pytest.approx(difference.mean(), abs=1e-6)
    # The half-width is a multiple of that standard error: Student's t at fewer than 3 degrees.
    assert half / error > 3.18


def test_a_larger_board_keeps_pairs_with_leaders_and_references(
    scored: dict[str, Scored], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_tables, "MOST_FOR_ALL_PAIRS", 3)
    found = comparison(scored)
    table = pair_table(found, tiny.TASK.references, confidence=0.95)
    named = {frozenset(row[:2]) for row in table["rows"]}
    first = min(ERRORS, key=lambda name: np.mean(ERRORS[name]))
    for other in ERRORS.keys() - {first}:
        assert frozenset({first, other}) in named
    for other in ERRORS.keys() - {"median"}:
        assert frozenset({"median", other}) in named


def test_leaving_out_a_group_changes_the_leader_where_it_does_by_hand(
    scored: dict[str, Scored],
) -> None:
    found = leader_without_groups(comparison(scored), groups())
    assert found is not None
    assert found["leader"] == "even"
    # Without 7cr, whose error of 9 is all there is against it, "lucky" leads.
    assert [part["entries"] for part in found["deciding"]] == [["7cr"]]
    assert found["deciding"][0]["leader"] == "lucky"
    assert found["deciding"][0]["score"] == pytest.approx(0.2 / 5)
    assert found["deciding"][0]["score_of_leader"] == pytest.approx(1.0)
    assert found["share_leader_stays"] == pytest.approx(3 / 4)


def test_one_submission_has_no_rival_to_lose_to(scored: dict[str, Scored]) -> None:
    alone = {"even": scored["even"]}
    assert leader_without_groups(comparison(alone), groups()) is None


def test_sensitivity_ranks_by_every_metric_and_every_subset(scored: dict[str, Scored]) -> None:
    found = sensitivity(tiny.TASK, scored, ["even", "lucky", "worse"])
    views = [(view["metric"], view["subset"]) for view in found["views"]]
    assert views[0] == ("mae", "all")
    assert views[-2:] == [("mae", "cif"), ("mae", "uncensored")]
    cif = views.index(("mae", "cif"))
    assert [found["ranks"][name][cif] for name in ("even", "lucky", "worse")] == [2, 1, 3]
    assert found["views"][0]["agreement"] == pytest.approx(1.0)
    frame = pd.DataFrame(
        {
            view: [
                scored[name].evaluation.score("log10_sigma", "all", view).value
                for name in ("even", "lucky", "worse")
            ]
            for view in ("mae", "rmse")
        }
    )
    rmse = views.index(("rmse", "all"))
    assert found["views"][rmse]["agreement"] == pytest.approx(
        frame["mae"].corr(frame["rmse"], method="spearman"), abs=1e-6
    )


def test_a_metric_that_is_better_when_larger_ranks_the_largest_first(
    scored: dict[str, Scored],
) -> None:
    found = sensitivity(tiny.TASK, scored, ["even", "worse"])
    views = [view["metric"] for view in found["views"]]
    recall = [found["ranks"][name][views.index("recall_1e-4")] for name in ("even", "worse")]
    assert recall == [1, 1]


def test_submissions_without_any_submission_compare_to_nothing() -> None:
    nothing = compare(tiny.TASK, {}, tiny.SETTINGS)
    assert nothing.names == ()
    assert pair_table(nothing, (), confidence=0.95)["rows"] == []
    assert sensitivity(tiny.TASK, {}, [])["ranks"] == {}


def test_a_task_without_verified_submissions_still_has_pairs(scored: dict[str, Scored]) -> None:
    task = replace(tiny.TASK, references=tuple(ERRORS))
    found = compare(task, scored, tiny.SETTINGS)
    assert found.ranks == {}
    assert len(pair_table(found, task.references, confidence=0.95)["rows"]) == 6
