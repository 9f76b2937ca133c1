"""What contributors type: tasks, data, the full verdict and the preview, in a small repository."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from command import Prompt, fetch_and_ingest, files_below, fill_in, held_out

import ionladder
import tiny
from factories import write_repo
from git_repository import GitRepository
from ionladder.board.model import read_board
from ionladder.cli.main import app
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.render import render_site

REPOSITORY = Path(__file__).resolve().parents[2]
MINE = "submissions/obelix/mine"
GUIDES = ("docs/reading", "docs/submit", "docs/umlip")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    root = tmp_path_factory.mktemp("bare") / "repo"
    write_repo(root)
    return root


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    root = tmp_path_factory.mktemp("ingested") / "repo"
    write_repo(root)
    fetch_and_ingest(root)
    for name, noise in (("near", 0.3), ("far", 4.0), ("mine", 1.0)):
        write(Layout(root), name, noise)
    shutil.copytree(REPOSITORY / "docs" / "assets", root / "docs" / "assets")
    return root


@pytest.fixture
def tmp(tmp_path, monkeypatch):
    """Where previews are made."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def write(layout, name, noise):
    labels = held_out(layout, "1.0.0")["log10_sigma"]
    values = labels + np.random.default_rng(5).normal(0, noise, len(labels))
    fill_in(layout, name, values, card=tiny.CARD.replace("Tiny model", f"Model {name}"))


def test_tasks_say_what_is_asked_and_if_the_data_are_here(prompt, layout):
    shown = prompt.ok("tasks").out
    (line,) = [line for line in shown.splitlines() if line.startswith("obelix ")]
    assert re.split(r"\s{2,}", line) == ["obelix", "obelix 1.0.0", "14 test entries", "here"]
    assert {len(line) <= 80 for line in shown.splitlines() if "  " in line} == {True}
    one = prompt.ok("tasks", "obelix").out
    assert "How well does a model predict" in one
    assert "14 test entries; log10_sigma / log10(S/cm)\nRanked by: MAE\n" in one
    (row,) = [
        row for row in json.loads(prompt.ok("tasks", "--json").out) if row["task"] == "obelix"
    ]
    assert row["n_to_predict"] == 14
    assert "?" in row["question"]
    layout.table("obelix", "1.0.0", "labels").unlink()
    assert "not here" in prompt.ok("tasks").out


def test_tasks_and_data_without_the_tables_name_what_gets_them(bare, monkeypatch, capsys):
    prompt = Prompt(bare, monkeypatch, capsys)
    assert "`ionladder fetch`" in prompt.ok("tasks").out
    assert "ionladder fetch obelix-1-0-0" in prompt.error("data", "obelix")
    assert "Did you mean obelix?" in prompt.error("data", "obelx")


def test_data_are_what_a_model_may_see(prompt, layout, tmp_path):
    folder = tmp_path / "data"
    prompt.ok("data", "obelix", "--to", str(folder))
    as_text = {"dtype": {"id": str}, "keep_default_na": False}
    read = {path.name: pd.read_csv(path, **as_text) for path in folder.glob("*.csv")}
    assert sorted(read) == ["folds.csv", "test_inputs.csv", "train_inputs.csv", "train_labels.csv"]
    test = set(held_out(layout, "1.0.0").index)
    assert set(read["test_inputs.csv"]["id"]) == test
    assert "019" in test
    assert not test & set(read["train_labels.csv"]["id"])
    assert not test & set(read["folds.csv"]["id"])
    assert read["train_inputs.csv"]["id"].tolist() == read["train_labels.csv"]["id"].tolist()
    assert not {"log10_sigma", "sigma_s_per_cm"} & set(read["test_inputs.csv"].columns)
    structures = pd.read_parquet(layout.table("obelix", "1.0.0", "structures"))
    texts = structures.set_index("id")["cif_text"].to_dict()
    assert {path.stem: path.read_text() for path in (folder / "structures").iterdir()} == texts
    before = files_below(folder)
    prompt.ok("data", "obelix", "--to", str(folder))
    assert files_below(folder) == before


