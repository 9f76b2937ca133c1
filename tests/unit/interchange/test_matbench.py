"""Results files are read without matbench, splits written for it, and its classes run on them."""

import gzip
import importlib.util
import json
import sys
from itertools import chain
from pathlib import Path

import pandas as pd
import pytest

from ionladder.data.registry import get_task
from ionladder.errors import InterchangeError
from ionladder.interchange import matbench as mb
from ionladder.interchange.rescore import matbench_mae
from unit.interchange.peer_files import fold, results_document, results_gz, task_document

TASK = get_task("bvel-proto")
NAME = "bvel-proto__chemsys__r0__e_1d_ev"
FOLDS = {"fold_0": fold({"mb-1": 1.5, "mb-2": -2}), "fold_1": fold({"mb-3": 0.1})}
HAS_MATBENCH = importlib.util.find_spec("matbench") is not None
needs_matbench = pytest.mark.skipif(
    not HAS_MATBENCH, reason="needs the extra matbench: see docs/interchange.md"
)


def read_text(tmp_path, text, *, packed=True):
    data = text.encode() if isinstance(text, str) else text
    path = tmp_path / "results.json.gz"
    path.write_bytes(gzip.compress(data) if packed else data)
    return mb.read_results(path)


# --- Results files


def test_predictions_come_fold_by_fold_and_scores_as_claims(tmp_path):
    folds = {"fold_10": fold({"mb-9": 1.0}), **FOLDS}
    results = mb.read_results(results_gz(tmp_path / "results.json.gz", {"matbench_steels": folds}))
    first, second, last = results.tasks["matbench_steels"]
    assert first.predictions == {"mb-1": "1.5", "mb-2": "-2"}
    assert second.predictions == {"mb-3": "0.1"}
    assert (first.claimed["mae"], last.number) == (0.1, 10)
    assert "matbench" not in sys.modules


def test_plain_text_and_a_single_task_are_read(tmp_path):
    """``to_file("results.json.gz")`` of matbench writes plain text."""
    text = json.dumps(results_document({"t": FOLDS}))
    assert list(read_text(tmp_path, text, packed=False).tasks) == ["t"]
    assert list(read_text(tmp_path, json.dumps(task_document("t", FOLDS))).tasks) == ["t"]


def test_nan_and_what_is_no_number_stay_recognisable(tmp_path):
    data = {"a": float("nan"), "b": True, "c": [1.0], "d": None, "e": "x", "f": float("inf")}
    path = results_gz(tmp_path / "r.json.gz", {"t": {"fold_0": fold(data)}})
    read = mb.read_results(path).tasks["t"][0].predictions
    assert (read["a"], read["f"]) == ("nan", "inf")
    for key in "bcde":
        with pytest.raises(ValueError, match="could not convert"):
            float(read[key])


def test_a_task_that_cannot_be_read_stops_no_other(tmp_path):
    broken = {"fold_0": {"parameters": {}, "scores": {}}}
    names = {f"t{i}": {n: fold({"a": 1.0})} for i, n in enumerate(("fold_", "0", "fold_9999"))}
    tasks = {"good": FOLDS, "broken": broken, "empty": {}, **names}
    results = mb.read_results(results_gz(tmp_path / "r.json.gz", tasks))
    assert list(results.tasks) == ["good"]
    assert results.unreadable["broken"].where == "r.json.gz, task broken, fold_0"
    assert "Record every fold" in results.unreadable["empty"].next_step
    for odd in (None, 1, [], {"results": 1}, {"results": {"fold_0": 1}}):
        assert list(read_text(tmp_path, json.dumps({"tasks": {"t": odd}})).unreadable) == ["t"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"tasks":' * 50_000, id="deeply nested"),
        pytest.param("{}", id="nothing inside"),
        pytest.param('{"tasks": {"t": 1}, "tasks": {"t": 2}}', id="a key twice"),
        pytest.param('{"tasks": ' + "9" * 10_000 + "}", id="a number of ten thousand digits"),
        pytest.param('{"tasks": "σ"}', id="not ASCII"),
        pytest.param("[" + "[]," * 2_000_001 + "1]", id="two million lists"),
        pytest.param(gzip.compress(b"{}"), id="gzip in gzip"),
    ],
)
def test_what_is_no_results_file_is_refused(tmp_path, text):
    with pytest.raises(InterchangeError):
        read_text(tmp_path, text)


