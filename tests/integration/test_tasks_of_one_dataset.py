"""Three tasks on one small synthetic release: all entries, those with a CIF, fold by fold."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import fetch_and_ingest, fill_in

import tiny
from factories import write_repo
from ionladder.board.model import read_board
from ionladder.data.registry import get_task
from ionladder.entries import EntryReader
from ionladder.repo import read_json, to_json

TASKS = ("obelix", "obelix-cif", "obelix-cv")
KEYS = ["scheme", "repeat", "fold", "id"]
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    root = tmp_path_factory.mktemp("repo")
    write_repo(root, tasks=TASKS)
    fetch_and_ingest(root)
    return root


def table(layout, name):
    """A table read straight from parquet, past all of our own loading code."""
    return pd.read_parquet(layout.table("obelix", "1.0.0", name))


def truth(layout):
    return table(layout, "labels").merge(table(layout, "splits"), on="id").set_index("id")


def out_of_fold(layout, *schemes):
    """Labels plus noise of its own for each row of some schemes."""
    folds = table(layout, "folds")
    rows = folds.loc[folds["scheme"].isin(schemes), KEYS].astype({"scheme": str})
    noise = np.random.default_rng(3).normal(0.0, 1.0, len(rows))
    return rows.assign(log10_sigma=rows["id"].map(truth(layout)["log10_sigma"]) + noise)


def pooled(layout, rows):
    """Mean over repeats of the mean absolute error."""
    errors = (rows["log10_sigma"] - rows["id"].map(truth(layout)["log10_sigma"])).abs()
    return float(errors.groupby(rows["repeat"]).mean().mean())


def board(layout, task):
    return read_board(layout, task)[0]


def test_from_a_template_of_folds_to_a_row_on_the_board(layout, prompt):
    made = prompt.ok("new", "obelix-cv", "my-model").out
    assert "cv_predictions.csv (36 ids in each of 2 repeats)" in made
    folder = layout.submission_dir("obelix-cv", "my-model")
    assert sorted(p.name for p in folder.iterdir()) == ["cv_predictions.csv", "submission.yaml"]
    template = pd.read_csv(folder / "cv_predictions.csv", dtype=str)
    assert list(template.columns) == [*KEYS, "log10_sigma"]
    assert len(template) == 2 * 36

    rows = out_of_fold(layout, "grouped_doi_comp", "kfold_shuffled")
    scored = rows[rows["scheme"] == "grouped_doi_comp"]
    assert sorted(scored["id"]) == sorted(template["id"])
    rows.to_csv(folder / "cv_predictions.csv", index=False)
    (folder / "submission.yaml").write_text(tiny.CARD)
    shown = "submissions/obelix-cv/my-model"
    valid = prompt.ok("validate", shown).out
    assert "is valid: 36 training entries, out of fold, 2 repeats, with predictions on" in valid
    verdict = " ".join(prompt.ok("score", shown).out.split())
    assert "36 of 36 entries scored, mean of 2 repeats of grouped_doi_comp." in verdict

    prompt.ok("leaderboard", "obelix-cv")
    row = board(layout, "obelix-cv")["rows"][0]
    assert row["mae"] == pytest.approx(pooled(layout, scored), abs=2e-6)
    assert (row["n_expected"], row["n_scored"], row["n_seeds"]) == (36, 36, 2)
    others = rows[rows["scheme"] == "kfold_shuffled"]
    assert row["cv_kfold_shuffled_mae"] == pytest.approx(pooled(layout, others), abs=2e-6)
    assert "cv_grouped_doi_comp_mae" not in row
    receipt = read_json(layout.receipt("obelix-cv", "my-model"))
    assert prompt.ok("score", shown, "--json").out == to_json(receipt)

    # Points are those of the first repeat.
    reader = EntryReader(layout, get_task("obelix-cv"), "1.0.0")
    points, _ = reader.read("my-model")["log10_sigma"]
    shown_values = scored[scored["repeat"] == 0].set_index("id")["log10_sigma"]
    assert len(points) == 36
    assert points == pytest.approx(shown_values.loc[reader.test["id"]].to_numpy())

    prompt.ok("verify")
    path = folder / "cv_predictions.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert layout.relative(path) in prompt.error("verify")


def test_a_restricted_board_asks_for_its_entries_only(layout, prompt):
    labels = truth(layout)
    with_cif = labels[labels["in_cif"] & (labels["subset"] == "test")]
    made = prompt.ok("new", "obelix-cif", "my-model").out
    assert f"({len(with_cif)} ids)" in made
    mine = "submissions/obelix-cif/my-model"
    fill_in(layout, "my-model", with_cif["log10_sigma"], "obelix-cif")
    assert f"{len(with_cif)} test entries" in prompt.ok("validate", mine).out

    everything = labels[labels["subset"] == "test"]
    fill_in(layout, "my-model", everything["log10_sigma"], "obelix-cif")
    error = prompt.error("validate", mine)
    assert f"found {len(everything) - len(with_cif)} unknown" in error
    assert "Remove these rows." in error


def test_baselines_of_all_three_tasks_enter_their_boards(layout, prompt):
    for task in TASKS:
        prompt.ok("baseline", "train-median", "--task", task)
        prompt.ok("baseline", "train-median", "--task", task, "--check")
    prompt.ok("leaderboard")
    labels = truth(layout)
    cif = labels[labels["in_cif"]]
    for task, rows in (("obelix", labels), ("obelix-cif", cif)):
        train, test = (
            rows.loc[rows["subset"] == part, "log10_sigma"] for part in ("train", "test")
        )
        row = board(layout, task)["rows"][0]
        assert (row["submission"], row["kind"], row["rank"]) == ("train-median", "reference", None)
        assert row["mae"] == pytest.approx(float((test - train.median()).abs().mean()), abs=2e-6)
        assert row["n_scored"] == len(test)
    # The board with a test set shows the same folds in a column, the board of folds ranks by them.
    beside = board(layout, "obelix")["rows"][0]
    ranked = board(layout, "obelix-cv")["rows"][0]
    assert ranked["mae"] == beside["cv_grouped_doi_comp_mae"]
    assert ranked["cv_kfold_shuffled_mae"] == beside["cv_kfold_shuffled_mae"]
    receipts = [json.loads(layout.receipt(task, "train-median").read_text()) for task in TASKS]
    assert len({receipt["hashes"]["labels_sha256"] for receipt in receipts}) == 3
    # Replicates are those of the dataset; which error a perfect model makes rests on the entries.
    floors = [
        {f["name"]: f["value"] for f in board(layout, t)["floors"]}
        for t in ("obelix", "obelix-cif")
    ]
    assert floors[0].keys() > floors[1].keys()
    assert len({f["replicate_median_deviation"] for f in floors}) == 1


@pytest.mark.slow
def test_a_board_with_an_experiment_stores_its_differences(layout, prompt):
    """Structures are read for the parts that no slice knows; other boards have no such key."""
    for name in ("train-median", "rf-paper-cif"):
        prompt.ok("baseline", name, "--task", "obelix-cif")
    folder = layout.submission_dir("obelix-cif", "rf-paper-cif")
    for arm in ("cgcnn", "cgcnn-weighted"):
        shutil.copytree(folder, folder.with_name(arm))
    prompt.ok("baseline", "train-median", "--task", "obelix")
    prompt.ok("leaderboard")
    found = read_board(layout, "obelix-cif")[1]["experiments"]["3d-models"]
    rows = {tuple(row[:4]): row[6] for row in found["rows"]}
    assert rows["cgcnn", "rf-paper-cif", None, None] == 0.0
    assert rows["cgcnn-weighted", "cgcnn", None, None] == 0.0
    parts = {row[2:4] for row in map(tuple, found["rows"])}
    assert {("lithium", "kept"), ("lithium", "lost")} <= parts
    assert "experiments" not in read_board(layout, "obelix")[1]
