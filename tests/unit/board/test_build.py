"""Boards of the tiny task: golden files, order, refused submissions, flat CSV, one standing."""

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from ionladder.board import build as module
from ionladder.board import history as hist
from ionladder.board.build import assemble, full_json, stand, worst_slices
from ionladder.board.compare import compare_submissions, pair_table
from ionladder.board.history import receipt_problems, snapshot
from ionladder.board.model import read_board, to_csv, write_leaderboard, write_receipts
from ionladder.errors import HistoryError, SiteError
from ionladder.repo import Layout, read_json, to_json, write_json
from ionladder.score import TaskScorer, submission_folders
from ionladder.specs import Slice
from unit.board.records import board_of, standing

GOLDEN = Path(__file__).parents[2] / "golden"
#: Who was scored anew, whether the board was kept, and the bytes of every file.

# --- the whole board


@pytest.fixture
def layout(tmp_path):
    """A good model, a better one with two seeds, a reference, and a broken one."""
    layout = Layout(tmp_path)
    folder = layout.submissions_dir("tiny")
    tiny.write_submission(folder / "good", csv=tiny.predictions(1.0).to_csv(index=False))
    seeds = pd.concat(tiny.predictions(0.2 + 0.2 * n).assign(seed=n) for n in (0, 1))
    tiny.write_submission(folder / "better", csv=seeds.to_csv(index=False))
    median = tiny.predictions().assign(log10_sigma=-5.0)
    tiny.write_submission(folder / "median", csv=median.to_csv(index=False))
    tiny.write_submission(folder / "broken", csv="id,log10_sigma\n019,oops\n")
    return layout


def score(layout):
    scorer = tiny.scorer(layout.root)
    result = scorer.score_all(submission_folders(layout, "tiny"))
    comparison = compare_submissions(tiny.TASK, result.scored, tiny.SETTINGS)
    rules = {"dataset_version": "1.0.0", "settings": tiny.SETTINGS}
    board = assemble(tiny.TASK, result.scored, scorer.floors(), comparison, **rules)
    return result, board


def write(layout):
    result, board = score(layout)
    receipts = {name: scored.receipt for name, scored in result.scored.items()}
    write_receipts(layout, "tiny", receipts, result.refused)
    write_leaderboard(layout, board)


def test_the_board_and_a_receipt_are_as_reviewed(layout, request):
    result, board = score(layout)
    files = {"tiny.json": to_json(board), "tiny.csv": to_csv(board["rows"])}
    files["receipt.json"] = to_json(result.scored["better"].receipt)
    for name, text in files.items():
        if request.config.getoption("--update-golden"):
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_files_are_read_in_full_and_one_more_row_leaves_the_lines_of_others(layout):
    def lines():
        result, board = score(layout)
        comparison = compare_submissions(tiny.TASK, result.scored, tiny.SETTINGS)
        table = pair_table(comparison, tiny.TASK.references, confidence=0.95)
        purposes = [{"metric": name, "alike": ["good"], "slice": None} for name in ("mae", "r2")]
        analysis = {"task": "tiny", "pairs": table, "purposes": purposes}
        write_leaderboard(layout, board, analysis)
        # The same, and in the same order.
        assert [*map(to_json, read_board(layout, "tiny"))] == [to_json(board), to_json(analysis)]
        files = snapshot(layout).tasks["tiny"]
        assert (files.board, files.analysis) == (board, analysis)
        paths = (layout.leaderboard_json, layout.analysis_json, layout.leaderboard_csv)
        return {line.rstrip(",") for path in paths for line in path("tiny").read_text().split("\n")}

    before = lines()
    tiny.write_submission(layout.submission_dir("tiny", "newcomer"))
    after = lines()
    rows = [line for line in before | after if '"submission":' in line or ",verified," in line]
    assert {line for line in rows if line not in before & after and "newcomer" not in line} == set()
    assert len(after - before) <= 13

    for path, key in (
        (layout.leaderboard_json("tiny"), "places"),
        (layout.analysis_json("tiny"), "pairs"),
    ):
        whole = path.read_bytes()
        content = read_json(path)
        next(each for each in content[key].values() if isinstance(each, list)).pop()
        write_json(path, content)
        with pytest.raises(SiteError, match="Write it again"):
            read_board(layout, "tiny")
        with pytest.raises(HistoryError, match="git checkout"):
            snapshot(layout)
        path.write_bytes(whole)


