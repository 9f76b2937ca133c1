"""Results files of matbench are read without matbench, claims kept apart from predictions."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from ionladder.errors import InterchangeError
from ionladder.interchange.matbench import Results, read_results
from unit.interchange.peer_files import fold, results_document, results_gz, task_document

FOLDS = {"fold_0": fold({"mb-1": 1.5, "mb-2": -2}), "fold_1": fold({"mb-3": 0.1})}


def read_text(tmp_path: Path, text: str | bytes, *, packed: bool = True) -> Results:
    data = text.encode() if isinstance(text, str) else text
    path = tmp_path / "results.json.gz"
    path.write_bytes(gzip.compress(data) if packed else data)
    return read_results(path)


def test_predictions_come_fold_by_fold_and_scores_as_claims(tmp_path: Path) -> None:
    results = read_results(results_gz(tmp_path / "results.json.gz", {"matbench_steels": FOLDS}))
    first, second = results.tasks["matbench_steels"]
    assert first.predictions == {"mb-1": "1.5", "mb-2": "-2"}
    assert second.predictions == {"mb-3": "0.1"}
    assert first.claimed["mae"] == 0.1
    assert "matbench" not in sys.modules


def test_plain_text_under_a_name_that_promises_gzip_is_read(tmp_path: Path) -> None:
    """``to_file("results.json.gz")`` of matbench writes plain text."""
    text = json.dumps(results_document({"t": FOLDS}))
    assert list(read_text(tmp_path, text, packed=False).tasks) == ["t"]


def test_a_single_task_written_by_itself_is_read(tmp_path: Path) -> None:
    assert list(read_text(tmp_path, json.dumps(task_document("t", FOLDS))).tasks) == ["t"]


def test_folds_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folds = {name: fold({name: 1.0}) for name in ("fold_10", "fold_2", "fold_0")}
    results = read_results(results_gz(tmp_path / "r.json.gz", {"t": folds}))
    assert [item.number for item in results.tasks["t"]] == [0, 2, 10]


def test_nan_and_what_is_no_number_stay_recognisable(tmp_path: Path) -> None:
    data = {"a": float("nan"), "b": True, "c": [1.0], "d": None, "e": "x", "f": float("inf")}
    folds = {"fold_0": fold(data)}
    read = read_results(results_gz(tmp_path / "r.json.gz", {"t": folds})).tasks["t"][0]
    assert read.predictions["a"] == "nan"
    assert read.predictions["f"] == "inf"
    for key in "bcde":
        with pytest.raises(ValueError, match="could not convert"):
            float(read.predictions[key])


def test_stated_deviations_are_read_and_intervals_alone_are_not(tmp_path: Path) -> None:
    with_std = fold({"a": 1.0}, std={"a": 0.25})
    without = fold({"a": 1.0}) | {"uncertainty": {"a": {"ci_lower": 0, "ci_upper": 1, "std": None}}}
    results = read_results(
        results_gz(tmp_path / "r.json.gz", {"t": {"fold_0": with_std}, "u": {"fold_0": without}})
    )
    assert results.tasks["t"][0].std == {"a": "0.25"}
    assert results.tasks["u"][0].std == {}


def test_a_task_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    broken = {"fold_0": {"parameters": {}, "scores": {}}}
    results = read_results(
        results_gz(tmp_path / "r.json.gz", {"good": FOLDS, "broken": broken, "empty": {}})
    )
    assert list(results.tasks) == ["good"]
    assert results.unreadable["broken"].where == "r.json.gz, task broken, fold_0"
    assert "Record every fold" in results.unreadable["empty"].next_step


@pytest.mark.parametrize("name", ["fold_", "fold_-1", "fold_x", "0", "fold_9999"])
def test_folds_of_other_names_are_refused(tmp_path: Path, name: str) -> None:
    results = read_results(results_gz(tmp_path / "r.json.gz", {"t": {name: fold({"a": 1.0})}}))
    assert "t" in results.unreadable


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="deeply nested"),
        pytest.param('{"tasks":' * 50_000, id="deeply nested objects"),
        pytest.param("{}", id="nothing inside"),
        pytest.param('{"tasks": []}', id="tasks as a list"),
        pytest.param('{"tasks": {}}', id="no task"),
        pytest.param("[1, 2]", id="a list"),
        pytest.param('"text"', id="text"),
        pytest.param("{'tasks': 1}", id="no JSON"),
        pytest.param('{"tasks": {"t": 1}, "tasks": {"t": 2}}', id="a key twice"),
        pytest.param('{"tasks": ' + "9" * 10_000 + "}", id="a number of ten thousand digits"),
        pytest.param('{"tasks": "σ"}', id="not ASCII"),
        pytest.param("[" + "[]," * 2_000_001 + "1]", id="two million lists"),
        pytest.param(gzip.compress(b"{}"), id="gzip in gzip"),
        pytest.param("\0" * 100, id="NUL"),
    ],
)
def test_what_is_no_results_file_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(InterchangeError):
        read_text(tmp_path, text)


def test_an_id_twice_in_one_fold_is_refused(tmp_path: Path) -> None:
    text = json.dumps(results_document({"t": {"fold_0": fold({"a": 1.0, "b": 2.0})}}))
    with pytest.raises(InterchangeError, match="the key 'a' stands twice"):
        read_text(tmp_path, text.replace('"b": 2.0', '"a": 2.0'))


def test_a_file_of_odd_json_gives_errors_only(tmp_path: Path) -> None:
    for odd in (None, 1, "x", [], {"results": 1}, {"results": {"fold_0": 1}}):
        results = read_text(tmp_path, json.dumps({"tasks": {"t": odd}}))
        assert list(results.unreadable) == ["t"]
