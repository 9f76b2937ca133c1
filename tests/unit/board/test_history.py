"""Records are added for what changed and nothing else; changes name every cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.board import history as hist
from ionladder.errors import HistoryError
from ionladder.repo import Layout
from unit.board.records import FIRST, board_of, standing

# --- records


def grow(history, *board, commit="c" * 40):
    """The history after a board was published."""
    return history + hist.new_records(history, board_of(*board), task="tiny", commit=commit)


def publish(*boards):
    history: list[hist.Record] = []
    for board in boards:
        history = grow(history, *board)
    return history


def events(history):
    return [(r.submission, r.published, r.publication, r.event) for r in history]


def test_only_what_changed_gets_a_record():
    history = grow([], standing("good"), standing("better", value=1.2))
    assert events(history) == [("good", 1, 1, "added"), ("better", 1, 1, "added")]
    assert history[0] == FIRST
    again = (standing("good"), standing("better", value=1.2))
    assert grow(history, *again, commit="d" * 40) == history
    history = grow(history, standing("good", value=1.4), standing("better", value=1.2))
    assert events(history)[2:] == [("good", 2, 2, "rescored")]


@pytest.mark.parametrize(
    ("changed", "event"),
    [
        ({"ci_high": 2.1}, "rescored"),
        ({"dataset_version": "1.1.0"}, "rescored"),
        ({"cv_predictions_sha256": "v" * 64}, "rescored"),
        ({"metric": "log10_sigma/rmse/all"}, "rescored"),
        ({"kind": "reference"}, "rescored"),
        ({"rank": 2, "rank_high": 3, "tie_group": 2}, None),
    ],
)
def test_another_score_is_recorded_and_another_place_is_not(changed, event):
    history = grow(grow([], standing()), standing(**changed))
    assert events(history)[1:] == ([("good", 2, 2, event)] if event else [])


def test_a_submission_that_leaves_and_returns_keeps_its_count():
    history = grow([], standing("good"), standing("better"))
    history = grow(history, standing("better"))
    gone = history[-1]
    assert (gone.submission, gone.event, gone.published) == ("good", hist.REMOVED, 2)
    assert (gone.value, gone.ci_low, gone.rank, gone.tie_group) == (None, None, None, None)
    assert gone.predictions_sha256 == FIRST.predictions_sha256
    assert grow(history, standing("better")) == history
    history = grow(history, standing("better"), standing("good"))
    assert events(history)[-1] == ("good", 3, 3, "added")


boards = st.dictionaries(
    st.sampled_from("abcd"),
    st.fixed_dictionaries(
        {
            "value": st.none() | st.floats(0, 9).map(lambda value: round(value, 6)),
            "dataset_version": st.sampled_from(["1.0.0", "1.1.0"]),
            "predictions_sha256": st.sampled_from(["p" * 64, "q" * 64]),
        }
    ),
)


@given(st.lists(boards, max_size=6))
def test_any_boards_leave_a_history_that_reads_back_and_ends_as_the_last_board(sequence):
    history: list[hist.Record] = []
    for board in sequence:
        now = [standing(name, **changed) for name, changed in board.items()]
        longer = grow(history, *now)
        assert longer[: len(history)] == history
        assert grow(longer, *now) == longer
        history = longer
        on_board = {
            n: r for n, r in hist.latest(history, "tiny").items() if r.event != hist.REMOVED
        }
        assert on_board.keys() == board.keys()
        for name, changed in board.items():
            assert {key: getattr(on_board[name], key) for key in changed} == changed
    assert hist.parse_history(hist.to_lines(history), "history.jsonl") == history


@given(st.lists(boards, max_size=6), st.integers(0, 6))
def test_every_former_board_is_replayed_and_no_place_is_made_up(sequence, n_moves):
    """Boards of which the first ``n_moves`` have records of rows that only others moved."""
    history, truth = [], {}
    for n, board in enumerate(sequence):
        ranked = enumerate(sorted(board), start=n)
        now = {name: standing(name, **board[name], rank_low=rank) for rank, name in ranked}
        last, before = hist.latest(history, "tiny"), len(history)
        history = grow(history, *now.values())
        if len(history) > before and n < n_moves:
            for name in now.keys() - {record.submission for record in history[before:]}:
                moved = {"published": last[name].published + 1, "event": "moved"}
                history.append(now[name]._replace(publication=history[-1].publication, **moved))
        if len(history) > before:
            truth[history[-1].publication] = now
    other = [record._replace(task="other") for record in history if record.event == "added"]
    replayed = hist.former_boards([*history, *other], "tiny")
    found = {changed[0].publication: records for changed, records in replayed}
    assert found.keys() == truth.keys()
    moves = max((r.publication for r in history if r.event == "moved"), default=0)
    for number, records in found.items():
        assert {r.submission for r in records} == truth[number].keys()
        for record in records:
            real = truth[number][record.submission]
            assert not hist.differing(record, real, hist.SCORE)
            is_known = record.publication == number or number <= moves
            assert record.rank_low == (real.rank_low if is_known else None)


# --- changes


def change(**changed):
    """How one submission changed between two publications, alone on its board."""
    (found,) = hist.publications(publish((standing(),), (standing(**changed),)))[1].changes
    return found


DATA, RMSE = {"dataset_version": "1.1.0"}, {"metric": "log10_sigma/rmse/all"}
OTHER, OTHER_CV = {"predictions_sha256": "q" * 64}, {"cv_predictions_sha256": "v" * 64}
LABELS, SPLIT = {"labels_sha256": "m" * 64}, {"split_sha256": "t" * 64}
STEP = "log10_sigma/mae/all → log10_sigma/rmse/all"
SAME = "data: version 1.0.0 → 1.1.0, same labels and split"
UNEXPLAINED = "unexplained: data, scorer and submission have no new version"
PREDICTIONS = "submission: other predictions"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (DATA | LABELS, ["data: version 1.0.0 → 1.1.0, other labels"]),
        (LABELS | SPLIT, ["data: version 1.0.0 as before, other labels and other split"]),
        (RMSE | {"scorer_version": "2"}, [f"scorer: version 1 → 2, {STEP}"]),
        (OTHER | OTHER_CV, [f"{PREDICTIONS} and cross-validation predictions"]),
        ({"kind": "reference", "rank": None}, ["kind: now reference"]),
        ({"value": 1.6}, [UNEXPLAINED]),
        ({"ci_low": 0.9}, [UNEXPLAINED]),
        (DATA | RMSE, [SAME, f"unexplained: {STEP} without a new scorer version"]),
        (DATA | OTHER | {"scorer_version": "2"}, [SAME, "scorer: version 1 → 2", PREDICTIONS]),
    ],
)
def test_every_cause_is_named(changed, words):
    found = change(**changed)
    assert found.reasons == words
    assert list(found.why) == [word.split(":")[0] for word in words]


def test_a_submission_that_left_or_returned_is_compared_with_nothing():
    history = publish((standing("a"), standing("b")), (standing("b"),), (standing("a"),))
    _, second, third = hist.publications(history)
    (left,) = second.changes
    assert left.reasons == ["submission: left the board"]
    assert (left.difference, left.tie_group_changed, left.has_moved) == (None, False, True)
    assert (third.changes[0].before, third.changes[0].difference) == (None, None)


# --- the file

GOOD = hist.to_lines(
    [FIRST, FIRST._replace(published=2, publication=2, event="rescored", value=1.25)]
)
FIRST_LINE, SECOND_LINE = GOOD.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("data", "line", "found"),
    [
        (GOOD[:-20], 2, "a line cut short"),
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
def test_an_error_names_the_line_of_a_damaged_history(tmp_path, data, line, found):
    layout = Layout(tmp_path)
    layout.leaderboard_dir.mkdir()
    layout.history.write_bytes(data)
    with pytest.raises(HistoryError) as caught:
        hist.read_history(layout)
    (problem,) = caught.value.problems
    assert problem.where == f"leaderboard/history.jsonl, line {line}"
    assert found in problem.found
    assert layout.history.read_bytes() == data


def test_what_stands_in_the_file_keeps_its_bytes(tmp_path):
    layout = Layout(tmp_path)
    assert hist.read_history(layout) == []
    hist.append_records(layout, [])
    assert not layout.history.exists()
    hist.append_records(layout, [FIRST])
    before = layout.history.read_bytes()
    hist.append_records(
        layout, [FIRST._replace(published=2, publication=2, event="rescored", value=2)]
    )
    assert layout.history.read_bytes().startswith(before)
    assert len(hist.read_history(layout)) == 2
    assert [path.name for path in layout.leaderboard_dir.iterdir()] == ["history.jsonl"]
