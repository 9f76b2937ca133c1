"""A task in a notebook: what it gives, what it takes, and what it never gives."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

import ionladder
import tiny
from factories import write_repo
from git_repository import ran
from ionladder.data.store import TaskInputs
from ionladder.errors import ConfigError, DataMissingError, SubmissionError
from ionladder.interchange.convert import read_foreign
from ionladder.notebook import LoadedTask, load_task
from ionladder.repo import Layout
from ionladder.submit.validate import Expectations, read_submission

TEST_IDS = tuple(sorted(tiny.LABELS["id"]))
IDS = [*tiny.TRAIN_IDS, *TEST_IDS]


def make(root, task=tiny.TASK, folds=tiny.FOLDS):
    labels = pd.DataFrame({"id": tiny.TRAIN_IDS, "log10_sigma": [-4.0, -5.0, -6.0, -7.0]})
    inputs = TaskInputs(
        entries=pd.DataFrame({"x": np.arange(len(IDS), dtype=float)}, index=pd.Index(IDS)),
        structures=None,
        train_ids=tiny.TRAIN_IDS,
        test_ids=() if task.scored_folds else TEST_IDS,
        train_labels=labels.set_index("id"),
        split=pd.DataFrame(),
        folds=folds,
        targets=("log10_sigma",),
    )
    return LoadedTask(Layout(root), task, "1.0.0", inputs, "grouped")


def record_all(task, folds):
    for fold in folds:
        inputs = task.get_test_data(fold)
        task.record(fold, pd.Series(-5.0 - 0.125 * inputs["x"], index=inputs.index), {"alpha": 1})


def record_test(task):
    frame = pd.DataFrame({"log10_sigma": -4.5, "log10_sigma_std": 0.5}, index=list(TEST_IDS))
    task.record("test", frame)


def test_folds_count_through_all_repeats_and_hold_out_what_is_frozen(tmp_path):
    task = make(tmp_path)
    assert task.folds == [0, 1, 2, 3]
    for number, (repeat, fold) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        is_here = (tiny.FOLDS["repeat"] == repeat) & (tiny.FOLDS["fold"] == fold)
        rows = tiny.FOLDS[is_here]
        inputs, labels = task.get_test_data(number, include_target=True)
        assert sorted(inputs.index) == sorted(labels.index) == sorted(rows["id"])
        train_inputs, train_labels = task.get_train_and_val_data(number)
        assert set(train_inputs.index) == set(tiny.TRAIN_IDS) - set(rows["id"])
        assert train_labels.columns.tolist() == ["log10_sigma"]
    everything, labels = task.get_train_and_val_data("test")
    assert everything.index.tolist() == labels.index.tolist() == list(tiny.TRAIN_IDS)


def test_labels_of_test_entries_are_not_handed_out(tmp_path):
    task = make(tmp_path)
    assert task.get_test_data("test").index.tolist() == list(TEST_IDS)
    with pytest.raises(ConfigError, match="labels of test entries are held out"):
        task.get_test_data("test", include_target=True)
    assert not set(task.train_labels.index) & set(TEST_IDS)
    for fold in (4, -1, "train", None):
        with pytest.raises(ConfigError, match='expected "test" or 0 to 3'):
            task.get_test_data(fold)


@pytest.mark.parametrize(
    ("predictions", "error"),
    [
        ([1.0, 2.0], "a list, which says nothing of the order"),
        (np.zeros(2), "a ndarray, which says nothing"),
        (pd.Series([1.0, 2.0]), "an index of int64"),
        ({"t01": -4.0}, "1 missing (t02)"),
        ({"t01": -4.0, "t02": 1.0, "t03": 1.0}, "1 unknown (t03)"),
        (dict.fromkeys(TEST_IDS, 0.0), "You sent the test ids"),
        ({"t01": -4.0, "t02": float("nan")}, "1 other value (t02: None)"),
        ({"t01": -4.0, "t02": "many"}, "a finite number"),
        (pd.DataFrame({"pred": 1.0}, index=["t01", "t02"]), "Rename `pred` to `log10_sigma`"),
        (pd.Series([1.0, 2.0, 2.0], index=["t01", "t02", "t02"]), "1 repeated (t02)"),
    ],
    ids=range(10),
)
def test_ids_that_are_not_exact_are_an_error(tmp_path, predictions, error):
    task = make(tmp_path)
    with pytest.raises(SubmissionError) as caught:
        task.record(0, predictions)
    assert error in str(caught.value)
    assert "tiny, fold 0" in str(caught.value)
    assert not any(task.is_recorded.values())


@pytest.mark.parametrize(
    "predictions",
    [
        pd.Series({"t02": -5.0, "t01": -4.0}),
        {"t02": -5.0, "t01": -4},
        {"t01": {"log10_sigma": -4.0}, "t02": {"log10_sigma": -5.0}},
        pd.DataFrame({"log10_sigma": [-5.0, -4.0]}, index=["t02", "t01"]),
        pd.DataFrame({"id": ["t02", "t01"], "log10_sigma": ["-5", "-4"]}),
    ],
)
def test_every_form_with_ids_is_recorded_alike(tmp_path, predictions):
    task = make(tmp_path)
    task.record(0, predictions)
    table, _ = task._recorded[0]
    assert table["log10_sigma"].to_dict() == {"t01": -4.0, "t02": -5.0}
    assert task.is_recorded == {"test": False, 0: True, 1: False, 2: False, 3: False}


def test_the_file_says_what_was_recorded_to_our_own_reader(tmp_path):
    task = make(tmp_path)
    record_all(task, task.folds)
    record_test(task)
    expected = Expectations(test_ids=TEST_IDS, train_ids=tiny.TRAIN_IDS, folds=tiny.FOLDS)
    for name in ("results.json.gz", "results.json"):
        path = task.to_file(tmp_path / name)
        foreign = read_foreign([path], tiny.TASK, expected)
        assert dict(
            zip(foreign.predictions["id"], foreign.predictions["log10_sigma"], strict=True)
        ) == dict.fromkeys(TEST_IDS, "-4.5")
        assert set(foreign.predictions["log10_sigma_std"]) == {"0.5"}
        assert len(foreign.cv_predictions["id"]) == len(tiny.FOLDS)
    document = json.loads((tmp_path / "results.json").read_text())
    fold = document["tasks"]["tiny__grouped__r1__log10_sigma"]["results"]["fold_1"]
    assert fold["parameters"] == {"alpha": 1}
    assert fold["scores"] == {}


def test_a_submission_of_what_was_recorded_needs_only_its_card(tmp_path):
    task = make(tmp_path)
    with pytest.raises(SubmissionError, match="none of test"):
        task.to_submission("my-model")
    record_test(task)
    record_all(task, [0, 1])
    with pytest.raises(SubmissionError, match="none of 2, 3"):
        task.to_submission("my-model")
    record_all(task, [2, 3])
    with pytest.raises(SubmissionError, match="folder name"):
        task.to_submission("My Model")
    assert not list(tmp_path.rglob("predictions.csv"))
    folder = task.to_submission("my-model")
    assert folder == tmp_path / "submissions/tiny/my-model"
    (folder / "submission.yaml").write_text(tiny.CARD)
    read = read_submission(folder, tiny.TASK, tiny.EXPECTATIONS, shown_as="mine")
    assert read.predictions.rows["log10_sigma"].tolist() == [-4.5] * 6
    assert len(read.cv_predictions.rows) == len(tiny.FOLDS)
    with pytest.raises(SubmissionError, match="one that exists"):
        task.to_submission("my-model")
    assert [item.name for item in folder.parent.iterdir()] == ["my-model"]


def test_a_task_is_loaded_from_a_repository_by_its_name(tmp_path, monkeypatch):
    layout = write_repo(tmp_path)
    monkeypatch.delenv("IONLADDER_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataMissingError, match="ionladder fetch"):
        load_task("obelix")
    from ionladder.cli.maintainer import fetch, ingest

    fetch(None)
    ingest(None)
    task = ionladder.load_task("obelix")
    assert "36 training and 14 test entries" in repr(task)
    assert len(task.train_inputs) == len(task.train_labels) == 36
    assert len(task.test_inputs) == 14
    names = task.structure_ids[:3]
    found = task.structures(names)
    assert list(found) == names
    splits = pd.read_parquet(layout.table("obelix", task.dataset_version, "structures"))
    sizes = splits.set_index("id")["n_sites"]
    assert {name: len(s) for name, s in found.items()} == sizes[names].to_dict()
    without = min(set(task.train_inputs.index) - set(task.structure_ids))
    with pytest.raises(DataMissingError, match=without):
        task.structures([names[0], without])
    shuffled = load_task("obelix", scheme="kfold_shuffled", root=tmp_path)
    assert shuffled.scheme == "kfold_shuffled"
    with pytest.raises(ConfigError, match="Did you mean kfold_shuffled"):
        load_task("obelix", scheme="kfold_shufled")
    with pytest.raises(ConfigError, match="Did you mean obelix"):
        load_task("obelx")


def test_the_package_evaluates_and_its_import_is_light():
    found = ionladder.evaluate(tiny.LABELS, tiny.predictions(0.5), tiny.TASK)
    assert found.score("log10_sigma", "all", "mae").value == pytest.approx(0.5)
    code = (
        "import sys, ionladder; print(hasattr(ionladder, 'nothing'), 'load_task' in dir(ionladder),"
        " [m for m in ('pandas', 'numpy', 'pymatgen', 'yaml', 'typer') if m in sys.modules])"
    )
    done = ran(sys.executable, "-c", code)
    assert done.stdout.strip() == "False True []"
