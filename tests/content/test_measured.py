"""What the pages say of intervals and verdicts is what the committed simulations found."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from hostile.case import MOST_MB, MOST_SECONDS
from hostile.corpus import CORPUS
from ionladder.baselines.registry import get_baseline
from ionladder.baselines.runner import CURVE_COLUMNS
from ionladder.config import load_params
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import all_tasks, get_task
from ionladder.errors import DataMissingError, ReferenceMissingError
from ionladder.repo import Layout, find_layout, read_json
from ionladder.score import TaskScorer, expectations_of
from ionladder.submit.predictions import read_predictions
from ionladder.submit.validate import load_id_expectations

LAYOUT = Layout(Path(__file__).resolve().parents[2])
RESULTS = LAYOUT.benchmarks_results


def rows(name, table):
    return read_json(RESULTS / name)["tables"][table]


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


# --- Scores of predictions that others publish, computed again where their files are here


@pytest.mark.parametrize(
    ("task", "name", "expected"),
    [
        ("em619", "model-3", {"mae": 0.2607, "r2": 0.7027, "accuracy_0.5": 0.8333}),
        ("em619", "mace-mp-relaxed", {"mae": 0.3397, "accuracy_0.5": 0.7333}),
        ("em619", "mace-mp-unrelaxed", {"mae_converged": 1.7157}),
        ("em619", "chgnet-relaxed", {"mae": 0.3340, "mae_converged": 0.2434}),
        ("em619", "orb-v3-relaxed", {"mae": 0.2547, "mae_converged": 0.1570}),
        ("em619", "sevennet-ompa-relaxed", {"mae": 0.2733, "mae_converged": 0.1772}),
        ("obelix", "catboost-screening", {"mae": 1.6335, "mae_censored": 1.3029}),
    ],
)
def test_a_third_party_scores_as_was_recomputed_by_hand(layout, task, name, expected):
    spec, params = get_task(task), load_params(layout)
    try:
        scorer = TaskScorer.open(layout, spec, params.task_versions[task], params.scoring)
        scored = scorer.score(layout.submission_dir(task, name))
    except (DataMissingError, ReferenceMissingError) as error:
        pytest.skip(str(error))
    target = spec.primary.target
    found = {key: scored.evaluation.score(target, "all", key).value for key in expected}
    assert found == pytest.approx(expected, abs=5e-5)


def test_a_row_says_how_many_of_its_predictions_were_not_computed(layout):
    folder = layout.submission_dir("em619", "orb-v3-relaxed")
    ids = pd.read_csv(folder / "predictions.csv")["id"].tolist()

    for name, remarks in (
        ("orb-v3-relaxed", ("5 of 60 predictions are marked as not converged.",)),
        ("chgnet-path", ()),
    ):
        where = layout.submission_dir("em619", name)
        table, problems = read_predictions(
            where, get_task("em619"), test_ids=ids, train_ids=(), shown_as=name
        )
        assert not problems
        assert table.remarks == remarks


# --- The committed training curves are those of the trainings that their cards describe

TABLES = sorted(LAYOUT.training_curve("any").parent.glob("*.csv"))
LARGEST_BYTES = 100_000


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_seed_and_epoch_of_the_card_is_there(path):
    spec, table = get_baseline(path.stem), pd.read_csv(path)
    settings = spec.settings
    epochs = {"training": settings["epochs"]}
    if "pretraining_epochs" in settings:
        epochs["pretraining"] = settings["pretraining_epochs"]

    assert path.stat().st_size < LARGEST_BYTES
    assert tuple(table.columns) == CURVE_COLUMNS
    assert set(table["stage"]) == set(epochs)
    for (stage, _), rows in table.groupby(["stage", "seed"]):
        assert rows["epoch"].tolist() == list(range(1, epochs[stage] + 1))
    for _, rows in table.groupby("stage"):
        assert sorted(set(rows["seed"])) == list(range(spec.n_seeds))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_training_learnt(path):
    for _, rows in pd.read_csv(path).groupby(["stage", "seed"]):
        assert (rows[["training_loss", "training_mae"]] > 0).all(axis=None)
        assert rows["training_loss"].iloc[-1] < rows["training_loss"].iloc[0]


# --- What a submission must cover is the same, read without labels or with them


@pytest.mark.parametrize("name", sorted(load_params(find_layout()).task_versions))
def test_ids_and_folds_are_those_that_are_scored(name):
    layout = find_layout()
    version, task = load_params(layout).task_versions[name], all_tasks()[name]
    if not layout.table(task.dataset, version, "labels").is_file():
        pytest.skip(f"{task.dataset} {version} is not on this machine")
    read = load_id_expectations(layout, task, version)
    scored = expectations_of(layout, load_evaluation_labels(layout, task, version), task, version)
    assert (read.test_ids, read.train_ids) == (scored.test_ids, scored.train_ids)
    pd.testing.assert_frame_equal(pa.table(read.folds).to_pandas(), scored.folds)


# --- What SECURITY.md says of the bad submissions is what was measured, and within the promise


def test_the_figures_of_the_security_page_are_those_of_the_benchmark(repository):
    results = json.loads((repository / "benchmarks" / "results" / "hostile.json").read_text())
    kinds = {row["kind"]: row for row in results["kinds"]}
    total = kinds["all"]
    page = " ".join((repository / "SECURITY.md").read_text(encoding="utf-8").split())
    row = (total["worst_mb"], f"{total['worst_cpu_s']:.2f}", f"{total['worst_wall_s']:.2f}")
    assert f"| all {total['cases']} | {' | '.join(map(str, row))} |" in page
    assert f"makes {total['cases']} submissions" in page
    assert f"{total['refused']} are refused" in page
    assert {kind: len(cases) for kind, cases in CORPUS.items()} == {
        kind: row["cases"] for kind, row in kinds.items() if kind != "all"
    }
    assert total["worst_mb"] <= MOST_MB
    assert total["worst_wall_s"] <= MOST_SECONDS