CHECKS = ("folder", "card", "predictions", "cross-validation predictions")


@pytest.mark.parametrize(
    ("file", "old", "new", "failed"),
    [
        ("predictions.csv", "", "", set()),
        ("predictions.csv", "019", "020", {"predictions"}),
        ("predictions.csv", "log10_sigma", "sigma", {"predictions"}),
        ("predictions.csv", None, None, {"predictions"}),
        ("submission.yaml", None, None, {"card"}),
        ("submission.yaml", "licence:", "license:", {"card"}),
        ("model.pt", None, "weights", {"folder"}),
        ("cv_predictions.csv", None, "id,log10_sigma\\n019,1\\n", {"cross-validation predictions"}),
    ],
)
def test_validation_lists_what_was_checked(prompt, layout, file, old, new, failed):
    path = layout.root / MINE / file
    if old is not None:
        path.write_text(path.read_text().replace(old, str(new)))
    elif new is None:
        path.unlink()
    else:
        path.write_text(new)
    done = prompt("validate", MINE)
    assert done.code == bool(failed)
    marks = re.findall(r"^  (passed|FAILED)  ([^:]*)", done.out, re.MULTILINE)
    assert marks == [("FAILED" if check in failed else "passed", check) for check in CHECKS]
    told = prompt("validate", MINE, "--json")
    outcome = json.loads(told.out)
    assert (told.code, outcome["is_good"]) == (done.code, not failed)
    (about,) = outcome["submissions"]
    assert [check["passed"] for check in about["checks"]] == [mark == "passed" for mark, _ in marks]
    assert [p for check in about["checks"] for p in check["problems"]] == outcome["problems"]


def test_every_command_answers_in_one_shape(prompt):
    keys = {"command", "is_good", "messages", "problems"}
    for code, *typed in (
        (0, "new", "obelix", "fresh", "--json"),
        (1, "new", "obelix", "fresh", "--json"),
        (1, "score", "submissions/obelix/none", "--json"),
        (1, "board", "obelix", "--json"),
        (0, "schema", "submission", "--json"),
        (1, "tasks", "obelx", "--json"),
    ):
        done = prompt(*typed)
        answer = json.loads(done.out)
        assert (done.code, set(answer), done.err) == (code, keys, "")
        assert (answer["command"], answer["is_good"]) == (typed[0], code == 0)
        assert bool(answer["problems"]) == (code == 1)


NOT_TRIED = {"preview", "submit", "build", "site", "serve", "pr-check", "pr-comment"}


def test_every_command_prints_one_document(prompt):
    tried = yaml.safe_load(Path(__file__).with_name("tried.yaml").read_text(encoding="utf-8"))
    names = {c.name or c.callback.__name__.replace("_", "-") for c in app.registered_commands}
    assert names == tried.keys() | NOT_TRIED
    for name, given in tried.items():
        done = prompt(name, *given.split(), "--json")
        assert done.code in (0, 1), (name, done)
        answer = json.loads(done.out)
        assert done.code == 0 or answer["problems"] or name == "validate", name
        assert name != "baseline" or "is done and kept" in answer["messages"][0]


