"""Pull requests from forks, end to end: a base, a fork, and the command that judges."""

import json
import shutil
import zipfile
from typing import Any

import numpy as np
import pytest
from command import Prompt, fetch_and_ingest, held_out

from factories import write_repo
from git_repository import GitRepository
from golden.world import BOARD, CARD
from ionladder.board.model import read_board
from ionladder.pr import check
from ionladder.pr.worker import judge
from ionladder.repo import Layout

FOLDER = "submissions/obelix/my-model"


def predictions(layout, noise, seed, offset=0.0):
    """Test labels, noise and an offset, as CSV, every digit written."""
    labels = held_out(layout, "1.0.0")["log10_sigma"]
    return (labels + np.random.default_rng(seed).normal(offset, noise, len(labels))).to_csv()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A repository with ingested data and three submissions on its board, in git."""
    root = tmp_path_factory.mktemp("published") / "base"
    layout = write_repo(root)
    fetch_and_ingest(root)
    repository = GitRepository(root)
    for name, (noise, seed, offset) in BOARD.items():
        folder = f"submissions/obelix/{name}"
        repository.write(f"{folder}/predictions.csv", predictions(layout, noise, seed, offset))
        repository.write(f"{folder}/submission.yaml", CARD.format(name=name))
    repository.write("dvc.yaml", "stages: {}\n")
    repository.write("src/ionladder/metrics/mae.py", "METRIC = None\n")
    repository.write(".github/workflows/submission-check.yml", "name: Submission check\n")
    repository.write(
        ".gitignore", "/data/**/*.parquet\nraw/\nSHA256SUMS\nupstream/\nleaderboard/\n"
    )
    GitRepository.start(root)
    return root


@pytest.fixture
def base(published, tmp_path):
    root = tmp_path / "base"
    shutil.copytree(published, root)
    return GitRepository(root)


@pytest.fixture
def fork(base, tmp_path):
    """A fork with an honest submission, not yet committed."""
    fork = base.fork(tmp_path / "fork")
    fork.write(f"{FOLDER}/predictions.csv", predictions(Layout(base.root), 1.45, 7))
    fork.write(f"{FOLDER}/submission.yaml", CARD.format(name="My model"))
    return fork


@pytest.fixture
def prompt(base, monkeypatch, capsys):
    return Prompt(base.root, monkeypatch, capsys)


@pytest.fixture
def in_process(monkeypatch):
    """Judge in this process instead of a fresh one: the same function, without its start-up."""

    def answer(question, limits):
        board, sent = Layout(question.board), Layout(question.sent)
        root, name = Layout(question.root), question.name
        known = {"task": question.task, "name": name, "is_new": question.is_new}
        beside = question.beside.split()
        return known | judge(root, question.task, board=board, sent=sent, name=name, beside=beside)

    monkeypatch.setattr(check, "ask", answer)


class Checked:
    """What ``ionladder pr-check`` made of a fork."""

    def __init__(self, prompt, base, fork):
        fork.commit()
        self.head = base.fetch_head_of(fork)
        before = base.git("status", "--porcelain")
        self.report_path = base.root.parent / "report.json"
        self.summary_path = base.root.parent / "summary.md"
        paths = ("--json", str(self.report_path), "--summary", str(self.summary_path))
        result = prompt("pr-check", "main", self.head, *paths)
        assert "Traceback" not in result.err
        assert base.git("status", "--porcelain") == before
        self.code, self.out, self.err = result.code, result.out, result.err
        self.report: dict[str, Any] = json.loads(self.report_path.read_text())
        self.summary = self.summary_path.read_text()

    @property
    def submission(self):
        (submission,) = self.report["submissions"]
        return dict(submission)


def forged(checked, **changes):
    checked.report_path.write_text(json.dumps(checked.report | changes))
    return str(checked.report_path)


def test_an_honest_pull_request_gets_the_contributors_own_verdict(base, fork, prompt):
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.report["verdict"]) == (0, "good")

    layout = Layout(base.root)
    shutil.copytree(fork.root / FOLDER, base.root / FOLDER)
    local = json.loads(prompt.ok("score", FOLDER, "--json", "--full").out)
    assert checked.submission["receipt"] == local["receipt"]
    for said in ("standing", "worst_slices"):
        assert checked.submission[said] == local[said]

    prompt.ok("leaderboard")
    receipt = json.loads(layout.receipt("obelix", "my-model").read_text())
    assert checked.submission["receipt"] == receipt
    rows = read_board(layout, "obelix")[0]["rows"]
    mine = next(row for row in rows if row["submission"] == "my-model")
    standing = checked.submission["standing"]
    assert {key: standing[key] for key in ("rank", "rank_low", "rank_high")} == {
        key: mine[key] for key in ("rank", "rank_low", "rank_high")
    }
    assert standing["tie_group"] == mine["tie_group"]
    n_better, n_worse = mine["rank_low"] - 1, standing["n_ranked"] - mine["rank_high"]
    assert len(standing["tied_with"]) == standing["n_ranked"] - 1 - n_better - n_worse
    assert f"| MAE | {mine['mae']:.3f} [" in checked.summary
    assert f"**rank {mine['rank']}** of 4" in checked.summary
    assert checked.submission["audit"] == read_board(layout, "obelix")[1]["audit"]["my-model"]


@pytest.mark.slow
def test_the_verdict_is_the_same_after_main_has_moved_and_after_a_rebase(base, fork, prompt):
    first = Checked(prompt, base, fork)
    base.write("dvc.yaml", "stages: {a: {cmd: 'true'}}\n")
    base.git("rm", "--quiet", "-r", "submissions/obelix/far-off")
    base.commit()
    behind = Checked(prompt, base, fork)
    fork.git("pull", "--quiet", "--rebase", "origin", "main")
    rebased = Checked(prompt, base, fork)
    assert first.code == behind.code == rebased.code == 0
    assert first.submission["receipt"] == rebased.submission["receipt"]
    assert behind.submission == rebased.submission
    assert behind.submission["standing"]["n_ranked"] == 3
    assert first.report["merge_base"] == behind.report["merge_base"] != rebased.report["base"]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("predictions.csv", b"id,log10_sigma\n019,=1+1\n", "a number in log10(S/cm)"),
        ("submission.yaml", b"!!python/object/apply:os.system ['true']\n", "submission.yaml"),
    ],
)
@pytest.mark.usefixtures("in_process")
def test_code_in_an_allowed_file_is_refused_with_the_reason(
    base, fork, prompt, file, content, words
):
    fork.write(f"{FOLDER}/{file}", content)
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.submission["outcome"]) == (1, "refused")
    assert words in checked.err
    assert "ionladder-pr-" not in checked.err


@pytest.mark.usefixtures("in_process")
def test_another_submission_is_not_edited_without_a_maintainer(base, fork, prompt):
    path = "submissions/obelix/far-off/predictions.csv"
    shutil.rmtree(fork.root / FOLDER)
    fork.write(path, predictions(Layout(base.root), 1.0, 9))
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.report["verdict"]) == (3, "needs a maintainer")
    assert "changes of one that is on the board (changes predictions.csv)" in checked.err
    former = checked.submission["former"]["value"]
    assert former > 3
    assert checked.submission["standing"]["rank"] < 4
    assert f"whose MAE is {former:.3f}" in checked.summary


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("noise", "seed", "words"),
    [(0.0, 0, "very close to the labels"), (*BOARD["good-model"][:2], "the same predictions")],
)
def test_a_copy_of_the_labels_or_of_another_is_for_a_maintainer(
    base, fork, prompt, noise, seed, words
):
    fork.write(f"{FOLDER}/predictions.csv", predictions(Layout(base.root), noise, seed))
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.submission["outcome"]) == (3, "scored")
    assert words in checked.err
    path = forged(checked, verdict="good", questions=[])
    text = prompt.ok("pr-comment", path, "main", checked.head).out
    assert "### Submission check: a maintainer decides" in text


@pytest.mark.usefixtures("in_process")
def test_what_main_has_by_a_squash_is_no_change_and_twins_of_one_request_are_asked_about(
    base, fork, prompt
):
    for file in ("predictions.csv", "submission.yaml"):
        base.write(f"{FOLDER}/{file}", (fork.root / FOLDER / file).read_bytes())
    base.commit("squashed")
    fork.commit("as it was sent")
    twins = ("submissions/obelix/second", "submissions/obelix/twin")
    for folder in twins[:1]:
        fork.write(f"{folder}/predictions.csv", predictions(Layout(base.root), 1.3, 11))
        fork.write(f"{folder}/submission.yaml", CARD.format(name="Second"))
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.submission["name"]) == (0, "second")
    assert "  MAE 0.8" in checked.out  # the terminal says what the summary says
    assert "RMSE" in checked.out
    shutil.copytree(fork.root / twins[0], fork.root / twins[1])
    fork.write(f"{twins[1]}/submission.yaml", CARD.format(name="Another"))
    checked = Checked(prompt, base, fork)
    assert checked.code == 3
    assert "Predictions equal those of second to 6 decimals" in checked.out


def test_without_the_labels_a_maintainer_is_asked(base, fork, prompt):
    for table in (base.root / "data").rglob("*.parquet"):
        table.unlink()
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.submission["outcome"]) == (3, "unchecked")
    assert "obelix 1.0.0" in checked.err
    assert "ionladder fetch obelix-1-0-0" in checked.err
    assert "not the fault of the submission" in checked.summary


@pytest.mark.usefixtures("in_process")
def test_a_good_submission_is_put_in_place_for_a_preview_and_a_bad_one_is_not(
    base, fork, prompt, tmp_path
):
    head = fork.commit()
    base.fetch_head_of(fork)
    prompt.ok("pr-check", "main", head, "--copy-to", ".")
    assert base.git("status", "--porcelain", "-uall").split() == [
        *("??", f"{FOLDER}/predictions.csv"),
        *("??", f"{FOLDER}/submission.yaml"),
    ]
    fork.write(f"{FOLDER}/predictions.csv", "id\n")
    head = fork.commit()
    base.fetch_head_of(fork)
    assert prompt("pr-check", "main", head, "--copy-to", str(tmp_path / "bad")).code == 1
    assert not (tmp_path / "bad").exists()


@pytest.mark.usefixtures("in_process")
def test_a_comment_comes_from_the_report_once_git_agrees(base, fork, prompt, tmp_path):
    checked = Checked(prompt, base, fork)
    archive = tmp_path / "report.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(checked.report_path, "report.json")
    for path in (checked.report_path, archive):
        text = prompt.ok("pr-comment", str(path), "main", checked.head).out
        assert text == checked.summary
    words = prompt.error("pr-comment", forged(checked, head="a" * 40), "main", checked.head)
    assert "Nothing is posted" in words
    path = forged(checked, submissions=[checked.submission | {"name": "far-off"}])
    words = prompt.error("pr-comment", path, "main", checked.head)
    assert "expected a report on obelix/my-model; found one on obelix/far-off" in words

    # A forged report cannot make a refused pull request good.
    fork.write(".github/workflows/submission-check.yml", "name: Submission check\non: push\n")
    checked = Checked(prompt, base, fork)
    assert (checked.code, checked.report["verdict"]) == (1, "refused")
    path = forged(checked, verdict="good", refusals=[])
    text = prompt.ok("pr-comment", path, "main", checked.head).out
    assert "### Submission check: refused" in text
    assert "submission-check.yml" in text