def test_a_broken_submission_is_set_apart_and_receipts_of_gone_ones_are_removed(layout):
    write(layout)
    receipt = json.loads(layout.receipt("tiny", "broken").read_text())
    assert "019: 'oops'" in receipt["refused"][0]["found"]
    assert "broken" not in layout.leaderboard_json("tiny").read_text()
    shutil.rmtree(layout.submission_dir("tiny", "good"))
    write(layout)
    names = sorted(path.stem for path in layout.receipts_dir("tiny").iterdir())
    assert names == ["better", "broken", "median"]


def test_a_changed_prediction_file_and_a_missing_receipt_are_named(layout):
    write(layout)
    (refused,) = receipt_problems(layout, "tiny")
    assert refused.where == "submissions/tiny/broken"
    shutil.rmtree(layout.submission_dir("tiny", "broken"))
    layout.receipt("tiny", "broken").unlink()
    assert receipt_problems(layout, "tiny") == []
    card = layout.submission_dir("tiny", "better") / "submission.yaml"
    card.write_bytes(card.read_bytes() + b"#")
    path = layout.submission_dir("tiny", "good") / "predictions.csv"
    path.write_bytes(path.read_bytes()[:-2] + b"7\n")
    tiny.write_submission(layout.submission_dir("tiny", "newcomer"))
    told, changed, missing = receipt_problems(layout, "tiny")
    assert told.where == "submissions/tiny/better/submission.yaml"
    assert changed.where == "submissions/tiny/good/predictions.csv"
    assert "leaderboard/scores/tiny/good.json" in changed.expected
    assert missing.where == "submissions/tiny/newcomer"


# --- one submission beside the others


def put(root, name, offset):
    csv = tiny.predictions(offset).to_csv(index=False)
    return tiny.write_submission(root / "submissions" / "tiny" / name, csv=csv)


@pytest.fixture(autouse=True)
def _no_tables(monkeypatch):
    monkeypatch.setattr(module, "crossing_ids", lambda *_: frozenset())


def stood(root, folder, board=None):
    scorer, others = tiny.scorer(root), Layout(board) if board else None
    rules = {"scorer": scorer, "settings": tiny.SETTINGS, "mine": scorer.score(folder)}
    return stand(Layout(root), tiny.TASK, "1.0.0", **rules, board=others)


def test_a_new_one_is_added_and_one_of_the_same_name_is_replaced(tmp_path):
    board, sent = tmp_path / "board", tmp_path / "sent"
    put(board, "near", 0.1)
    new = stood(sent, put(sent, "mine", 1.0), board)
    assert new.former is None
    put(board, "mine", 3.0)
    again = stood(sent, sent / "submissions/tiny/mine", board)
    assert again.former["value"] == 3.0
    assert [found.comparison.names for found in (new, again)] == [("mine", "near")] * 2
    assert new.standing() == again.standing()


def test_a_broken_submission_on_the_board_is_named_and_stops_nobody(tmp_path):
    put(tmp_path, "near", 0.1)
    (put(tmp_path, "broken", 0.1) / "submission.yaml").unlink()
    folder = put(tmp_path, "mine", 1.0)
    whole = full_json(stood(tmp_path, folder), tiny.TASK)
    assert whole["not_compared_with"] == ["broken"]
    assert whole["receipt"] == tiny.scorer(tmp_path).score(folder).receipt


