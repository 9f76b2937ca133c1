"""The table of entries on the synthetic release, checked entry by entry."""

from dataclasses import astuple, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from ionladder.data.registry import get_task
from ionladder.entries import EntryReader, build_entry_table
from ionladder.evaluation import Prepared, PreparedSlices, Scorer, SliceScore
from ionladder.receipt import MIN_ROWS, slices_json

OBELIX = get_task("obelix")
VERSION = "1.0.0"
OFFSETS = {"one": [1.0], "two": [1.5, 2.5], "ref": [0.25], "far": [4.0, 9.0]}
VERIFIED = ("one", "two")


@pytest.fixture
def reader(repo):
    """A reader of three submissions that are off by their offsets, and of one that is broken."""
    reader = EntryReader(repo, OBELIX, VERSION)
    for name, offsets in OFFSETS.items():
        rows = [
            reader.test[["id"]].assign(log10_sigma=reader.test["log10_sigma"] + offset, seed=seed)
            for seed, offset in enumerate(offsets)
        ]
        folder = repo.submission_dir(OBELIX.name, name)
        folder.mkdir(parents=True)
        pd.concat(rows).to_csv(folder / "predictions.csv", index=False)
    broken = repo.submission_dir(OBELIX.name, "broken")
    broken.mkdir(parents=True)
    (broken / "predictions.csv").write_text("id,log10_sigma\n019,oops\n")
    return reader


@pytest.fixture
def table(reader):
    return build_entry_table(reader, OBELIX, [*OFFSETS, "broken"], verified=VERIFIED)


def test_predictions_and_errors_are_means_over_seeds(table):
    labels = table.labels["log10_sigma"]
    expected = [np.mean(offsets) for offsets in OFFSETS.values()]
    np.testing.assert_allclose(
        table.predictions["log10_sigma"] - labels, np.outer(expected, np.ones(len(labels)))
    )
    np.testing.assert_allclose(table.errors, np.outer(expected, np.ones(len(labels))))
    # Of the verified ones: the quartiles of 1 and 2 lie at 1.25 and 1.75.
    np.testing.assert_allclose(table.typical_error, 1.5)
    np.testing.assert_allclose(table.spread, 0.5)


def test_limits_have_a_second_error_and_are_not_among_the_hardest(table):
    limits, labels = table.limits["log10_sigma"], table.labels["log10_sigma"]
    is_limit = ~np.isnan(limits)
    assert is_limit.any()
    assert not is_limit.all()
    np.testing.assert_array_equal(table.is_limit, is_limit)
    for name, above in zip(table.names, table.above, strict=True):
        seeds = [np.maximum(labels + offset - limits, 0.0) for offset in OFFSETS[name]]
        np.testing.assert_allclose(above, np.mean(seeds, axis=0))
    assert table.above[table.names.index("far")][is_limit].max() > 0
    assert set(table.hardest(len(labels))) == set(np.flatnonzero(~is_limit))


def test_replicates_are_other_measurements(reader, table):
    repeated = reader.labels.replicates.set_index("id")
    for entry in table.ids:
        if entry not in repeated.index:
            assert entry not in table.replicates
            continue
        group = repeated.index[repeated["replicate_group"] == repeated.at[entry, "replicate_group"]]
        found = table.replicates[entry]
        assert {related.id for related in found} == set(group) - {entry}
        for related in found:
            assert related.labels["log10_sigma"] == repeated.at[related.id, "log10_sigma"]
            assert related.distance is None
    assert table.replicates


# --- Slices scored at once, against one part at a time and against the subsets of a task

N, N_SEEDS = 90, 3
SLICED = tiny.made("sliced")
SLICES = SLICED.slices


def data(seed=0):
    """Labels, slice columns and predictions of ninety entries in unequal groups."""
    rng = np.random.default_rng(seed)
    labels = pd.DataFrame({"id": [f"e{i:03}" for i in range(N)]})
    labels["log10_sigma"] = rng.normal(-5, 2, N)
    labels["log10_sigma_limit"] = np.nan
    labels["component"] = np.sort(rng.integers(0, 20, N))
    labels["half"] = np.where(np.arange(N) % 2, "a", "b")
    columns = labels[["id", "half"]].assign(rare=["yes"] * 3 + ["no"] * (N - 3))
    columns["colour"] = rng.choice(["x", "y", "z", None], N, p=[0.5, 0.3, 0.1, 0.1])
    y_true = labels["log10_sigma"].to_numpy()
    return labels, columns, {"log10_sigma": y_true + rng.standard_t(3, (N_SEEDS, N))}


def score_slices(labels, columns, task, y_pred):
    prepared = Prepared(labels, task)
    return PreparedSlices(prepared, columns).score(prepared.primary_errors(y_pred), 0.95)


def scored(seed=0):
    labels, columns, y_pred = data(seed)
    return score_slices(labels, columns, SLICED, y_pred)


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
    evaluation = Scorer(labels, SLICED, settings=settings).score(pd.concat(rows))
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
    found = slices_json({"by": parts}, SLICED.primary_use)["by"]
    flags = {name: (part["too_few"], part["undetermined"]) for name, part in found.items()}
    assert [name for name, (is_few, _) in flags.items() if is_few] == ["small"]
    assert [name for name, (_, is_open) in flags.items() if is_open] == ["wide", "endless"]


@given(st.permutations(range(N)))
def test_the_order_of_rows_changes_nothing(order):
    labels, columns, y_pred = data()
    found = score_slices(labels.iloc[order], columns.iloc[order[::-1]], SLICED, y_pred)
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