def test_boards_and_predictions_are_tables(prompt, layout, tmp_path):
    assert "expected a board; found none yet" in prompt.error("board", "obelix")
    prompt.ok("leaderboard", "obelix")
    before = files_below(layout.root)
    shown = prompt.ok("board", "obelix").out
    row = read_board(layout, "obelix")[0]["rows"][0]
    (line,) = [line for line in shown.splitlines() if line.startswith(f"{row['submission']} ")]
    assert f"{row['mae']:.3f} [{row['mae_ci_low']:.2f}, {row['mae_ci_high']:.2f}]" in line
    assert "from outside: A. Author (3)" in shown
    board = ionladder.load_board("obelix", root=layout.root)
    assert board.loc[0, ["submission", "mae"]].tolist() == [row["submission"], row["mae"]]
    assert board.attrs["dataset_version"] == "1.0.0"
    assert json.loads(prompt.ok("board", "obelix", "--json").out)[0]["mae"] == row["mae"]

    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    whole = ionladder.load_predictions("obelix", root=layout.root)
    for suffix, reader in read.items():
        out = tmp_path / f"all.{suffix}"
        prompt.ok("predictions", "obelix", "--out", str(out))
        table = reader(out, **({"dtype": {"id": str}} if suffix == "csv" else {}))
        pd.testing.assert_frame_equal(table, whole, check_dtype=False)
    labels = held_out(layout, "1.0.0")["log10_sigma"]
    assert len(whole) == 3 * len(labels)
    mine = whole[whole["submission"] == "mine"].set_index("id")
    assert mine["y_true"].to_dict() == labels.to_dict()
    assert (mine["y_pred"] - mine["y_true"]).abs().mean() == pytest.approx(
        board.set_index("submission").loc["mine", "mae"], abs=1e-6
    )
    assert files_below(layout.root) == before
    assert "ends in .parquet or .csv" in prompt.error("predictions", "--out", "all.xlsx")


def test_the_site_has_the_same_table_and_links_it(prompt, layout):
    for guide in ("CHANGELOG", "CONTRIBUTING", "SECURITY", *GUIDES):
        (layout.root / f"{guide}.md").write_text("# Guide\n")
    card = layout.root / MINE / "submission.yaml"
    card.write_text(f"{card.read_text()}attempts: 3\n")
    prompt.ok("leaderboard", "obelix")
    render_site(load_site(layout))
    pages = layout.generated_docs_dir
    table = pd.read_parquet(pages / "data" / "predictions.parquet")
    whole = ionladder.load_predictions("obelix", root=layout.root)
    pd.testing.assert_frame_equal(table, whole, check_dtype=False)
    assert 'data/predictions.parquet" download>All predictions' in (
        (pages / "obelix" / "index.md").read_text()
    )
    page = (pages / "submissions" / "obelix" / "mine" / "index.md").read_text()
    assert "Test set looked at before" in page
    assert "3 times" in page


def test_the_verdict_says_rank_ties_and_what_it_replaces(prompt, layout):
    write(layout, "other", 1.0)
    (layout.submission_dir("obelix", "far") / "submission.yaml").unlink()
    shown = prompt.ok("score", MINE).out
    assert "would be rank 2 of 3" in shown
    assert "It replaces" not in shown
    assert "The same predictions as another submission" in shown
    assert "Not compared with far, which cannot be scored." in shown
    full = json.loads(prompt.ok("score", MINE, "--json", "--full").out)
    assert full["receipt"] == json.loads(prompt.ok("score", MINE, "--json").out)
    assert full["standing"]["n_ranked"] == 3
    assert full["not_compared_with"] == ["far"]
    assert not layout.leaderboard_dir.exists()


def test_only_what_the_last_commit_published_is_replaced(prompt, layout):
    repository = GitRepository.start(layout.root)
    prompt.ok("leaderboard", "obelix")
    published = json.loads(layout.receipt("obelix", "mine").read_text())
    mae = published["targets"]["log10_sigma"]["all"]["metrics"]["mae"]["value"]
    write(layout, "mine", 2.0)
    assert "It replaces" not in prompt.ok("score", MINE).out
    repository.commit("published")
    said = f"It replaces a committed submission whose MAE is {mae:.3f}."
    assert said in prompt.ok("score", MINE).out
    write(layout, "mine", 1.0)
    assert "It replaces" not in prompt.ok("score", MINE).out


