"""Pairs, robustness, purposes and experiments on the tiny task, against brute force."""

import numpy as np
import pandas as pd
import pytest

import tiny
from ionladder.board import compare as module
from ionladder.board import model
from ionladder.board.compare import (
    compare_submissions,
    experiment_tables,
    leader_without_groups,
    pair,
    pair_table,
)
from ionladder.metrics import get_metric
from ionladder.repo import Layout
from ionladder.score import submission_folders
from ionladder.stats.ranking import GroupScore

ERRORS = {
    "even": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    "lucky": [0.0, 0.0, 9.0, 0.0, 0.1, 0.1],
    "median": [3.0, 3.0, 3.0, 3.0, 3.0, 3.0],
    "worse": [2.0, 2.5, 2.0, 2.5, 2.0, 2.5],
}
ARMS = {
    "plain": [1.0, 2.0, 9.0, 1.5, 1.0, 1.0],
    "kept": [0.5, 1.0, 4.0, 1.0, 3.0, 0.5],
    "other": [2.0, 2.0, 2.0, 2.0, 2.0, 2.0],
}


@pytest.fixture
def scorer(tmp_path):
    return tiny.scorer(tmp_path)


@pytest.fixture
def board(tmp_path, scorer):
    """Score submissions with given errors."""

    def score(errors_of):
        folder = Layout(tmp_path).submissions_dir("tiny")
        for name, errors in errors_of.items():
            rows = tiny.predictions(0.0).assign(log10_sigma=tiny.LABELS["log10_sigma"] + errors)
            tiny.write_submission(folder / name, csv=rows.to_csv(index=False))
        result = scorer.score_all(submission_folders(Layout(tmp_path), "tiny"))
        assert not result.refused
        return dict(result.scored)

    return score


@pytest.fixture
def scored(board):
    return board(ERRORS)


def groups():
    return [part["id"].tolist() for _, part in tiny.LABELS.groupby("component")]


# --- pairs


def test_every_pair_stands_once_with_the_better_one_first(scored):
    comparison = compare_submissions(tiny.TASK, scored, tiny.SETTINGS)
    table = pair_table(comparison, tiny.TASK.references, confidence=0.95)
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert len(rows) == 6
    for row in rows:
        mine, other = (np.mean(ERRORS[row[key]]) for key in ("submission", "other"))
        assert row["difference"] == pytest.approx(mine - other, abs=1e-6)
        assert row["difference"] <= 0
        assert (row["p_adjusted"] is None) == ({row["submission"], row["other"]} == {"median"})


def test_a_pair_of_four_groups_has_a_p_and_no_interval(scored):
    comparison = compare_submissions(tiny.TASK, scored, tiny.SETTINGS)
    found = pair(comparison, "even", "worse", confidence=0.95)
    # Every group favours the same one, as two of 16 sign patterns do; three pairs are ranked.
    assert (found["p"], found["p_adjusted"]) == (2 / 16, 6 / 16)
    assert (found["ci_low"], found["ci_high"]) == (None, None)
    assert comparison.not_separated("even") == ["lucky", "worse"]
    assert comparison.references("even") == {
        "better_than_references": [],
        "worse_than_references": [],
    }
    said = module.resolution(comparison, tiny.SETTINGS)
    assert (said["difference"], said["n_pairs"], said["n_groups"]) == (None, 3, 4)
    assert [claim["difference"] for claim in said["claims"]] == [0.1, 0.2, 0.5]


def test_a_larger_board_keeps_pairs_with_leaders_and_references(scored, monkeypatch):
    monkeypatch.setattr(model, "MOST_FOR_ALL_PAIRS", 3)
    found = compare_submissions(tiny.TASK, scored, tiny.SETTINGS)
    table = pair_table(found, tiny.TASK.references, confidence=0.95)
    named = [frozenset(row[:2]) for row in table["rows"]]
    assert len(set(named)) == len(named)
    first = min(ERRORS, key=lambda name: np.mean(ERRORS[name]))
    wanted = {frozenset({name, other}) for name in (first, "median") for other in ERRORS}
    assert {pair for pair in wanted if len(pair) == 2} <= set(named)
    for row in table["rows"]:
        alone = pair(found, *row[:2], confidence=0.95)
        assert dict(zip(table["columns"], row, strict=True)).items() <= alone.items()


# --- how firm the top is


def test_leaving_out_a_group_changes_the_leader_where_it_does_by_hand(scored):
    found = leader_without_groups(compare_submissions(tiny.TASK, scored, tiny.SETTINGS), groups())
    # Without 7cr, whose error of 9 is all there is against it, "lucky" leads.
    (deciding,) = found["deciding"]
    assert (found["leader"], deciding["leader"], deciding["entries"]) == ("even", "lucky", ["7cr"])
    assert deciding["score"] == pytest.approx(0.2 / 5)
    assert deciding["score_of_leader"] == pytest.approx(1.0)
    assert found["share_leader_stays"] == pytest.approx(3 / 4)
    alone = compare_submissions(tiny.TASK, {"even": scored["even"]}, tiny.SETTINGS)
    assert leader_without_groups(alone, groups()) is None


def test_purposes_are_judged_by_the_rule_of_the_board(scored, scorer):
    comparison = compare_submissions(tiny.TASK, scored, tiny.SETTINGS)
    found = module.purposes(tiny.TASK, scored, comparison, scorer, tiny.SETTINGS)
    mae = found[0]
    assert (mae["metric"], mae["slice"], mae["best"], mae["n_groups"]) == ("mae", None, "even", 4)
    assert mae["alike"] == ["even", *comparison.not_separated("even")]
    assert {each["metric"] for each in found} <= {use.name for use in tiny.TASK.metrics}
    # Four groups have too few patterns of signs: nothing is determined.
    assert all(len(each["alike"]) == each["n_models"] for each in found)


