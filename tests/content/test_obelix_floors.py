"""Floors, limits and families of the real OBELiX, recomputed by loops from its tables."""

import math
from itertools import combinations
from pathlib import Path
from statistics import mean, median

import pandas as pd
import pytest

from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.score import TaskScorer

pytestmark = pytest.mark.data

LAYOUT = Layout(Path(__file__).resolve().parents[2])
PARAMS = load_params(LAYOUT)
VERSION = "1.2.0"


@pytest.fixture(scope="module")
def table():
    """Label, limit, split, component and replicate group of every entry, straight from parquet."""
    folder = LAYOUT.version_dir("obelix", VERSION)
    labels, splits, entries = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("labels", "splits", "entries")
    )
    return labels.merge(splits, on="id").merge(
        entries[["id", "replicate_group", "family"]], on="id"
    )


def scorer(task):
    spec = get_task(task)
    return TaskScorer.open(LAYOUT, spec, PARAMS.task_versions[task], PARAMS.scoring)


def level(value):
    return sum(value >= edge for edge in (-6, -5, -4))


@pytest.mark.parametrize(
    ("task", "achievable", "oracle", "primary"),
    [
        ("obelix", 0.7825, 0.3306, 1.0614),
        ("obelix-cif", 0.9016, 0.5970, 1.3910),
        ("obelix-cv", 0.7847, 0.3075, 1.0446),
    ],
)
def test_floors_are_those_of_loops_over_pairs(table, task, achievable, oracle, primary):
    scored = table[table["subset"] == ("train" if task == "obelix-cv" else "test")]
    scored = scored[scored["in_cif"]] if task == "obelix-cif" else scored
    is_limit = scored["log10_sigma_limit"].notna()
    pairs: dict[int, list[float]] = {}
    deviations: list[float] = []
    for _, group in table.dropna(subset=["replicate_group"]).groupby("replicate_group"):
        assert group["log10_sigma_limit"].isna().all(), "no repeated measurement is a limit"
        y = group["log10_sigma"].tolist()
        deviations += [abs(value - median(y)) for value in y]
        pairs.setdefault(level(median(y)), []).extend(abs(a - b) for a, b in combinations(y, 2))
    of_level = {key: mean(found) / math.sqrt(2) for key, found in pairs.items()}
    perfect = mean(of_level[level(y)] for y in scored.loc[~is_limit, "log10_sigma"])
    paid = (scored["log10_sigma_limit"] - scored["log10_sigma"]).fillna(0).mean()

    floors = {floor.name: floor for floor in scorer(task).floors()}

    assert mean(deviations) == pytest.approx(0.407753, abs=1e-6)
    assert floors["replicate_median_deviation"].value == pytest.approx(mean(deviations))
    assert perfect == pytest.approx(achievable, abs=1e-4)
    assert paid == pytest.approx(oracle, abs=1e-4)
    assert floors["achievable_error"].value == pytest.approx(perfect)
    share = 1 - is_limit.mean()
    assert floors["achievable_error_censored"].value == pytest.approx(share * perfect)
    last = floors["achievable_error_primary"]
    assert last.value == pytest.approx(share * perfect + paid) == pytest.approx(primary, abs=1e-4)
    assert last.oracle_share == pytest.approx(paid)
    assert (last.n_entries, last.n_groups, last.n_clusters) == (122, 48, 12)
    first = floors["replicate_median_deviation"]
    assert (first.ci_low, first.ci_high) == pytest.approx((0.114, 1.452), abs=1e-3)
    assert (first.groups_ci_low, first.groups_ci_high) == pytest.approx((0.307, 0.542), abs=1e-3)


def test_groups_merged_by_family_are_nineteen_and_the_error_less_sure(table):
    submission = LAYOUT.submission_dir("obelix", "rf-paper")
    wider = scorer("obelix").score(submission).receipt["wider"]
    assert (wider["n_groups"], wider["n_wider"], wider["n_families"]) == (42, 19, 8)
    assert wider["standard_error"] == pytest.approx(0.28, abs=0.005)
    assert wider["wider_error"] == pytest.approx(0.44, abs=0.005)
    assert wider["icc"] == pytest.approx(0.58, abs=0.02)
    predicted = pd.read_csv(next(submission.glob("predictions.csv")), dtype={"id": str})
    test = table[table["subset"] == "test"].set_index("id")
    errors = (predicted.set_index("id")["log10_sigma"] - test["log10_sigma"]).abs()
    of_entry = errors.groupby("id").mean()
    whole, groups = of_entry.mean(), test["component"]
    left_out = [of_entry[groups != group].mean() for group in groups.unique()]
    error = math.sqrt(41 / 42 * sum((rest - whole) ** 2 for rest in left_out))
    assert wider["standard_error"] == pytest.approx(error, abs=1e-5)


def test_limits_are_the_share_of_the_error_that_the_page_says(table):
    test = table[table["subset"] == "test"]
    assert (len(test), int(test["log10_sigma_limit"].notna().sum())) == (121, 8)
    for name, share in (("rf-paper", 0.22), ("hgb-l1", 0.27), ("train-median", 0.33)):
        scores = scorer("obelix").score(LAYOUT.submission_dir("obelix", name)).evaluation
        whole = scores.score("log10_sigma", "all", "mae").value
        part = scores.score("log10_sigma", "uncensored", "mae").value
        assert 1 - 113 * part / (121 * whole) == pytest.approx(share, abs=0.006)