def test_the_verdict_is_that_of_the_board(prompt, layout):
    full = json.loads(prompt.ok("score", MINE, "--json", "--full").out)
    prompt.ok("leaderboard", "obelix")
    board = read_board(layout, "obelix")[0]
    (row,) = [row for row in board["rows"] if row["submission"] == "mine"]
    judged = ("better_than_references", "worse_than_references")
    for key in ("rank", "rank_low", "rank_high", "tie_group", "probability_best", *judged):
        assert full["standing"][key] == row[key]
    assert full["reducible_error_closed"] == row["reducible_error_closed"]


def test_a_submission_outside_the_repository_is_scored_beside_the_committed_ones(
    prompt, layout, tmp_path
):
    away = tmp_path / "elsewhere" / "mine-too"
    shutil.move(layout.root / MINE, away.parent / "mine-too")
    full = json.loads(prompt.ok("score", str(away), "--task", "obelix", "--json", "--full").out)
    assert (full["former"], full["standing"]["n_ranked"]) == (None, 3)


def test_a_preview_is_whole_and_changes_nothing(prompt, layout, tmp):
    before = files_below(layout.root)
    shown = prompt.ok("preview", MINE).out
    page = Path(shown.strip().rsplit(": ", 1)[1])
    assert files_below(layout.root) == before
    text = page.read_text(encoding="utf-8")
    assert "Model mine" in text
    assert "A preview, not a published page." in text
    assert re.search(r'data-entries="\{&quot;n_all&quot;:\d+', text), "marks have their names"
    for target in re.findall(r'(?:href|src)="([^"#?]+)', text):
        if not target.startswith(("https://", "http://", "data:")):
            assert (page.parent / target).is_file(), target
    assert json.loads((page.parent / "receipt.json").read_text())["submission"] == "mine"


def test_a_preview_of_a_broken_submission_is_its_error_and_leaves_nothing(prompt, layout, tmp):
    (layout.root / MINE / "submission.yaml").unlink()
    assert f"{MINE}/submission.yaml" in prompt.error("preview", MINE)
    assert not list(tmp.iterdir())


GH = """#!/bin/sh
echo "$@" >> "$GH_LOG"
test "$1" = auth || echo https://example.org/pull/1
exit ${GH_FAILS:-0}
"""