def test_pseudo_values_are_what_leaving_out_blocks_changes(scored, scorer):
    for use in tiny.TASK.metrics:
        y_pred = scorer.predictions(scored["lucky"])
        found = module._pseudo_values(scorer, tiny.TASK, use, y_pred)
        value = scored["lucky"].evaluation.score("log10_sigma", "all", use.name).value
        if found is None:
            continue
        assert found.sums.mean() == pytest.approx(value)
        metric, prepared = get_metric(use.metric), scorer.prepared
        rows, target = prepared.rows("all"), tiny.TASK.targets[0]
        options = prepared.options(use, target, rows)
        without = []
        for group in range(4):
            kept = rows.groups.index != group
            cut = {k: v[kept] if isinstance(v, np.ndarray) else v for k, v in options.items()}
            y = prepared.y_true["log10_sigma"][kept]
            without.append(
                np.mean([metric.function(y, p[kept], **cut) for p in y_pred["log10_sigma"][:2]])
            )
        assert np.diff(found.sums[0]) == pytest.approx(-3 * np.diff(without))


def test_the_best_of_a_part_is_separated_only_where_groups_suffice():
    def scores(n_groups):
        base = np.linspace(1.0, 2.0, n_groups)
        sizes = np.ones((1, n_groups))
        return {
            name: GroupScore(sums=(base + gap)[None, :], sizes=sizes, per_seed=np.array([gap]))
            for name, gap in (("first", 0.0), ("same", 0.0), ("worse", 1.0))
        }

    many, few = (module._best_of(scores(n), n, "mae", tiny.SETTINGS) for n in (20, 5))
    assert (many["best"], many["alike"]) == ("first", ["first", "same"])
    assert few["alike"] == ["first", "same", "worse"]
    assert module._best_of({}, 9, "mae", tiny.SETTINGS)["best"] is None


# --- experiments

TASK = tiny.made("experiment")
COLUMNS = pd.DataFrame(
    {"half": ["a", "a", "a", "b", "b", "b"], "lone": ["x", "x", None, None, None, None]},
    index=pd.Index(tiny.LABELS["id"], name="id"),
)
NUMBERS = ("difference", "ci_low", "ci_high", "p")


def rows_of(scored, scorer, columns=COLUMNS):
    table = experiment_tables(TASK, scored, scorer, columns, tiny.SETTINGS)["arms"]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_on_the_whole_test_set_a_difference_is_that_of_the_board(board, scorer):
    scored = board(ARMS)
    comparison = compare_submissions(tiny.TASK, scored, tiny.SETTINGS)
    rows = rows_of(scored, scorer, None)
    assert len(rows) == 6
    for row in rows[:3]:
        expected = pair(comparison, str(row["submission"]), str(row["other"]), confidence=0.95)
        assert {name: row[name] for name in NUMBERS} == {n: expected[n] for n in NUMBERS}
        assert (row["n"], row["n_groups"]) == (6, 4)
        # Four groups have 16 halves: no difference is separated at 5 %.
        assert row["smallest_detectable"] is None
    assert rows_of({}, scorer) == []


def test_on_a_part_it_is_the_mean_over_the_entries_of_the_part_and_for_arms_only(
    board, scorer, monkeypatch
):
    monkeypatch.setattr(module, "MIN_ROWS", 3)
    rows = [row for row in rows_of(board(ARMS), scorer) if row["slice"] != "subset"]
    places = [(row["submission"], row["other"], row["slice"], row["part"]) for row in rows]
    assert places == [
        ("plain", "other", None, None),
        ("kept", "other", None, None),
        ("kept", "plain", None, None),
        ("kept", "plain", "half", "a"),
        ("kept", "plain", "half", "b"),
        ("kept", "plain", "lone", "x"),
    ]
    for row, entries in zip(rows[3:5], (slice(0, 3), slice(3, 6)), strict=True):
        gap = np.mean(ARMS["kept"][entries]) - np.mean(ARMS["plain"][entries])
        assert row["difference"] == pytest.approx(gap, abs=1e-6)
        assert row["n"] == 3
        assert (row["ci_low"], row["ci_high"]) == (None, None), "too few groups for an interval"
    assert rows[3]["n_groups"] == 2


def test_on_the_subset_every_difference_is_that_of_its_entries(board, scorer, monkeypatch):
    monkeypatch.setattr(module, "MIN_ROWS", 3)
    inside = np.isin(
        tiny.LABELS["id"], np.take(scorer.prepared.ids, scorer.prepared.rows("uncensored").index)
    )
    rows = [row for row in rows_of(board(ARMS), scorer) if row["slice"] == "subset"]
    assert [(row["submission"], row["part"]) for row in rows] == [
        (name, "uncensored") for name in ("plain", "kept", "kept")
    ]
    for row in rows:
        mine, other = (np.array(ARMS[str(row[key])])[inside] for key in ("submission", "other"))
        assert row["difference"] == pytest.approx(mine.mean() - other.mean(), abs=1e-6)
        assert row["n"] == inside.sum() < 6


def test_a_part_of_few_entries_or_one_group_gives_nothing_away(board, scorer, monkeypatch):
    scored = board(ARMS)
    for row in rows_of(scored, scorer):
        if row["slice"]:
            assert [row[name] for name in NUMBERS] == [None] * 4, "three entries are too few"
    monkeypatch.setattr(module, "MIN_ROWS", 2)
    lone = rows_of(scored, scorer)[-1]
    assert (lone["slice"], lone["n"], lone["n_groups"]) == ("lone", 2, 1)
    assert [lone[name] for name in NUMBERS] == [None] * 4, "one group has no interval"
