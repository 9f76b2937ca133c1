import itertools
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from ionladder.baselines import runner
from ionladder.baselines.registry import Baseline, Curve, Training, get_baseline
from ionladder.baselines.runner import (
    CURVE_COLUMNS,
    check,
    make_plan,
    predict_once,
    run_baseline,
    train_folds,
    write_curves,
)
from ionladder.cli.baselines import baseline
from ionladder.errors import BaselineError, SubmissionError
from ionladder.repo import Layout
from ionladder.submit.card import CARD_FILE
from unit.baselines.tiny_barriers import tiny_barriers
from unit.baselines.tiny_task import N_TEST, N_TRAIN, tiny_inputs

VERSIONS = {"obelix": "1.2.0", "obelix-cv": "1.2.0", "bvel-proto": "1.0.0"}
PARAMS = SimpleNamespace(task_versions=VERSIONS)


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """An empty repository whose task holds the tiny entries."""
    monkeypatch.setattr(runner, "load_inputs", lambda *_: tiny_inputs())
    return Layout(tmp_path)


def _replaced(monkeypatch, **changes):
    """Let every name stand for the forest of the paper, changed."""
    changed = replace(get_baseline("rf-paper"), **changes)
    monkeypatch.setattr(runner, "get_baseline", lambda _: changed)


def _always(value):
    return lambda training: np.full(len(training.predict_ids), value)


def _contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_run_writes_a_checked_submission_and_a_second_run_changes_no_byte(layout, monkeypatch):
    submission = run_baseline(layout, PARAMS, "rf-paper", "obelix", n_seeds=2)
    first = _contents(submission.folder)

    assert sorted(first) == ["cv_predictions.parquet", "predictions.csv", "submission.yaml"]
    assert len(submission.predictions.rows) == 2 * N_TEST
    assert set(submission.predictions.rows["seed"]) == {0, 1}
    assert len(submission.cv_predictions.rows) == 2 * 2 * N_TRAIN
    assert submission.card.seeds == [0, 1]

    result = check(layout, PARAMS, "rf-paper", "obelix", n_seeds=1)
    assert (result.n_seeds, result.n_repeats) == (1, 1)
    assert result.difference <= 0.5e-6  # committed predictions are rounded to six decimals
    assert result.folder == "submissions/obelix/rf-paper"

    clock = itertools.count(0.0, 1000.0)
    monkeypatch.setattr(runner.time, "process_time", lambda: next(clock))
    run_baseline(layout, PARAMS, "rf-paper", "obelix", n_seeds=2)
    assert _contents(submission.folder) == first


def test_changed_predictions_are_noticed_and_a_new_run_records_its_own_time(layout, monkeypatch):
    submission = run_baseline(layout, PARAMS, "train-median", "obelix")
    table = submission.folder / "predictions.csv"
    rows = table.read_text().splitlines()
    assert rows[0] == "id,log10_sigma"
    assert submission.card.seeds is None

    last_id, value = rows[-1].split(",")
    table.write_text("\n".join([*rows[:-1], f"{last_id},{float(value) + 0.25:.6f}"]) + "\n")
    with pytest.raises(BaselineError, match=r"train-median: expected .* within 1e-06; .* 0\.25 on"):
        check(layout, PARAMS, "train-median", "obelix")

    clock = itertools.count(0.0, 1234.0)
    monkeypatch.setattr(runner.time, "process_time", lambda: next(clock))
    assert run_baseline(layout, PARAMS, "train-median", "obelix").card.training_time_s == 1200.0

    (submission.folder / "cv_predictions.parquet").unlink()
    with pytest.raises(BaselineError, match="expected cv_predictions on the frozen folds"):
        check(layout, PARAMS, "train-median", "obelix")


@pytest.mark.parametrize(
    ("what", "name", "task", "n_seeds", "message"),
    [
        (run_baseline, "train-mean", "obelix-cv", 1, r"--seeds 1: .* needs every frozen repeat"),
        (check, "train-mean", "obelix-cv", 0, "--seeds 0: expected a number of repeats, 1 or more"),
        (
            run_baseline,
            "rf-paper",
            "obelix",
            21,
            "rf-paper --seeds 21: expected a number from 1 to 20",
        ),
        (
            run_baseline,
            "family-median",
            "obelix",
            None,
            r"--task obelix: .* made for \(bvel-proto\)",
        ),
        (check, "train-mean", "obelix", None, r"obelix/train-mean: .* no such folder"),
    ],
)
def test_what_cannot_be_run_or_checked_says_why_and_nothing_is_written(
    what, name, task, n_seeds, message, layout
):
    with pytest.raises(BaselineError, match=message):
        what(layout, PARAMS, name, task, n_seeds=n_seeds)
    assert not layout.submissions_dir(task).exists()


