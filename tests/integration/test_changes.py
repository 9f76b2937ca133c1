"""One changed label, from a new version to the changes page; an unversioned change fails."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import Prompt, fetch_and_ingest, fill_in, held_out, use_version
from disturbed import git

import tiny
from factories import SIGMA, write_repo
from ionladder.board.model import read_board
from ionladder.site.context import load_site
from ionladder.site.render import render_pages

OFFSETS = {"good": 0.5, "other": -1.5}
CHANGED = "019"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """Two ingested versions that differ by one test label, and two submissions."""
    root = tmp_path_factory.mktemp("repo")
    layout = write_repo(root, {"1.0.0": {}, "1.1.0": {"changes": {(CHANGED, SIGMA): "2.5e-09"}}})
    fetch_and_ingest(root)
    use_version(layout, "1.0.0")
    for name in OFFSETS:
        submit(layout, name, predicted(layout, name))
    (root / ".gitignore").write_text("/upstream/\n/data/\n")
    return root


@pytest.fixture
def first(layout, prompt):
    """The commit in which version 1.0.0 was published."""
    git(layout.root, "init", "-q", "-b", "main")
    commit(layout, "submissions")
    prompt.ok("leaderboard")
    return commit(layout, "board")


def predicted(layout, name):
    """The labels of 1.0.0, each with another error of one sign."""
    labels = held_out(layout, "1.0.0")["log10_sigma"]
    return labels + OFFSETS[name] * np.linspace(0.8, 1.2, len(labels))


def submit(layout, name, values):
    fill_in(layout, name, values, card=tiny.CARD.replace("Tiny model", f"Model {name}"))


def commit(layout, message):
    git(layout.root, "add", "-A")
    git(layout.root, "commit", "-qm", message)
    return git(layout.root, "rev-parse", "HEAD")


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=2) + "\n")


def history(layout):
    return [json.loads(line) for line in layout.history.read_text().splitlines()]


def mae(layout, name, version):
    """The score of a submission by pencil and paper."""
    labels = held_out(layout, version)["log10_sigma"]
    return float((predicted(layout, name) - labels).abs().mean())


def test_one_changed_label_shows_on_the_changes_page_exactly(layout, prompt, first):
    assert "history" not in prompt.ok("leaderboard").out
    assert git(layout.root, "status", "--porcelain") == ""
    assert "Nothing has moved yet" in render_pages(load_site(layout))["changes/"]
    use_version(layout, "1.1.0")
    prompt.ok("leaderboard")
    board = {r["submission"]: r for r in read_board(layout, "obelix")[0]["rows"]}

    changes = json.loads(prompt.ok("changes", "obelix", "--since", "1", "--json").out)
    assert sorted(change["submission"] for change in changes) == sorted(OFFSETS)
    page = render_pages(load_site(layout))["changes/"]
    table = " ".join(prompt.ok("changes").out.split())
    for change in changes:
        name = change["submission"]
        before, after = mae(layout, name, "1.0.0"), mae(layout, name, "1.1.0")
        assert change["from"]["value"] == pytest.approx(before, abs=1e-6)
        assert change["to"]["value"] == pytest.approx(after, abs=1e-6)
        assert change["difference"] == pytest.approx(after - before, abs=2e-6)
        assert abs(change["difference"]) > 0.01
        assert change["unit"] == "decades"
        assert change["causes"] == ["data"]
        assert change["labels"] == [CHANGED]
        assert change["reasons"] == ["data: version 1.0.0 → 1.1.0, other labels"]
        assert change["to"]["tie_group"] == board[name]["tie_group"]
        is_other_group = change["from"]["tie_group"] != change["to"]["tie_group"]
        assert change["tie_group_changed"] == is_other_group
        shown = f"{after - before:+.2f}"
        assert shown.replace("-", "−") in page
        assert shown in table
    assert "data: version 1.0.0 → 1.1.0, other labels" in page
    assert "data: version 1.0.0 → 1.1.0, other labels" in table
    assert f"Other labels: {CHANGED}" in table
    assert f"computed on {first[:12]} with uncommitted edits" in table
    assert "Board version 2 {: #obelix-2 }" in page
    assert page.index("#obelix-2") < page.index("#obelix-1")
    assert f"<code>{first[:12]}</code>" in page

    second = commit(layout, "version 1.1.0")
    assert [record["commit"] for record in history(layout)[2:]] == [f"{first}+dirty"] * 2
    prompt.ok("verify")
    assert f"Since {first[:12]}" in prompt.ok("changes", "--check").out
    assert f"Since {first[:12]}" in prompt.ok("changes", "--check", "--base", first).out
    assert prompt.ok("changes", "--since", second).out == "No published score has changed here.\n"
    assert len(json.loads(prompt.ok("changes", "--since", first, "--json").out)) == 2


def another_number(layout):
    edit(
        layout.receipt("obelix", "good"),
        lambda r: r["targets"]["log10_sigma"]["all"]["metrics"]["rmse"].update(value=0.25),
    )


def another_version(layout):
    layout.history.write_text(layout.history.read_text().replace("1.0.0", "1.0.1", 1))


def one_line_less(layout):
    layout.history.write_text(layout.history.read_text().splitlines(keepends=True)[0])


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (
            another_number,
            [
                "leaderboard/scores/obelix/good.json: expected the numbers published",
                "targets.log10_sigma.all.metrics.rmse.value 0.25",
                "raise SCORER_VERSION",
            ],
        ),
        (another_version, ["leaderboard/history.jsonl, line 1: expected the"]),
        (one_line_less, ["leaderboard/history.jsonl, line 2: expected the line published at"]),
    ],
)
def test_what_is_edited_by_hand_fails_the_check(layout, prompt, first, tamper, words):
    tamper(layout)
    commit(layout, "a better score")
    error = prompt.error("changes", "--check")
    for said in (*words, f"published at {first[:12]}"):
        assert said in error


@pytest.mark.parametrize("file", ["receipt", "board"])
def test_an_edited_primary_score_is_found_without_git_too(layout, prompt, file):
    prompt.ok("leaderboard")
    path = layout.receipt("obelix", "good")
    path = path if file == "receipt" else layout.leaderboard_json("obelix")
    value = f"{history(layout)[0]['value']}"
    assert value in path.read_text()
    path.write_text(path.read_text().replace(value, "0.123456"))
    assert layout.relative(path) in prompt.error("changes", "--check")
    assert "0.123456" in prompt.error("verify")


def test_another_way_of_scoring_without_a_new_version_fails_the_check(
    layout, prompt, first, monkeypatch
):
    # Another level of confidence: every interval is another.
    edit(layout.params, lambda params: params["scoring"].update(confidence=0.9))
    written = layout.history.read_bytes()
    assert "history.jsonl was left as it is" in prompt.ok("leaderboard").out
    assert layout.history.read_bytes() == written
    commit(layout, "another confidence")
    prompt.ok("leaderboard")
    commit(layout, "its scores")
    error = prompt.error("changes", "--check")
    for name in OFFSETS:
        assert f"obelix/{name}: expected a new dataset version, scorer version" in error
    shown = prompt.ok("changes", "--since", "1").out
    assert "unexplained: data, scorer and submission have no new version" in shown

    git(layout.root, "reset", "-q", "--hard", first)
    edit(layout.params, lambda params: params["scoring"].update(confidence=0.9))
    commit(layout, "another confidence")
    for module in ("receipt", "score", "board.build"):
        monkeypatch.setattr(f"ionladder.{module}.SCORER_VERSION", "3.confidence-90")
    prompt.ok("leaderboard")
    commit(layout, "another confidence, another scorer version")
    prompt.ok("changes", "--check")
    assert "scorer: version 3 → 3.confidence-90" in prompt.ok("changes", "--since", "1").out


def test_other_predictions_and_their_removal_are_recorded_and_the_place_of_others_is_not(
    layout, prompt, first
):
    submit(layout, "other", held_out(layout, "1.0.0")["log10_sigma"] + 0.01)
    prompt.ok("leaderboard")
    (change,) = json.loads(prompt.ok("changes", "--since", "1", "--json").out)
    assert (change["submission"], change["event"]) == ("other", "rescored")
    assert change["reasons"] == ["submission: other predictions"]
    assert (change["from"]["rank"], change["to"]["rank"]) == (2, 1)
    prompt.ok("changes", "--check")
    told = "obelix/other: expected the files that were published; found other predictions"
    assert told in prompt.error("verify")
    prompt.ok("verify", "--accept", "obelix/other")

    (layout.submission_dir("obelix", "good") / "predictions.csv").write_text("id,log10_sigma\n")
    shutil.rmtree(layout.submission_dir("obelix", "other"))
    prompt.ok("leaderboard")
    assert [(r["event"], r["value"]) for r in history(layout)[3:]] == [("removed", None)] * 2
    assert "submission: left the board" in prompt.ok("changes", "--since", "1").out
    prompt.ok("changes", "--check")
    text = prompt.error("verify")
    for name, found in (("good", "a score, as was published"), ("other", "a score")):
        assert f"submissions/obelix/{name}: expected {found}" in text
    text = prompt.error("verify", "--accept", "obelix/*")
    assert "submissions/obelix/good: expected a submission that can be scored" in text


def add(layout, name, prompt):
    """Commit a submission together with the board that it is on."""
    submit(layout, name, predicted(layout, "good") + 0.01 * len(name))
    commit(layout, f"{name} is sent")
    prompt.ok("leaderboard")
    return commit(layout, f"{name} is scored")


# Contributing, "Withdraw, replace, revert, merge": the commands stand there as they are run here.
RECIPES = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def follow(layout, prompt, *commands):
    for command in commands:
        assert command in RECIPES
        program, *arguments = command.split()
        git(layout.root, *arguments) if program == "git" else prompt.ok(*arguments)


def test_the_history_survives_the_revert_of_a_submission(layout, prompt, first):
    scored = add(layout, "late", prompt)
    kept = layout.history.read_bytes()
    git(layout.root, "revert", "--no-edit", scored, "HEAD~1")
    said = prompt.error("changes", "--check", "--base", scored)
    assert "a history is only ever lengthened" in said
    recipe = ("git checkout HEAD~2 -- leaderboard/history.jsonl", "ionladder leaderboard")
    follow(layout, prompt, *recipe)
    assert layout.history.read_bytes().startswith(kept)
    assert [(r["submission"], r["event"]) for r in history(layout)[-2:]] == [
        ("late", "added"),
        ("late", "removed"),
    ]
    prompt.ok("changes", "--check", "--base", scored)
    prompt.ok("verify", "--accept", "obelix/late")


def test_the_history_survives_the_merge_of_two_boards(layout, prompt, first):
    git(layout.root, "checkout", "-qb", "one")
    add(layout, "early", prompt)
    git(layout.root, "checkout", "-q", "main")
    add(layout, "late", prompt)
    kept = layout.history.read_bytes()
    with pytest.raises(subprocess.CalledProcessError):
        git(layout.root, "merge", "one")
    follow(layout, prompt, "git checkout --ours leaderboard SHA256SUMS", "ionladder leaderboard")
    commit(layout, "merged")
    assert layout.history.read_bytes().startswith(kept)
    assert {r["submission"] for r in history(layout)} == {*OFFSETS, "early", "late"}
    prompt.ok("changes", "--check")
    prompt.ok("verify")


def test_a_damaged_history_stops_the_command_before_anything_is_written(layout, prompt, first):
    layout.history.write_bytes(layout.history.read_bytes()[:-9])
    use_version(layout, "1.1.0")
    commit(layout, "cut short")
    assert "line 2: expected a line that ends" in prompt.error("leaderboard")
    assert git(layout.root, "status", "--porcelain") == ""


def test_without_a_base_the_check_says_so_and_passes(layout, prompt, monkeypatch, capsys):
    assert prompt.ok("changes").out == "No published score has changed here.\n"
    assert json.loads(prompt.ok("changes", "--json").out) == []
    prompt.ok("leaderboard")
    assert "Not compared with a former state" in prompt.ok("changes", "--check").out
    git(layout.root, "init", "-q", "-b", "main")
    commit(layout, "one")
    git(layout.root, "commit", "-q", "--allow-empty", "-m", "two")
    shallow = layout.root.parent / "shallow"
    git(layout.root, "clone", "-q", "--depth", "1", layout.root.as_uri(), str(shallow))
    there = Prompt(shallow, monkeypatch, capsys)
    assert "Not compared with a former state" in there.ok("changes", "--check").out
    missing = "0123456789abcdef0123456789abcdef01234567"
    assert missing in there.ok("changes", "--check", "--base", missing).out


def test_a_mistyped_task_or_commit_gets_an_error(prompt, first):
    assert "Did you mean obelix?" in prompt.error("changes", "obelx")
    assert "Did you mean obelix?" in prompt.error("changes", "obelx", "--check")
    assert "git log --oneline" in prompt.error("changes", "--since", "nowhere")
