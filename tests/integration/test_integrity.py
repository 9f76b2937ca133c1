"""Every byte of what is committed is held to something; what was accepted stays what it was."""

import random
import re
import shutil
from pathlib import Path

import pytest
from command import Prompt
from disturbed import copy_of, git, ionladder, submit

from ionladder.board.integrity import SUMS
from ionladder.repo import Layout, sha256_file

OTHERS = {
    "dvc.lock": "schema: '2.0'\nstages: {}\n",
    "benchmarks/results/a.json": '{"tables": {"b": [1.5, 2.5]}}\n',
    "benchmarks/results/training_curves/c.csv": "epoch,loss\n1,0.5\n",
}


@pytest.fixture(scope="module")
def published(origin, tmp_path_factory):
    """A repository with everything in git that commands write, its board published."""
    root = copy_of(origin, tmp_path_factory.mktemp("published") / "repo")
    for name, text in OTHERS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    ionladder(root, "leaderboard", "obelix")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "published")
    return root


@pytest.fixture
def root(published, tmp_path):
    return Path(shutil.copytree(published, tmp_path / "repo", symlinks=True))


@pytest.fixture
def prompt(root, monkeypatch, capsys):
    return Prompt(root, monkeypatch, capsys)


def flip(path, chance):
    """Flip one bit; the bytes before."""
    before = path.read_bytes()
    data = bytearray(before)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return before


def committed(root):
    """Files in git that commands write, or that people pin or send."""
    folders = ("leaderboard/", "data/", "benchmarks/", "submissions/")
    files = git(root, "ls-files").split()
    return [f for f in files if f.startswith(folders) or f in {SUMS, "dvc.lock", "params.yaml"}]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_of_a_thousand_flipped_bits_each_is_noticed(root, prompt, seed):
    chance = random.Random(seed)
    names = committed(root)
    prompt.ok("verify")
    for n in range(250):
        path = root / names[n % len(names)]
        before = flip(path, chance)
        assert path.name in prompt.error("verify", "--no-scores"), (path, seed, n)
        if n % 10 == 0:  # no command ends in a traceback, whatever it reads
            for command in (("changes", "--check"), ("changes",), ("site", "--no-build")):
                assert "Traceback" not in prompt(*command).err
        path.write_bytes(before)
    prompt.ok("verify")


def test_each_kind_of_file_is_held_to_its_checksum(root, prompt):
    chance = random.Random(7)
    listed = {line[66:] for line in (root / SUMS).read_text().splitlines()}
    kinds = {*OTHERS, "params.yaml", "data/obelix/1.0.0/manifest.json", "leaderboard/obelix.csv"}
    kinds |= {f"leaderboard/{n}" for n in ("obelix.json", "history.jsonl", "analysis/obelix.json")}
    assert kinds <= listed
    for name in sorted(kinds | {SUMS, "submissions/obelix/a/submission.yaml"}):
        before = flip(root / name, chance)
        assert Path(name).name in prompt.error("verify", "--no-scores")
        (root / name).write_bytes(before)
    (root / "leaderboard" / "obelix.json").write_text('{"task": ')
    for command in (("verify",), ("leaderboard",), ("changes", "--check"), ("site", "--no-build")):
        if command != ("leaderboard",):  # which writes it again
            assert "obelix.json" in prompt.error(*command)


def test_a_forged_score_is_found_by_scoring_again(root, prompt):
    layout = Layout(root)
    receipt = layout.receipt("obelix", "a").read_text()
    (score,) = re.findall(r'"value": ?([^,]+),', receipt)[:1]
    for path in [*layout.leaderboard_dir.rglob("*.json*"), *layout.leaderboard_dir.glob("*.csv")]:
        path.write_text(path.read_text().replace(score, "0.123456"))
    sums = root / SUMS
    lines = [line[66:] for line in sums.read_text().splitlines()]
    sums.write_text("".join(f"{sha256_file(root / name)}  {name}\n" for name in lines))
    git(root, "commit", "-qam", "forged")
    prompt.ok("verify", "--no-scores")
    text = prompt.error("verify")
    assert f"0.123456 for {score}" in text
    assert "leaderboard/scores/obelix/a.json" in text


@pytest.mark.parametrize("kind", ["merged", "squashed"])
def test_two_requests_that_each_were_good_do_not_become_one_row(root, prompt, kind):
    layout, folder = Layout(root), root / "submissions" / "obelix" / "victim"
    git(root, "checkout", "-qB", "main")
    for branch, value in (("first", -5.5), ("second", -3.0)):
        git(root, "checkout", "-qb", branch, "main")
        submit(layout, "victim", value)
        git(root, "add", "-A")
        git(root, "commit", "-qm", branch)
    git(root, "checkout", "-q", "main")
    for branch in ("first", "second"):
        how = ("--no-ff",) if kind == "merged" else ("--squash",)
        git(root, "merge", "-q", "-X", "theirs", *how, branch)
        if kind == "squashed":
            git(root, "commit", "-qm", f"squashed {branch}")
    assert "-3.0" in (folder / "predictions.csv").read_text()
    prompt.ok("leaderboard")
    text = prompt.error("verify")
    assert "submissions/obelix/victim: expected the submission as it was merged first" in text
    prompt.ok("verify", "--accept", "obelix/victim")


def test_look_alikes_and_twins_of_two_requests_are_noticed(root, prompt):
    layout = Layout(root)
    for name, value in (("late-net", -4.5), ("late_net", -4.6), ("third", -4.5)):
        submit(layout, name, value)
    prompt.ok("leaderboard")
    text = prompt.error("verify")
    assert "late_net: expected a name that reads like no other" in text
    assert "third: expected a model of its own; found the same predictions" in text
    shutil.rmtree(layout.submission_dir("obelix", "a"))
    prompt.ok("leaderboard")
    assert "obelix/a: expected a score, as was published; found none" in prompt.error("verify")
