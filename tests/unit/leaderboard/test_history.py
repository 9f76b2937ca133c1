"""Records are added for what changed and nothing else; the file is never half-understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.board.history import (
    KEYS,
    PLACE,
    REMOVED,
    Record,
    append_records,
    latest,
    new_records,
    parse_history,
    read_history,
    standings,
    to_lines,
)
from ionladder.errors import HistoryError
from ionladder.repo import Layout
from unit.leaderboard.records import FIRST, board_of, standing


def grow(history: list[Record], *board: Record, commit: str | None = "c" * 40) -> list[Record]:
    """The history after a board was published."""
    return history + new_records(history, board_of(*board), task="tiny", commit=commit)


def events(history: list[Record]) -> list[tuple[str, int, int, str]]:
    return [(r.submission, r.published, r.publication, r.event) for r in history]


def test_the_first_board_adds_a_record_for_each_submission() -> None:
    history = grow([], standing("good"), standing("better", value=1.2))
    assert events(history) == [("good", 1, 1, "added"), ("better", 1, 1, "added")]
    assert history[0] == FIRST


def test_the_same_board_again_adds_nothing_whatever_the_commit() -> None:
    board = (standing("good"), standing("better", value=1.2))
    history = grow([], *board)
    assert grow(history, *board, commit="d" * 40) == history


def test_only_what_changed_gets_a_record() -> None:
    history = grow([], standing("good"), standing("better", value=1.2))
    history = grow(history, standing("good", value=1.4), standing("better", value=1.2))
    assert events(history)[2:] == [("good", 2, 2, "rescored")]


@pytest.mark.parametrize(
    ("changed", "event"),
    [
        ({"value": 1.6}, "rescored"),
        ({"ci_high": 2.1}, "rescored"),
        ({"dataset_version": "1.1.0"}, "rescored"),
        ({"scorer_version": "2"}, "rescored"),
        ({"predictions_sha256": "q" * 64}, "rescored"),
        ({"cv_predictions_sha256": "v" * 64}, "rescored"),
        ({"metric": "log10_sigma/rmse/all"}, "rescored"),
        ({"rank": 2}, "moved"),
        ({"rank_high": 3}, "moved"),
        ({"tie_group": 2}, "moved"),
        ({"kind": "reference"}, "moved"),
    ],
)
def test_the_event_says_what_kind_of_change_it_is(changed: dict[str, Any], event: str) -> None:
    history = grow(grow([], standing()), standing(**changed))
    assert events(history)[1:] == [("good", 2, 2, event)]


def test_a_submission_that_leaves_and_returns_keeps_its_count() -> None:
    history = grow([], standing("good"), standing("better"))
    history = grow(history, standing("better"))
    gone = history[-1]
    assert (gone.submission, gone.event, gone.published) == ("good", REMOVED, 2)
    assert (gone.value, gone.ci_low, gone.rank, gone.tie_group) == (None, None, None, None)
    assert gone.predictions_sha256 == FIRST.predictions_sha256
    assert grow(history, standing("better")) == history
    history = grow(history, standing("better"), standing("good"))
    assert events(history)[-1] == ("good", 3, 3, "added")


def test_tasks_are_counted_apart() -> None:
    history = grow([], standing())
    other = {"good": standing()._replace(task="other")}
    fresh = new_records(history, other, task="other", commit=None)
    assert [(r.task, r.published, r.publication) for r in fresh] == [("other", 1, 1)]
    assert grow(history + fresh, standing()) == history + fresh


def test_a_standing_takes_numbers_from_the_receipt_and_the_place_from_the_board() -> None:
    score = {"value": 1.5, "ci_low": 1.0, "ci_high": 2.0, "seed_sd": None}
    receipt = {
        "dataset_version": "1.0.0",
        "scorer_version": "1",
        "hashes": {
            "predictions_sha256": "p" * 64,
            "cv_predictions_sha256": None,
            "labels_sha256": "l" * 64,
            "split_sha256": "s" * 64,
        },
        "targets": {"log10_sigma": {"all": {"n": 6, "metrics": {"mae": score}}}},
    }
    board = {
        "task": "tiny",
        "primary": {
            "target": "log10_sigma",
            "metric": "mae",
            "subset": "all",
            "unit": "decades",
        },
        "rows": [
            {"submission": "good", "kind": "verified", **{k: getattr(FIRST, k) for k in PLACE}},
            {"submission": None, "kind": "reported", "mae": 1.0},
        ],
    }
    assert standings(board, {"good": receipt}) == {"good": standing()}


numbers = st.none() | st.floats(0, 9).map(lambda value: round(value, 6))
boards = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(
        lambda value, rank, version, digest: {
            "value": value,
            "rank": rank,
            "dataset_version": version,
            "predictions_sha256": digest,
        },
        numbers,
        st.none() | st.integers(1, 4),
        st.sampled_from(["1.0.0", "1.1.0"]),
        st.sampled_from(["p" * 64, "q" * 64]),
    ),
)


@given(st.lists(boards, max_size=6))
def test_any_boards_leave_a_history_that_reads_back_and_ends_as_the_last_board(
    sequence: list[dict[str, dict[str, Any]]],
) -> None:
    history: list[Record] = []
    for board in sequence:
        now = [standing(name, **changed) for name, changed in board.items()]
        longer = grow(history, *now)
        assert longer[: len(history)] == history
        assert grow(longer, *now) == longer
        history = longer
        on_board = {n: r for n, r in latest(history, "tiny").items() if r.event != REMOVED}
        assert on_board.keys() == board.keys()
        for name, changed in board.items():
            assert {key: getattr(on_board[name], key) for key in changed} == changed
    assert parse_history(to_lines(history), "history.jsonl") == history


def test_a_line_holds_the_keys_in_their_order() -> None:
    (line,) = to_lines([FIRST]).splitlines()
    assert list(orjson.loads(line)) == list(KEYS)
    assert KEYS[:5] == ("task", "submission", "published", "publication", "event")


GOOD = to_lines([FIRST, FIRST._replace(published=2, publication=2, event="rescored", value=1.25)])
FIRST_LINE, SECOND_LINE = GOOD.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("data", "line", "found"),
    [
        (GOOD[:-20], 2, "a line cut short"),
        (GOOD[:-1], 2, "a line cut short"),
        (FIRST_LINE + b"\n" + SECOND_LINE, 2, "text that is none"),
        (FIRST_LINE + b"<<<<<<< HEAD\n" + SECOND_LINE, 2, "text that is none"),
        (FIRST_LINE + b"[1]\n", 2, "list"),
        (FIRST_LINE.replace(b'"value"', b'"score"'), 1, "score"),
        (FIRST_LINE.replace(b"1.5", b'"1.5"'), 1, "'1.5'"),
        (FIRST_LINE.replace(b'"published":1', b'"published":true'), 1, "True"),
        (FIRST_LINE.replace(b'"added"', b'"found"'), 1, "'found'"),
        (FIRST_LINE.replace(b'"verified"', b'"reported"'), 1, "'reported'"),
        (FIRST_LINE + FIRST_LINE, 2, "number 1: a line is missing"),
        (SECOND_LINE, 1, "number 2: a line is missing"),
        (FIRST_LINE + SECOND_LINE.replace(b'on":2', b'on":4'), 2, "publication 4"),
        (FIRST_LINE.replace(b'on":1', b'on":0'), 1, "publication 0"),
        (FIRST_LINE.replace(b'"added"', b'"moved"'), 1, "moved"),
        (FIRST_LINE + SECOND_LINE.replace(b'"rescored"', b'"added"'), 2, "added"),
    ],
)
def test_a_damaged_history_is_a_letter_that_names_the_line(
    tmp_path: Path, data: bytes, line: int, found: str
) -> None:
    layout = Layout(tmp_path)
    layout.leaderboard_dir.mkdir()
    layout.history.write_bytes(data)
    with pytest.raises(HistoryError) as caught:
        read_history(layout)
    (problem,) = caught.value.problems
    assert problem.where == f"leaderboard/history.jsonl, line {line}"
    assert found in problem.found
    assert layout.history.read_bytes() == data


def test_what_stands_in_the_file_keeps_its_bytes(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert read_history(layout) == []
    append_records(layout, [])
    assert not layout.history.exists()
    append_records(layout, [FIRST])
    before = layout.history.read_bytes()
    append_records(layout, [FIRST._replace(published=2, publication=2, event="moved", rank=2)])
    assert layout.history.read_bytes().startswith(before)
    assert len(read_history(layout)) == 2
    assert [path.name for path in layout.leaderboard_dir.iterdir()] == ["history.jsonl"]
