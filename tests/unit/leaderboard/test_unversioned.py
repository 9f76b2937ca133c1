"""A published number may change with what it rests on, and only then."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.board.history import (
    Snapshot,
    altered_lines,
    new_records,
    number_changes,
    snapshot_of_tree,
    unexplained_records,
    unversioned_changes,
)
from ionladder.errors import HistoryError
from ionladder.repo import Layout
from unit.leaderboard.records import board_of, standing

Files = dict[str, Any]


def published() -> Files:
    """A board with two submissions, their receipts, and an analysis of the whole board."""
    files: Files = {
        "tiny.json": {
            "task": "tiny",
            "dataset_version": "1.0.0",
            "scorer_version": "1",
            "floors": [{"name": "floor", "value": 0.4, "n_groups": 2}],
            "rows": [],
        },
        "analysis/tiny.json": {"task": "tiny", "pairs": {"a": {"b": 0.25}}},
    }
    for rank, name in enumerate(("a", "b"), start=1):
        row = {"submission": name, "kind": "verified", "rank": rank, "tie_group": 1, "mae": 1.5}
        files["tiny.json"]["rows"].append({**row, "card": {"parameters": 10}})
        files[f"scores/tiny/{name}.json"] = {
            "dataset_version": "1.0.0",
            "scorer_version": "1",
            "hashes": {
                "predictions_sha256": name,
                "cv_predictions_sha256": None,
                "labels_sha256": "l",
                "split_sha256": "s",
            },
            "targets": {"mae": 1.5, "rmse": None},
        }
    return files


def snapshot(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Snapshot:
    layout = Layout(tmp_path_factory.mktemp("tree"))
    for name, content in files.items():
        path = layout.leaderboard_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    return snapshot_of_tree(layout)


def put(files: Files, where: str, value: object) -> None:
    """Set a value: ``scores/tiny/a.json:targets.mae``."""
    name, _, path = where.partition(":")
    *parents, last = path.split(".")
    item = files[name]
    for key in parents:
        item = item[int(key)] if isinstance(item, list) else item[key]
    item[last] = value


RECEIPT, BOARD = "scores/tiny/a.json", "tiny.json"


@pytest.mark.parametrize(
    ("edits", "blamed"),
    [
        ({}, []),
        ({f"{RECEIPT}:targets.mae": 1.6}, [RECEIPT]),
        ({f"{RECEIPT}:targets.mae": None}, [RECEIPT]),
        ({f"{RECEIPT}:targets.rmse": 2.0}, [RECEIPT]),
        ({f"{RECEIPT}:targets": None}, [RECEIPT]),
        ({f"{RECEIPT}:slices": {"cif": 1.0}}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:scorer_version": "2"}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:dataset_version": "1.1.0"}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:hashes.labels_sha256": "m"}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:hashes.predictions_sha256": "q"}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:hashes.cv_predictions_sha256": "v"}, []),
        ({f"{BOARD}:rows.1.mae": 1.4}, [BOARD]),
        ({f"{BOARD}:rows.1.rank": 3}, [BOARD]),
        ({f"{BOARD}:rows.1.rank": 3, f"{RECEIPT}:hashes.predictions_sha256": "q"}, []),
        ({f"{BOARD}:rows.1.rank": None, f"{BOARD}:rows.0.kind": "reference"}, []),
        ({f"{BOARD}:rows.1.card": {"parameters": 11}}, []),
        ({f"{BOARD}:floors.0.value": 0.5}, [BOARD]),
        ({f"{BOARD}:floors.0.value": 0.5, f"{BOARD}:scorer_version": "2"}, []),
        ({"analysis/tiny.json:pairs.a.b": 0.3}, ["analysis/tiny.json"]),
        ({"analysis/tiny.json:pairs.a.b": 0.3, f"{RECEIPT}:hashes.predictions_sha256": "q"}, []),
    ],
)
def test_a_number_changes_with_a_new_version_only(
    tmp_path_factory: pytest.TempPathFactory, edits: Files, blamed: list[str]
) -> None:
    before, after = published(), deepcopy(published())
    for where, value in edits.items():
        put(after, where, value)
    problems = unversioned_changes(
        snapshot(tmp_path_factory, before),
        snapshot(tmp_path_factory, after),
        task="tiny",
        at="abc",
        folder="leaderboard",
    )
    assert [problem.where for problem in problems] == [f"leaderboard/{name}" for name in blamed]


def test_submissions_and_tasks_that_are_new_are_no_concern(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    files = published()
    less = {name: content for name, content in files.items() if not name.endswith("b.json")}
    now = snapshot(tmp_path_factory, files)
    for base in (snapshot(tmp_path_factory, less), snapshot(tmp_path_factory, {})):
        assert not unversioned_changes(base, now, task="tiny", at="abc", folder="leaderboard")


def test_an_unreadable_board_is_a_letter(tmp_path_factory: pytest.TempPathFactory) -> None:
    layout = Layout(tmp_path_factory.mktemp("tree"))
    layout.leaderboard_dir.mkdir()
    layout.leaderboard_json("tiny").write_text("{")
    with pytest.raises(HistoryError, match=r"leaderboard/tiny\.json: expected a JSON object"):
        snapshot_of_tree(layout)


@pytest.mark.parametrize(
    ("now", "where", "found"),
    [
        (b"a\nB\nc\n", 2, "another line"),
        (b"a\n", 2, "the end, 3 lines expected"),
        (b"b\nc\n", 1, "another line"),
        (b"", 1, "the end, 3 lines expected"),
    ],
)
def test_a_history_that_lost_a_line_is_named_with_the_line(
    now: bytes, where: int, found: str
) -> None:
    (problem,) = altered_lines(b"a\nb\nc\n", now, at="abc", shown_as="history.jsonl")
    assert (problem.where, problem.found) == (f"history.jsonl, line {where}", found)


def test_a_history_may_grow() -> None:
    assert altered_lines(b"a\n", b"a\nb\n", at="abc", shown_as="history.jsonl") == []
    assert altered_lines(b"", b"a\n", at="abc", shown_as="history.jsonl") == []


def test_new_records_without_a_cause_are_named_and_old_ones_left_in_peace() -> None:
    history = []
    for value in (1.5, 1.6, 1.7):
        history += new_records(history, board_of(standing(value=value)), task="tiny", commit=None)
    named = [
        [p.where for p in unexplained_records(history, n_before=n, task="tiny", shown_as="h")]
        for n in range(4)
    ]
    second, third = "h, line 2: tiny/good", "h, line 3: tiny/good"
    assert named == [[second, third], [second, third], [third], []]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(json_values)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert list(number_changes(value, deepcopy(value))) == []


@given(st.dictionaries(st.text(max_size=3), st.integers(-9, 9), min_size=1), st.data())
def test_exactly_the_number_that_changed_is_named(
    numbers: dict[str, int], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(numbers)))
    later = {**numbers, key: numbers[key] + 1, "added": 5}
    expected = [("x" + (f".{key}"), numbers[key], numbers[key] + 1)]
    found = [each for each in number_changes({"x": numbers}, {"x": later}) if each[0] != "x.added"]
    if key == "added":
        later["added"] = numbers["added"] + 1
        expected, found = [], []
    assert found == expected