# --- Our splits


@pytest.fixture(scope="module")
def document(pinned, inputs):
    return mb.validation_document(TASK, pinned, inputs)


def test_every_entry_is_held_out_once_a_repeat(document, inputs):
    assert {"n_splits", "random_state", "shuffle"} <= set(document["metadata"])
    everything = sorted(inputs.train_ids)
    repeats = {name: s for name, s in document["splits"].items() if "__test__" not in name}
    assert len(repeats) == 3 * 3 * 3  # targets × schemes × repeats
    for name, splits in repeats.items():
        assert list(splits) == [f"fold_{i}" for i in range(len(splits))]
        held_out = list(chain.from_iterable(fold["test"] for fold in splits.values()))
        assert sorted(held_out) == everything, name
        for part in splits.values():
            assert sorted(part["train"] + part["test"]) == everything, name


def test_the_splits_are_the_frozen_ones(document, inputs):
    frozen = inputs.folds.set_index(["scheme", "repeat", "fold"]).sort_index()
    splits = document["splits"]["bvel-proto__chemsys__r1__e_2d_ev"]
    for number in range(5):
        assert splits[f"fold_{number}"]["test"] == sorted(frozen.loc[("chemsys", 1, number), "id"])
    official = document["splits"]["bvel-proto__test__e_1d_ev"]["fold_0"]
    assert official == {"train": list(inputs.train_ids), "test": list(inputs.test_ids)}


# --- matbench's own classes on our splits


@needs_matbench
@pytest.mark.extra
def test_a_task_of_ours_is_recorded_validated_and_scored_by_matbench_itself(
    repository, document, inputs, tmp_path
):
    labels = inputs.train_labels["e_1d_ev"]
    frame = pd.DataFrame({"structure": inputs.entries["formula"], "e_1d_ev": labels})
    folder = repository / "submissions/bvel-proto/structure-hgb"
    sent = pd.read_parquet(folder / "cv_predictions.parquet")
    sent = sent[(sent["scheme"] == "chemsys") & (sent["repeat"] == 0)].set_index("id")["e_1d_ev"]
    task = mb.matbench_task(document, mb.metadata_document(TASK, inputs), NAME, frame)
    for number in task.folds:
        given, truth = task.get_train_and_val_data(number)
        assert len(given) == len(truth)
        held_out = task.get_test_data(number, include_target=False)
        task.record(number, sent[held_out.index].to_numpy(), params={"model": "structure-hgb"})
    task.validate()
    path = tmp_path / "results.json"
    task.to_file(path)

    expected = {name: part["test"] for name, part in document["splits"][NAME].items()}
    scores = matbench_mae(NAME, mb.read_results(path).tasks[NAME], labels.to_dict(), expected)
    assert scores.mean == pytest.approx(task.scores["mae"]["mean"], abs=1e-12)
    assert scores.std == pytest.approx(task.scores["mae"]["std"], abs=1e-12)
    assert scores.wrong_claims == ()
    assert all(score.problems == () for score in scores.folds.values())


@needs_matbench
@pytest.mark.extra
def test_a_file_that_matbench_publishes_gives_the_scores_it_states():
    """matbench's wheel holds a run of all 13 tasks, and for these two a file of the labels."""
    import matbench.tests

    folder = Path(matbench.tests.__file__).parent
    results = mb.read_results(folder / "mb_all_tasks_random.json")
    assert (len(results.tasks), results.unreadable) == (13, {})
    for task, perfect in (
        ("matbench_steels", "msonability_matbench_steels.json"),
        ("matbench_dielectric", "scores_matbench_dielectric_perfect.json"),
    ):
        folds = mb.read_results(folder / perfect).tasks[task]
        labels = {i: float(cell) for part in folds for i, cell in part.predictions.items()}
        scores = matbench_mae(task, results.tasks[task], labels)
        assert scores.wrong_claims == ()
        for part in results.tasks[task]:
            claimed = pytest.approx(part.claimed["mae"], rel=1e-12)
            assert scores.folds[part.name].value == claimed
