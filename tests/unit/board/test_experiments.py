"""The differences that an experiment asks for, on the tiny task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tiny
from ionladder.board import compare as experiments
from ionladder.board.compare import compare, experiment_tables, pair
from ionladder.repo import Layout
from ionladder.score import Scored, TaskScorer, submission_folders
from ionladder.specs import Clause, Contrast, Experiment, Family, Question, Slice

ERRORS = {
    "plain": [1.0, 2.0, 9.0, 1.5, 1.0, 1.0],
    "kept": [0.5, 1.0, 4.0, 1.0, 3.0, 0.5],
    "other": [2.0, 2.0, 2.0, 2.0, 2.0, 2.0],
}
EXPERIMENT = Experiment(
    name="arms",
    title="Arms",
    heading="Arms",
    summary="Two arms.",
    subjects=("plain", "kept", "not-there"),
    subject_word="model",
    questions=(
        Question(
            name="other",
            title="?",
            clauses=(
                Clause(
                    act="taking the best",
                    contrasts=(
                        Contrast(submissions=("plain", "kept", "not-there"), other="other"),
                    ),
                ),
            ),
        ),
    ),
    families=(Family(title="Model", arms=(("plain", "plain"), ("kept", "kept"))),),
    parts=(
        Slice(name="half", title="Half", column="half", values=(("a", "a"), ("b", "b"))),
        Slice(name="lone", title="Lone", column="lone", values=(("x", "x"),)),
    ),
)
TASK = replace(tiny.TASK, experiments=(EXPERIMENT,))
COLUMNS = pd.DataFrame(
    {"half": ["a", "a", "a", "b", "b", "b"], "lone": ["x", "x", None, None, None, None]},
    index=pd.Index(tiny.LABELS["id"], name="id"),
)

Row = dict[str, object]


@pytest.fixture
def scorer(tmp_path: Path) -> TaskScorer:
    return tiny.scorer(tmp_path)


@pytest.fixture
def scored(tmp_path: Path, scorer: TaskScorer) -> dict[str, Scored]:
    folder = Layout(tmp_path).submissions_dir("tiny")
    for name, errors in ERRORS.items():
        rows = tiny.predictions(0.0).assign(log10_sigma=tiny.LABELS["log10_sigma"] + errors)
        tiny.write_submission(folder / name, csv=rows.to_csv(index=False))
    result = scorer.score_all(submission_folders(Layout(tmp_path), "tiny"))
    assert not result.refused
    return dict(result.scored)


def rows_of(
    scored: dict[str, Scored], scorer: TaskScorer, columns: pd.DataFrame | None = COLUMNS
) -> list[Row]:
    table = experiment_tables(TASK, scored, scorer, columns, tiny.SETTINGS)["arms"]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_pairs_without_both_rows_are_left_out_and_parts_are_for_arms_only(
    scored: dict[str, Scored], scorer: TaskScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "MIN_ROWS", 3)
    found = [
        (row["submission"], row["other"], row["slice"], row["part"])
        for row in rows_of(scored, scorer)
    ]
    assert found == [
        ("plain", "other", None, None),
        ("kept", "other", None, None),
        ("kept", "plain", None, None),
        ("kept", "plain", "half", "a"),
        ("kept", "plain", "half", "b"),
        ("kept", "plain", "lone", "x"),
    ]


def test_on_the_whole_test_set_a_difference_is_that_of_the_board(
    scored: dict[str, Scored], scorer: TaskScorer
) -> None:
    board = compare(tiny.TASK, scored, tiny.SETTINGS)
    for row in rows_of(scored, scorer, None):
        expected = pair(board, str(row["submission"]), str(row["other"]), confidence=0.95)
        assert {name: row[name] for name in expected} == expected
        assert (row["n"], row["n_groups"]) == (6, 4)


def test_on_a_part_it_is_the_mean_over_the_entries_of_the_part(
    scored: dict[str, Scored], scorer: TaskScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "MIN_ROWS", 3)
    half = {row["part"]: row for row in rows_of(scored, scorer) if row["slice"] == "half"}
    for part, entries in (("a", slice(0, 3)), ("b", slice(3, 6))):
        gap = np.mean(ERRORS["kept"][entries]) - np.mean(ERRORS["plain"][entries])
        assert half[part]["difference"] == pytest.approx(gap, abs=1e-6)
        assert half[part]["n"] == 3
        assert half[part]["ci_low"] < gap < half[part]["ci_high"]  # type: ignore[operator]
    assert half["a"]["n_groups"] == 2


def test_a_part_of_few_entries_or_one_group_gives_nothing_away(
    scored: dict[str, Scored], scorer: TaskScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ("difference", "ci_low", "ci_high", "probability_better")
    for row in rows_of(scored, scorer):
        if row["slice"] == "half":
            assert [row[name] for name in numbers] == [None] * 4, "three entries are too few"
    monkeypatch.setattr(experiments, "MIN_ROWS", 2)
    lone = next(row for row in rows_of(scored, scorer) if row["slice"] == "lone")
    assert (lone["n"], lone["n_groups"]) == (2, 1)
    assert [lone[name] for name in numbers] == [None] * 4, "one group has no interval"


def test_an_experiment_of_which_nothing_is_scored_has_an_empty_table(scorer: TaskScorer) -> None:
    assert rows_of({}, scorer) == []