def test_a_model_is_handed_the_labels_of_its_training_entries_and_the_seed_of_its_repeat(
    layout, monkeypatch
):
    seen: list[Training] = []

    def seed_as_prediction(training):
        seen.append(training)
        return np.full(len(training.predict_ids), float(training.seed))

    _replaced(monkeypatch, function=seed_as_prediction, n_seeds=2)
    result = train_folds(make_plan(layout, PARAMS, "rf-paper", "obelix"))

    assert len(seen) == 2 + 2 * 2 * 3
    for training in seen:
        assert set(training.inputs.train_labels.index) == set(training.train_ids)
        assert not set(training.train_ids) & set(training.predict_ids)
    assert set(seen[0].train_ids) == set(tiny_inputs().train_ids)
    folds = tiny_inputs().folds.merge(result.cv_predictions, on=["scheme", "repeat", "fold", "id"])
    assert len(folds) == len(result.cv_predictions) == 2 * 2 * N_TRAIN
    assert (folds["log10_sigma"] == folds["repeat"]).all()


def _gap(training):
    table = np.ones((len(training.predict_ids), 3))
    table[1, 2] = math.inf
    return table


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_always(1.0), r"of shape \(6, 3\), .* found shape \(6, 1\)"),
        (_gap, "finite prediction for every entry; found none for e31"),
    ],
)
def test_predictions_of_the_wrong_shape_or_with_a_gap_are_refused(function, message):
    spec, inputs = Baseline(name="odd", function=function, tasks=()), tiny_barriers()

    with pytest.raises(BaselineError, match=f"ionladder baseline odd, seed 0: .*{message}"):
        predict_once(spec, inputs, inputs.train_ids, inputs.test_ids, seed=0)


# Cards


def test_the_words_of_a_card_are_kept_and_only_measured_fields_filled_in(layout):
    folder = run_baseline(layout, PARAMS, "rf-paper", "obelix", n_seeds=2).folder
    card = yaml.safe_load((folder / "submission.yaml").read_text())
    card |= {"model": "Forest", "notes": "One of mine.", "code_url": "https://example.org/x"}
    card["hyperparameters"] |= {"max_depth": 1, "words": "stay"}
    del card["seeds"], card["hardware"]
    (folder / "submission.yaml").write_text(yaml.safe_dump(card, sort_keys=False))

    again = run_baseline(layout, PARAMS, "rf-paper", "obelix", n_seeds=2).card

    assert (again.model, again.notes) == ("Forest", "One of mine.")
    assert again.code_url == "https://example.org/x"
    assert again.seeds == [0, 1]
    assert "one CPU core" in again.hardware
    assert again.hyperparameters["max_depth"] == 36
    assert again.hyperparameters["words"] == "stay"
    assert again.training_time_s == card["training_time_s"]


def test_a_broken_card_is_not_written_over(layout):
    file = run_baseline(layout, PARAMS, "rf-paper", "obelix", n_seeds=2).folder / CARD_FILE
    file.write_text("model: [")
    with pytest.raises(SubmissionError, match=r"rf-paper/submission\.yaml"):
        run_baseline(layout, PARAMS, "rf-paper", "obelix")
    assert file.read_text() == "model: ["


# Training curves

CURVE = Curve("training", 0, "log10(S/cm)", (0.81234, 0.5, 0.25), (2.0, 1.00006, 1.5))


def test_a_table_of_curves_has_a_row_for_every_epoch(tmp_path):
    layout = Layout(tmp_path)

    path = write_curves(layout, "my-model", [CURVE, replace(CURVE, seed=1)])

    assert layout.relative(path) == "benchmarks/results/training_curves/my-model.csv"
    lines = path.read_text().splitlines()
    assert lines[:3] == [
        ",".join(CURVE_COLUMNS),
        "training,0,1,0.8123,2.0000,log10(S/cm)",
        "training,0,2,0.5000,1.0001,log10(S/cm)",
    ]
    assert pd.read_csv(path).groupby("seed")["epoch"].max().tolist() == [3, 3]


def test_a_model_without_epochs_has_no_curve(layout):
    with pytest.raises(BaselineError, match="ionladder baseline train-median --curves: expected a"):
        run_baseline(layout, PARAMS, "train-median", "obelix", watch=print)
    with pytest.raises(BaselineError, match="ionladder baseline linear-path --curves: expected a"):
        baseline("linear-path", task="nebdft2k-path", curves=True)
