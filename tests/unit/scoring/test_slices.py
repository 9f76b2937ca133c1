"""Slices scored at once, against one part at a time and against the subsets of a task."""

from dataclasses import astuple, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from ionladder.evaluation import Prepared, PreparedSlices, Scorer, SliceScore
from ionladder.receipt import MIN_ROWS, slices_json

N, N_SEEDS = 90, 3
TASK = tiny.task("sliced")
SLICES = TASK.slices


def data(seed=0):
    """Labels, slice columns and predictions of ninety entries in unequal groups."""
    rng = np.random.default_rng(seed)
    labels = pd.DataFrame(
        {
            "id": [f"e{i:03}" for i in range(N)],
            "log10_sigma": rng.normal(-5, 2, N),
            "log10_sigma_limit": np.nan,
            "component": np.sort(rng.integers(0, 20, N)),
            "half": np.where(np.arange(N) % 2, "a", "b"),
        }
    )
    columns = pd.DataFrame(
        {
            "id": labels["id"],
            "colour": rng.choice(["x", "y", "z", None], N, p=[0.5, 0.3, 0.1, 0.1]),
            "half": labels["half"],
            "rare": ["yes"] * 3 + ["no"] * (N - 3),
        }
    )
    y_true = labels["log10_sigma"].to_numpy()
    return labels, columns, {"log10_sigma": y_true + rng.standard_t(3, (N_SEEDS, N))}


def score_slices(labels, columns, task, y_pred):
    prepared = Prepared(labels, task)
    return PreparedSlices(prepared, columns).score(prepared.primary_errors(y_pred), 0.95)


def scored(seed=0):
    labels, columns, y_pred = data(seed)
    return score_slices(labels, columns, TASK, y_pred)


def test_values_are_plain_means_over_the_entries_of_a_part():
    labels, columns, y_pred = data()
    errors = np.abs(y_pred["log10_sigma"] - labels["log10_sigma"].to_numpy())
    for name, parts in scored().items():
        for value, score in parts.items():
            inside = (columns[name] == value).to_numpy()
            assert score.n == inside.sum()
            assert score.n_groups == labels.loc[inside, "component"].nunique()
            assert score.value == pytest.approx(errors[:, inside].mean())


def test_intervals_are_those_that_a_subset_of_the_same_entries_has():
    labels, _, y_pred = data()
    rows = [
        pd.DataFrame({"id": labels["id"], "log10_sigma": row, "seed": seed})
        for seed, row in enumerate(y_pred["log10_sigma"])
    ]
    settings = tiny.SETTINGS.model_copy(update={"confidence": 0.95})
    evaluation = Scorer(labels, TASK, settings=settings).score(pd.concat(rows))
    for value, score in scored()["half"].items():
        expected = evaluation.score("log10_sigma", value, "mae")
        assert score.value == pytest.approx(expected.value)
        assert (score.ci_low, score.ci_high) == pytest.approx((expected.ci_low, expected.ci_high))


def test_a_part_under_eight_entries_is_counted_without_an_interval():
    score = scored()["rare"]["yes"]
    assert score.n == 3 < MIN_ROWS
    assert np.isfinite(score.value)
    assert np.isnan(score.ci_low)
    assert np.isnan(score.ci_high)


def test_a_receipt_flags_small_parts_and_intervals_that_say_nothing():
    score = partial(SliceScore, n_groups=3, value=1.0)
    parts = {
        "fine": score(n=8, ci_low=0.1, ci_high=2.9),
        "small": score(n=7, ci_low=np.nan, ci_high=np.nan),
        "wide": score(n=8, ci_low=0.1, ci_high=3.1),
        "endless": score(n=8, ci_low=0.0, ci_high=67877064.78),
    }
    found = slices_json({"by": parts}, TASK.primary_use)["by"]
    flags = {name: (part["too_few"], part["undetermined"]) for name, part in found.items()}
    assert [name for name, (is_few, _) in flags.items() if is_few] == ["small"]
    assert [name for name, (_, is_open) in flags.items() if is_open] == ["wide", "endless"]


@given(st.permutations(range(N)))
def test_the_order_of_rows_changes_nothing(order):
    labels, columns, y_pred = data()
    found = score_slices(labels.iloc[order], columns.iloc[order[::-1]], TASK, y_pred)
    expected = scored()
    assert {name: list(parts) for name, parts in found.items()} == {
        name: list(parts) for name, parts in expected.items()
    }
    for name, parts in expected.items():
        for value, score in parts.items():
            np.testing.assert_array_equal(astuple(found[name][value]), astuple(score))


def test_censored_errors_know_the_limits():
    task = replace(tiny.TASK, primary=replace(tiny.TASK.primary, metric="mae_censored"))
    y_pred = {"log10_sigma": np.full((1, 6), -12.0)}
    errors = Prepared(tiny.LABELS, task).primary_errors(y_pred)
    # The third entry is below its limit of 1e-10.
    np.testing.assert_array_equal(errors, [[8.0, 6.0, 0.0, 9.0, 4.0, 7.0]])
