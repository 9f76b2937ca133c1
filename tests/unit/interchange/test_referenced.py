"""Predictions by reference: read, held to our ids and labels, scored, and what may be wrong."""

import hashlib
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import yaml

import tiny
from git_repository import GitRepository
from ionladder.board import build
from ionladder.board.history import receipt_problems
from ionladder.board.model import read_board
from ionladder.errors import DataMissingError, ReferenceMissingError, SubmissionError
from ionladder.pr.worker import judge
from ionladder.repo import Layout
from ionladder.score import TaskScorer
from unit.data.test_em619 import write_workbook

LABELS = tiny.LABELS.set_index("id")["log10_sigma"]
MEASURED = tiny.LABELS.set_index("id")["log10_sigma_limit"].fillna(LABELS)
"""Labels as those print them who take a limit as the measured value."""


def table(order=None):
    """What somebody publishes: six rows, one of another material, labels beside predictions."""
    rows = pd.DataFrame({"name": LABELS.index, "theirs": LABELS.to_numpy() + 1.0})
    rows = rows.assign(label=MEASURED.to_numpy())
    other = pd.DataFrame({"name": ["unknown"], "theirs": [0.0], "label": [0.0]})
    return pd.concat([rows.iloc[::-1], other]) if order is None else rows


def publish(folder, rows, kind="csv"):
    path = folder / f"theirs.{kind}"
    if kind == "csv":
        rows.to_csv(path, index=False)
    else:
        cells = [[*rows.columns], *rows.astype(str).to_numpy().tolist()]
        write_workbook(path, {"one": [["x"]], "scores": cells})
    return path.read_bytes()


def reference(data, kind="csv", **fields):
    columns = {"id": "name", "log10_sigma": "theirs"}
    source = {
        "repository": "group/models",
        "commit": "ab" * 20,
        "path": f"results/theirs.{kind}",
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    found = {"source": source, "reader": kind, "entered_by": "us", "columns": columns}
    sheet = {"sheet": "scores"} if kind == "xlsx" else {}
    return {**found, "labels": {"log10_sigma": "label"}, **sheet, **fields}


def submit(layout, predictions, name="theirs"):
    card = {**yaml.safe_load(tiny.CARD), "predictions": predictions}
    folder = tiny.write_submission(
        layout.submission_dir("tiny", name), card=yaml.safe_dump(card, sort_keys=False)
    )
    (folder / "predictions.csv").unlink()
    return folder


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """A repository, and a mirror that has the file at its usual place."""
    (tmp_path / "mirror" / "models" / "abababa").mkdir(parents=True)
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path / "mirror"))
    return Layout(tmp_path / "clone")


def scorer(layout, *, fetch=True):
    labels = tiny.evaluation_labels()
    return TaskScorer(tiny.TASK, "1.0.0", labels, tiny.SETTINGS, layout, fetch=fetch)


def mirror(layout):
    return layout.root.parent / "mirror" / "models" / "abababa"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_reference_scores_as_the_same_predictions_in_a_folder(layout, kind):
    data = publish(mirror(layout), table(), kind)
    theirs = submit(layout, reference(data, kind))
    ours = tiny.write_submission(layout.submission_dir("tiny", "ours"))
    found, wanted = (scorer(layout).score(folder).receipt for folder in (theirs, ours))
    assert found["targets"] == wanted["targets"]
    assert found["hashes"]["predictions_sha256"] == hashlib.sha256(data).hexdigest()
    assert [path.name for path in theirs.iterdir()] == ["submission.yaml"]


def test_rows_follow_another_file_where_labels_agree(layout):
    order = ["019", "5e2", "7cr", "aaa", "max", "zzz"]
    data = publish(mirror(layout), table(order).drop(columns="name"))
    raw = layout.raw_dir("tiny", "1.0.0")
    raw.mkdir(parents=True)
    columns = {"columns": {"log10_sigma": "theirs"}, "order": {"file": "test.csv", "id": "ID"}}
    folder = submit(layout, reference(data, **columns))
    with pytest.raises(ReferenceMissingError, match=r"test\.csv"):
        scorer(layout).score(folder)
    (raw / "test.csv").write_text("ID\n" + "\n".join(order))
    assert scorer(layout).score(folder).receipt["n_scored"] == 6
    (raw / "test.csv").write_text("ID\n" + "\n".join(order[::-1]))
    with pytest.raises(SubmissionError, match=r"labels in `label` that are ours to 1e-06.*zzz"):
        scorer(layout).score(folder)


