"""Our splits in matbench's layout: the frozen ids, each held out once, and no label anywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from ionladder.config import DatasetVersion
from ionladder.data.registry import get_task
from ionladder.data.store import TaskInputs
from ionladder.interchange.matbench import (
    MatbenchName,
    export_matbench_folds,
    metadata_document,
    parse_name,
    validation_document,
)
from ionladder.repo import Layout

TASK = get_task("bvel-proto")


@pytest.fixture(scope="module")
def document(pinned: DatasetVersion, inputs: TaskInputs) -> dict[str, Any]:
    return validation_document(TASK, pinned, inputs)


def test_the_layout_is_that_of_matbench_s_validation_file(document: dict[str, Any]) -> None:
    assert list(document) == ["metadata", "splits"]
    assert {"n_splits", "random_state", "shuffle"} <= set(document["metadata"])
    for splits in document["splits"].values():
        assert list(splits) == [f"fold_{i}" for i in range(len(splits))]
        for fold in splits.values():
            assert list(fold) == ["train", "test"]
            assert all(isinstance(i, str) for i in chain(fold["train"], fold["test"]))


def test_every_entry_is_held_out_exactly_once_a_repeat(
    document: dict[str, Any], inputs: TaskInputs
) -> None:
    everything = sorted(inputs.train_ids)
    repeats = {name: s for name, s in document["splits"].items() if "__test__" not in name}
    assert len(repeats) == 3 * 3 * 3  # targets × schemes × repeats
    for name, splits in repeats.items():
        held_out = list(chain.from_iterable(fold["test"] for fold in splits.values()))
        assert sorted(held_out) == everything, name
        for fold in splits.values():
            assert sorted(fold["train"] + fold["test"]) == everything, name


def test_the_folds_are_the_frozen_ones(document: dict[str, Any], inputs: TaskInputs) -> None:
    frozen = inputs.folds.set_index(["scheme", "repeat", "fold"]).sort_index()
    splits = document["splits"]["bvel-proto__chemsys__r1__e_2d_ev"]
    for fold in range(5):
        assert splits[f"fold_{fold}"]["test"] == sorted(frozen.loc[("chemsys", 1, fold), "id"])


def test_the_split_that_the_board_scores_stands_beside_them(
    document: dict[str, Any], inputs: TaskInputs
) -> None:
    split = document["splits"]["bvel-proto__test__e_1d_ev"]["fold_0"]
    assert split["test"] == list(inputs.test_ids)
    assert split["train"] == list(inputs.train_ids)


def test_names_are_read_back_as_they_were_given(document: dict[str, Any]) -> None:
    for name in document["splits"]:
        parsed = parse_name(name)
        assert parsed is not None
        assert str(parsed) == name
        assert parsed.task == TASK.name
        assert parsed.target in {target.name for target in TASK.targets}
    assert parse_name("obelix__kfold_shuffled__r4__log10_sigma") == MatbenchName(
        task="obelix", target="log10_sigma", scheme="kfold_shuffled", repeat=4
    )


def test_metadata_say_of_each_split_what_matbench_s_say(
    document: dict[str, Any], inputs: TaskInputs
) -> None:
    metadata = metadata_document(TASK, inputs)
    assert list(metadata) == list(document["splits"])
    facts = metadata["bvel-proto__test__e_3d_ev"]
    labels = inputs.train_labels["e_3d_ev"].dropna()
    assert facts["mad"] == pytest.approx(float((labels - labels.mean()).abs().mean()))
    assert {key: facts[key] for key in facts if key != "mad"} == {
        "input_type": "structure",
        "target": "e_3d_ev",
        "task_type": "regression",
        "unit": "eV",
        "n_samples": 857,
    }


def test_both_files_are_written_the_same_twice(
    layout: Layout, pinned: DatasetVersion, tmp_path: Path
) -> None:
    paths = export_matbench_folds(layout, TASK, pinned, tmp_path)
    assert [path.name for path in paths] == [
        "bvel-proto_validation.json",
        "bvel-proto_metadata.json",
    ]
    first = [path.read_bytes() for path in paths]
    assert json.loads(first[0])["metadata"]["dataset_version"] == pinned.version
    assert [
        path.read_bytes() for path in export_matbench_folds(layout, TASK, pinned, tmp_path)
    ] == (first)


def test_a_task_that_is_scored_fold_by_fold_has_folds_and_no_test_part(
    pinned: DatasetVersion, inputs: TaskInputs
) -> None:
    first, *others = TASK.cross_validation
    task = replace(TASK, scored_folds=first, cross_validation=tuple(others[:1]))
    document = validation_document(task, pinned, replace(inputs, test_ids=()))
    schemes = {name.split("__")[1] for name in document["splits"]}
    assert schemes == {first.scheme, others[0].scheme}