def test_worst_slices_are_the_three_with_the_largest_error_and_eight_entries():
    def part(value, n=10):
        found = {"n": n, "n_groups": 3, "mae": value, "ci_low": 0.1, "ci_high": 9.0}
        return {**found, "undetermined": True}

    slices = tuple(Slice(name=name, title=name.upper(), column=name) for name in ("a", "b"))
    task = replace(tiny.TASK, slices=slices)
    parts = {
        "a": {"x": part(1.0), "y": part(3.0), "tiny": part(None, n=2)},
        "b": {"x": part(2.0), "z": part(0.5)},
    }
    worst = [(p["title"], p["value"]) for p in worst_slices({"slices": parts}, task)]
    assert worst == [("A: y", 3.0), ("B: x", 2.0), ("A: x", 1.0)]
    assert worst_slices({"slices": None}, task) == []


# --- scores kept by the hash of what they rest on


@pytest.fixture
def published(layout, monkeypatch):
    """Publishes the board: what was scored anew, and every file."""
    shutil.rmtree(layout.submission_dir("tiny", "broken"))
    new: list[str] = []
    score = TaskScorer._score
    monkeypatch.setattr(TaskScorer, "_score", lambda *a: new.append(a[1].name) or score(*a))
    monkeypatch.setattr(module, "crossing_ids", lambda *_: frozenset())
    monkeypatch.setattr(module, "get_dataset", lambda _: SimpleNamespace(withheld=False))
    monkeypatch.setattr(TaskScorer, "open", lambda layout, *_, **__: tiny.scorer(layout.root))

    def run():
        new.clear()
        result, _ = module.publish(layout, tiny.TASK, "1.0.0", tiny.SETTINGS)
        paths = (path for path in layout.leaderboard_dir.rglob("*.*s*") if path.suffix != ".jsonl")
        return sorted(new), result.is_kept, {path.name: path.read_bytes() for path in paths}

    return run


def _edit(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def _damaged_cache(layout):
    path = str(layout.kept_scores("tiny"))
    with pa.OSFile(path) as file:
        table = pa.ipc.open_file(file).read_all()
    heads = pa.array([head.replace(b"1", b"2") for head in table["head"].to_pylist()])
    table = table.set_column(3, "head", heads)
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)


@pytest.mark.parametrize(
    ("what", "change", "scored"),
    [
        ("nothing", lambda _: None, []),
        ("predictions", lambda at: _edit(at.good / "predictions.csv", b"-3.0", b"-3.5"), ["good"]),
        ("card", lambda at: _edit(at.good / "submission.yaml", b"on: ", b"on: More "), ["good"]),
        ("newcomer", lambda at: tiny.write_submission(at.good.parent / "new"), ["new"]),
        ("kept scores", lambda at: _damaged_cache(at.layout), ["better", "good", "median"]),
        ("board", lambda at: _edit(at.layout.leaderboard_json("tiny"), b"0.", b"1."), []),
        ("receipt", lambda at: at.layout.receipt("tiny", "good").unlink(), []),
        ("folder", lambda at: shutil.rmtree(at.good), []),
    ],
)
def test_only_what_changed_is_scored_again_with_the_same_outcome(
    layout, published, what, change, scored
):
    names, is_kept, _ = published()
    assert (names, is_kept) == (["better", "good", "median"], False)
    change(SimpleNamespace(layout=layout, good=layout.submission_dir("tiny", "good")))
    names, is_kept, files = published()
    assert (names, is_kept) == (scored, what == "nothing")
    assert published() == ([], True, files)
    mine = layout.submission_dir("tiny", "better")
    standing = full_json(stood(layout.root, mine), tiny.TASK)
    shutil.rmtree(layout.kept_scores("tiny").parent)
    assert full_json(stood(layout.root, mine), tiny.TASK) == standing
    assert published()[2] == files


# --- A published number may change with what it rests on, and only then

PUBLISHED = tiny.made("published", dict)


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


def set_value(files, where, value):
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
    after = deepcopy(PUBLISHED)
    for where, value in edits.items():
        set_value(after, where, value)
    problems = changed(tmp_path, PUBLISHED, after)
    others = {name: file for name, file in PUBLISHED.items() if not name.endswith("b.json")}
    assert not changed(tmp_path / "new", others, PUBLISHED), "a submission that is new"
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
    history = []
    for value in (1.5, 1.6, 1.7):
        now = board_of(standing(value=value))
        history += hist.new_records(history, now, task="tiny", commit=None)
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
