"""One of our tasks runs on matbench's own classes, and its results come back as our submission."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionladder.config import DatasetVersion
from ionladder.data.registry import get_task
from ionladder.data.store import TaskInputs
from ionladder.errors import InterchangeError
from ionladder.interchange.convert import read_foreign
from ionladder.interchange.matbench import (
    matbench_mae,
    matbench_task,
    metadata_document,
    read_results,
    validation_document,
)
from ionladder.repo import Layout
from ionladder.submit.validate import Expectations

TASK = get_task("bvel-proto")
NAME = "bvel-proto__chemsys__r0__e_1d_ev"
SUBMISSION = "submissions/bvel-proto/structure-hgb/cv_predictions.parquet"

needs_matbench = pytest.mark.skipif(
    importlib.util.find_spec("matbench") is None,
    reason="needs the extra matbench: see docs/interchange.md",
)


@needs_matbench
@pytest.mark.extra
def test_a_task_of_ours_is_recorded_validated_and_scored_by_matbench_itself(
    repository: Path, pinned: DatasetVersion, inputs: TaskInputs, tmp_path: Path
) -> None:
    frame = pd.DataFrame(
        {"structure": inputs.entries["formula"], "e_1d_ev": inputs.train_labels["e_1d_ev"]}
    )
    sent = pd.read_parquet(repository / SUBMISSION)
    sent = sent[(sent["scheme"] == "chemsys") & (sent["repeat"] == 0)].set_index("id")["e_1d_ev"]
    validation = validation_document(TASK, pinned, inputs)
    task = matbench_task(validation, metadata_document(TASK, inputs), NAME, frame)

    for fold in task.folds:
        given, truth = task.get_train_and_val_data(fold)
        assert len(given) == len(truth)
        held_out = task.get_test_data(fold, include_target=False)
        task.record(fold, sent[held_out.index].to_numpy(), params={"model": "structure-hgb"})
    task.validate()
    path = tmp_path / "results.json"
    task.to_file(path)

    results = read_results(path)
    labels = inputs.train_labels["e_1d_ev"].to_dict()
    scores = matbench_mae(
        NAME,
        results.tasks[NAME],
        labels,
        {name: fold["test"] for name, fold in validation["splits"][NAME].items()},
    )
    assert scores.mean == pytest.approx(task.scores["mae"]["mean"], abs=1e-12)
    assert scores.std == pytest.approx(task.scores["mae"]["std"], abs=1e-12)
    assert scores.wrong_claims == ()
    assert all(score.problems == () for score in scores.folds.values())


@needs_matbench
@pytest.mark.extra
def test_what_matbench_records_of_all_targets_becomes_a_submission(
    repository: Path, pinned: DatasetVersion, inputs: TaskInputs, tmp_path: Path
) -> None:
    validation = validation_document(TASK, pinned, inputs)
    metadata = metadata_document(TASK, inputs)
    documents = {}
    for target in TASK.targets:
        name = f"bvel-proto__test__{target.name}"
        # Held-out labels stay out: matbench gets made-up ones, and its scores mean nothing here.
        frame = pd.DataFrame({"structure": inputs.entries["formula"], target.name: 1.0})
        task = matbench_task(validation, metadata, name, frame)
        values = np.linspace(0.1, 2.0, len(inputs.test_ids))
        task.record(0, values, std=np.full(len(values), 0.5))
        documents[name] = task.as_dict()
    path = tmp_path / "results.json.gz"
    path.write_text(json.dumps({"@class": "MatbenchBenchmark", "tasks": documents}))
    expected = Expectations(
        test_ids=inputs.test_ids, train_ids=inputs.train_ids, folds=inputs.folds
    )
    found = read_foreign([path], TASK, expected).predictions
    assert found["id"] == list(inputs.test_ids)
    assert [float(cell) for cell in found["e_2d_ev"]] == np.linspace(0.1, 2.0, 171).tolist()
    assert set(map(float, found["e_3d_ev_std"])) == {0.5}


@pytest.mark.skipif(
    importlib.util.find_spec("matbench") is not None, reason="matbench is installed here"
)
def test_without_matbench_the_error_says_where_its_installation_is_described(
    layout: Layout, pinned: DatasetVersion, inputs: TaskInputs
) -> None:
    validation = validation_document(TASK, pinned, inputs)
    with pytest.raises(InterchangeError, match=r"docs/interchange\.md"):
        matbench_task(validation, metadata_document(TASK, inputs), NAME, pd.DataFrame())


def test_an_unknown_split_is_answered_with_the_known_ones(
    pinned: DatasetVersion, inputs: TaskInputs
) -> None:
    validation = validation_document(TASK, pinned, inputs)
    with pytest.raises(InterchangeError, match="Did you mean bvel-proto__chemsys__r0__e_1d_ev"):
        matbench_task(
            validation, metadata_document(TASK, inputs), NAME.replace("chemsys", "chem"), None
        )


@needs_matbench
@pytest.mark.extra
@pytest.mark.parametrize(
    ("task", "perfect"),
    [
        ("matbench_steels", "msonability_matbench_steels.json"),
        ("matbench_dielectric", "scores_matbench_dielectric_perfect.json"),
    ],
)
def test_a_file_that_matbench_publishes_gives_the_scores_it_states(task: str, perfect: str) -> None:
    """matbench's wheel holds a run of all 13 tasks, and for these two a file of the labels."""
    import matbench.tests

    folder = Path(matbench.tests.__file__).parent
    labels = {
        identifier: float(cell)
        for fold in read_results(folder / perfect).tasks[task]
        for identifier, cell in fold.predictions.items()
    }
    results = read_results(folder / "mb_all_tasks_random.json")
    assert (len(results.tasks), results.unreadable) == (13, {})
    scores = matbench_mae(task, results.tasks[task], labels)
    for fold in results.tasks[task]:
        assert scores.folds[fold.name].value == pytest.approx(fold.claimed["mae"], rel=1e-12)
    assert scores.wrong_claims == ()