@pytest.fixture
def sent(layout, tmp_path, monkeypatch):
    """The repository under git with an origin to push to, and predictions beside it."""
    repository = GitRepository.start(layout.root)
    repository.git("config", "user.name", "Ada")
    repository.git("config", "user.email", "ada@example.org")
    origin = tmp_path / "origin.git"
    repository.git("clone", "--quiet", "--bare", str(layout.root), str(origin))
    repository.git("remote", "add", "origin", str(origin))
    write(layout, "fresh", 0.5)
    folder = layout.submission_dir("obelix", "fresh")
    shutil.move(folder / "predictions.csv", layout.root / "my.csv")
    shutil.move(folder / "submission.yaml", layout.root / "card.yaml")
    folder.rmdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    monkeypatch.setenv("GH_LOG", str(tmp_path / "gh.log"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return repository


SUBMIT = ("submit", "my.csv", "--task", "obelix", "--name", "fresh", "--card", "card.yaml")


def test_one_call_leads_from_predictions_to_a_pull_request(prompt, sent, tmp_path):
    def state():
        return sent.git("status", "--porcelain"), sent.git("branch", "--list")

    before = state()
    assert "would be rank" in prompt.ok(*SUBMIT, "--dry-run").out
    assert state() == before
    assert "Pull request: https://example.org/pull/1" in prompt.ok(*SUBMIT).out
    branch, folder = "submission/obelix-fresh", "submissions/obelix/fresh"
    changed = [f"{folder}/{name}" for name in ("predictions.csv", "submission.yaml")]
    assert sent.git("diff", "--name-only", "main", branch).split() == changed
    shown = sent.git("show", f"{branch}:{folder}/predictions.csv")
    assert shown == (sent.root / "my.csv").read_text().strip()
    assert state()[0] == before[0]
    assert sent.git("rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert sent.git("ls-remote", "origin", branch).split()[0] == sent.git("rev-parse", branch)
    asked = (tmp_path / "gh.log").read_text()
    assert f"--head {branch} --title fresh on obelix: Model fresh" in asked
    assert prompt("pr-check", "main", branch).code == 0


@pytest.mark.parametrize("broken", ["no login", "no push", "no name", "invalid", "no card"])
def test_nothing_is_lost_where_a_step_fails(prompt, sent, monkeypatch, broken):
    branch = "submission/obelix-fresh"
    kept = (sent.root / "my.csv").read_bytes(), (sent.root / "card.yaml").read_bytes()
    if broken == "no login":
        monkeypatch.setenv("GH_FAILS", "1")
    elif broken == "no push":
        sent.git("remote", "set-url", "origin", "git@example.org:ion/ladder.git")
        monkeypatch.setenv("GIT_SSH_COMMAND", "false")
    elif broken == "no name":
        sent.git("config", "user.name", "")
    elif broken == "invalid":
        (sent.root / "my.csv").write_text("id,log10_sigma\n019,1\n")
        kept = (sent.root / "my.csv").read_bytes(), kept[1]
    arguments = SUBMIT[:-2] if broken == "no card" else SUBMIT
    done = prompt(*arguments)
    assert "Traceback" not in done.err
    assert kept == ((sent.root / "my.csv").read_bytes(), (sent.root / "card.yaml").read_bytes())
    if broken in {"no login", "no push"}:
        assert done.code == 0
        assert sent.git("rev-parse", branch)
        assert f"git push --set-upstream origin {branch}" in done.out
        page = "example.org/ion/ladder" if broken == "no push" else "github.com/OWNER/REPOSITORY"
        assert f"https://{page}/compare/main...{branch}?expand=1" in done.out
        monkeypatch.setenv("GH_FAILS", "0")
        sent.git("remote", "set-url", "origin", str(sent.root.parent / "origin.git"))
        commit = sent.git("rev-parse", branch)
        assert sent.git("branch", "--list", branch)
        prompt(*SUBMIT)
        assert sent.git("rev-parse", branch) == commit
        return
    assert done.code == 1
    assert not sent.git("branch", "--list", branch)
    says = {
        "no name": "user.name NAME",
        "invalid": "a row for each of the 14 ids",
        "no card": "`ionladder new obelix fresh` writes a template",
    }
    assert says[broken] in done.err


def test_a_card_is_asked_for_and_kept(prompt, sent, monkeypatch):
    answers = iter(["M", "A model: of a test", "Ada, Bob", "all of it", "both", "MIT", "3"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    (sent.root / "my.csv").write_text("id,log10_sigma\n019,1\n")
    prompt.error(*SUBMIT[:-2])
    card = yaml.safe_load((sent.root / "fresh.card.yaml").read_text())
    assert (card["authors"], card["attempts"]) == ([{"name": "Ada"}, {"name": "Bob"}], 3)
    assert card["description"] == "A model: of a test"
    assert "from a former try" in prompt(*SUBMIT[:-2]).out


def test_a_submission_is_replaced_and_withdrawn(prompt, sent):
    old = (sent.root / MINE / "submission.yaml").read_text().strip()
    prompt.ok("submit", "my.csv", "--task", "obelix", "--name", "mine")
    branch = "submission/obelix-mine"
    assert sent.git("diff", "--name-only", "main", branch) == f"{MINE}/predictions.csv"
    assert sent.git("show", f"{branch}:{MINE}/submission.yaml") == old
    prompt.ok("withdraw", "obelix", "far")
    gone = sent.git("diff", "--name-status", "main", "withdraw/obelix-far").splitlines()
    assert {line.split()[0] for line in gone} == {"D"}
    assert prompt("pr-check", "main", "withdraw/obelix-far").code == 3
    assert "the same as on main" in prompt.error("withdraw", "obelix", "nobody")
