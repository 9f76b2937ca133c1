"""A published number may change with what it rests on, and only then."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.board import history as hist
from ionladder.errors import HistoryError
from ionladder.repo import Layout
from unit.board.records import board_of, standing

Files = dict[str, Any]


def published():
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


def changed(folder, before, after):
    """What the check says of two states of ``leaderboard/``."""
    states = []
    for state, files in (("before", before), ("after", after)):
        layout = Layout(folder / state)
        for name, content in files.items():
            path = layout.leaderboard_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        states.append(hist.snapshot(layout))
    return hist.unversioned_changes(*states, task="tiny", at="abc", folder="leaderboard")


def put(files, where, value):
    """Set a value: ``scores/tiny/a.json:targets.mae``."""
    name, _, path = where.partition(":")
    *parents, last = path.split(".")
    item = files[name]
    for key in parents:
        item = item[int(key)] if isinstance(item, list) else item[key]
    item[last] = value


RECEIPT, BOARD, ANALYSIS = "scores/tiny/a.json", "tiny.json", "analysis/tiny.json"
OTHER_FILE = {f"{RECEIPT}:hashes.predictions_sha256": "q"}


@pytest.mark.parametrize(
    ("edits", "blamed"),
    [
        ({}, []),
        ({f"{RECEIPT}:targets.mae": 1.6}, [RECEIPT]),
        ({f"{RECEIPT}:targets.rmse": 2.0}, [RECEIPT]),
        ({f"{RECEIPT}:targets": None}, [RECEIPT]),
        ({f"{RECEIPT}:slices": {"cif": 1.0}}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:scorer_version": "2"}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, f"{RECEIPT}:hashes.labels_sha256": "m"}, []),
        ({f"{RECEIPT}:targets.mae": 1.6, **OTHER_FILE}, []),
        ({f"{BOARD}:rows.1.mae": 1.4}, [BOARD]),
        ({f"{BOARD}:rows.1.rank": 3}, [BOARD]),
        ({f"{BOARD}:rows.1.rank": 3, **OTHER_FILE}, []),
        ({f"{BOARD}:rows.1.rank": None, f"{BOARD}:rows.0.kind": "reference"}, []),
        ({f"{BOARD}:rows.1.card": {"parameters": 11}}, []),
        ({f"{BOARD}:floors.0.value": 0.5}, [BOARD]),
        ({f"{BOARD}:floors.0.value": 0.5, f"{BOARD}:scorer_version": "2"}, []),
        ({f"{ANALYSIS}:pairs.a.b": 0.3}, [ANALYSIS]),
        ({f"{ANALYSIS}:pairs.a.b": 0.3, **OTHER_FILE}, []),
    ],
)
def test_a_number_changes_with_a_new_version_only(tmp_path, edits, blamed):
    after = deepcopy(published())
    for where, value in edits.items():
        put(after, where, value)
    problems = changed(tmp_path, published(), after)
    others = {name: file for name, file in published().items() if not name.endswith("b.json")}
    assert not changed(tmp_path / "new", others, published()), "a submission that is new"
    assert [problem.where for problem in problems] == [f"leaderboard/{name}" for name in blamed]


def test_an_unreadable_board_is_an_error(tmp_path):
    layout = Layout(tmp_path)
    layout.leaderboard_dir.mkdir()
    layout.leaderboard_json("tiny").write_text("{")
    with pytest.raises(HistoryError, match=r"leaderboard/tiny\.json: expected a JSON object"):
        hist.snapshot(layout)


@pytest.mark.parametrize(
    ("now", "where", "found"),
    [
        (b"a\nB\nc\n", 2, "another line"),
        (b"a\n", 2, "the end, 3 lines expected"),
        (b"b\nc\n", 1, "another line"),
        (b"", 1, "the end, 3 lines expected"),
    ],
)
def test_a_history_that_lost_a_line_is_named_with_the_line(now, where, found):
    (problem,) = hist.altered_lines(b"a\nb\nc\n", now, at="abc", shown_as="history.jsonl")
    assert (problem.where, problem.found) == (f"history.jsonl, line {where}", found)
    assert hist.altered_lines(b"a\nb\n", b"a\nb\nc\n", at="abc", shown_as="history.jsonl") == []


def test_new_records_without_a_cause_are_named_and_old_ones_left_in_peace():
    history: list[hist.Record] = []
    for value in (1.5, 1.6, 1.7):
        history += hist.new_records(
            history, board_of(standing(value=value)), task="tiny", commit=None
        )
    named = [
        [p.where for p in hist.unexplained_records(history, n_before=n, task="tiny", shown_as="h")]
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
def test_nothing_differs_from_itself(value):
    assert list(hist.number_changes(value, deepcopy(value))) == []


@given(st.dictionaries(st.text("abc", max_size=3), st.integers(-9, 9), min_size=1), st.data())
def test_exactly_the_number_that_changed_is_named(numbers, data):
    key = data.draw(st.sampled_from(sorted(numbers)))
    later = {**numbers, key: numbers[key] + 1, "later": 5}
    found = list(hist.number_changes({"x": numbers}, {"x": later}))
    assert found == [(f"x.{key}", numbers[key], numbers[key] + 1)]