def test_a_gap_is_filled_only_where_the_card_says_so(layout):
    data = publish(mirror(layout), table().replace({"name": {"aaa": "elsewhere"}}))
    with pytest.raises(SubmissionError, match=r"a row for each of the 6 ids.*aaa"):
        scorer(layout).score(submit(layout, reference(data)))
    scored = scorer(layout).score(submit(layout, reference(data, missing="train_median"), "filled"))
    assert scored.submission.predictions.rows.set_index("id")["log10_sigma"]["aaa"] == -5.5
    assert scored.receipt["remarks"][0].startswith("1 of 6 entries have no number in theirs.csv")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": {"id": "name", "log10_sigma": "absent"}}, "no absent; there are name, theirs"),
        ({"reader": "jarvis"}, "theirs.csv"),
        ({"order": {"file": "test.csv", "id": "ID"}}, "either columns.id, or order"),
        ({"labels": {}, "columns": {}, "order": {"file": "a", "id": "b"}}, "labels beside order"),
        ({"source": {"path": "../theirs.csv"}}, "predictions.source.path"),
        ({"extra": 1}, "field `predictions.extra`"),
    ],
)
def test_what_is_wrong_with_a_reference_is_named(layout, change, words):
    data = publish(mirror(layout), table())
    fields = reference(data, **{k: v for k, v in change.items() if k != "source"})
    if isinstance(given := change.get("source"), dict):
        fields["source"] = {**fields["source"], **given}  # type: ignore[dict-item]
    with pytest.raises(SubmissionError, match=words):
        scorer(layout).score(submit(layout, fields))


def test_other_bytes_and_a_file_beside_are_refused(layout):
    folder = submit(layout, reference(publish(mirror(layout), table())))
    shutil.copy(mirror(layout) / "theirs.csv", folder / "predictions.csv")
    with pytest.raises(SubmissionError, match=r"predictions\.csv beside it"):
        scorer(layout).score(folder)
    (folder / "predictions.csv").unlink()
    for content, words in (("<html>Sign in</html>", "an HTML page"), ("others", "SHA-256")):
        (mirror(layout) / "theirs.csv").write_text(content)
        with pytest.raises(ReferenceMissingError, match=words):
            scorer(layout).score(folder)
    assert not [*layout.root.rglob("theirs.csv")]


def test_without_its_file_a_row_stays(layout, monkeypatch):
    submit(layout, reference(publish(mirror(layout), table())))
    tiny.write_submission(layout.submission_dir("tiny", "ours"))
    tiny.write_submission(layout.submission_dir("tiny", "median"))
    monkeypatch.setattr(build.TaskScorer, "open", lambda *a, fetch, **_: scorer(a[0], fetch=fetch))
    monkeypatch.setattr(build, "crossing_ids", lambda *_: frozenset())
    monkeypatch.setattr(build, "get_dataset", lambda _: SimpleNamespace(withheld=False))

    def published():
        return {str(p): p.read_bytes() for p in layout.leaderboard_dir.rglob("*") if p.is_file()}

    def run():
        return build.publish(layout, tiny.TASK, "1.0.0", tiny.SETTINGS)[0]

    assert not run().absent
    before = published()
    shutil.rmtree(layout.root / "data")
    shutil.rmtree(mirror(layout))
    kept = run()
    assert (kept.is_kept, [*kept.absent], published()) == (True, ["theirs"], before)
    assert not receipt_problems(layout, "tiny")

    again = tiny.predictions(0.5).to_csv(index=False)
    tiny.write_submission(layout.submission_dir("tiny", "newer"), csv=again)
    assert not run().is_kept
    rows = {r["submission"]: r for r in read_board(layout, "tiny")[0]["rows"]}
    assert rows["theirs"]["not_recomputed"]
    assert (rows["theirs"]["rank"], rows["theirs"]["mae"]) == (None, 1.0)
    assert rows["newer"]["rank"] == 1

    # Without its record, too, it is named and nothing is written: the history or git knows of it.
    monkeypatch.setattr(build, "get_task", lambda _: tiny.TASK)
    params: Any = SimpleNamespace(task_versions={"tiny": "1.0.0"}, scoring=tiny.SETTINGS)
    check = partial(build.require_records, layout, params, ["tiny"])
    check()
    board, receipt = layout.leaderboard_json("tiny"), layout.receipt("tiny", "theirs")
    repository = GitRepository.start(layout.root)
    for lost in (layout.leaderboard_dir, receipt, board):
        (shutil.rmtree if lost.is_dir() else Path.unlink)(lost)
        with pytest.raises(DataMissingError, match=r"theirs: expected the score .*git checkout"):
            check()
        repository.git("checkout", "HEAD", "--", "leaderboard")
    shutil.rmtree(layout.root / ".git")
    receipt.unlink()
    with pytest.raises(DataMissingError, match="theirs"):
        check()  # the history knows of it
    layout.history.unlink()
    check()  # nothing does: it was never published


def test_a_pull_request_with_a_reference_is_left_to_a_maintainer(layout):
    submit(layout, reference(publish(mirror(layout), table())))
    params = Path(__file__).parents[3] / "params.yaml"
    (layout.root / "params.yaml").write_text(params.read_text())
    (layout.submissions_dir("tiny")).rename(layout.submissions_dir("obelix"))
    found = judge(layout, "obelix", board=layout, sent=layout, name="theirs")
    assert found["outcome"] == "unchecked"
    assert "A maintainer decides" in str(found["problems"])
    assert not (layout.root / "data").exists()
