"""The workflows: who may write, what is pinned, and what their scripts do when they run."""

import os
import re
import stat
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from git_repository import GitRepository, ran
from ionladder.pr.report import MARKER, MAX_ARCHIVE_BYTES, REPORT_FILE

FOLDER = Path(".github/workflows")
_PINNED = re.compile(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


@pytest.fixture
def texts(repository):
    return {path.stem: path.read_text() for path in sorted((repository / FOLDER).glob("*.yml"))}


def load(text):
    return yaml.safe_load(text)


def jobs_of(texts):
    return {
        f"{name}/{job}": content
        for name, text in texts.items()
        for job, content in load(text)["jobs"].items()
    }


def step(texts, job, name):
    (found,) = [s for s in jobs_of(texts)[job]["steps"] if s.get("name") == name]
    return str(found["run"])


def run_script(script, folder, **variables):
    """Run a step as a runner does: bash, ending at the first failure, in a pipe too."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **variables}
    bash = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
    return ran(*bash, script, cwd=folder, env=environment)


def fake_gh(folder, answers):
    """A ``gh`` that answers by the first word that occurs in its arguments, and keeps a log."""
    cases = "\n".join(f"  *'{word}'*) printf '{answer}' ;;" for word, answer in answers.items())
    program = folder / "bin" / "gh"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f'#!/bin/sh\necho "$*" >> "{folder}/log"\ncase "$*" in\n{cases}\n  *) : ;;\nesac\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def test_every_action_is_pinned_to_a_commit(texts):
    for name, text in texts.items():
        for line in text.splitlines():
            if "uses:" in line:
                assert _PINNED.search(line), (name, line)


def test_writing_is_for_three_jobs_that_run_no_package(texts):
    for name, text in texts.items():
        assert load(text)["permissions"] in ({}, {"contents": "read"}), name
    writers = {}
    for job, content in jobs_of(texts).items():
        rights = content.get("permissions", {})
        writers[job] = sorted(key for key in rights if rights[key] == "write")
    assert {job: keys for job, keys in writers.items() if keys} == {
        "publish/commit": ["contents"],
        "publish/deploy": ["id-token", "pages"],
        "submission-comment/post": ["pull-requests"],
    }
    for job in ("publish/commit", "publish/deploy", "submission-comment/post"):
        for item in jobs_of(texts)[job]["steps"]:
            assert not re.search(r"make |pip |ionladder |python ", item.get("run", "")), job


def test_no_code_of_a_pull_request_is_checked_out_with_rights(texts):
    for name, text in texts.items():
        assert "pull_request_target" not in text
        assert "${{ secrets" not in text
        assert ("workflow_run" in load(text)[True]) == (name == "submission-comment")
    for job, content in jobs_of(texts).items():
        for item in content["steps"]:
            if "actions/checkout" not in item.get("uses", ""):
                continue
            assert item["with"]["persist-credentials"] is False, job
            assert "head" not in str(item["with"].get("ref", "")), job
    check = jobs_of(texts)["submission-check/check"]
    assert check["permissions"] == {"contents": "read"}
    base = "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}"
    assert check["steps"][0]["with"]["ref"] == check["env"]["BASE_SHA"] == base


def test_no_word_of_an_event_is_pasted_into_a_script(texts):
    for job, content in jobs_of(texts).items():
        for item in content["steps"]:
            assert "${{" not in item.get("run", ""), job
            if "run" in item:
                checked = ran("bash", "-n", "-c", item["run"])
                assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("submissions/obelix/a/predictions.csv", True),
        ("submission/obelix/a/predictions.csv", True),
        ("Submissions/obelix/a/x.txt", True),
        ("submisions/obelix/a/x.txt", True),
        ("SUBMISSIONS/obelix/a/x.txt", True),
        ("a/predictions.csv", True),
        ("results/a/submission.yml", True),
        ("src/ionladder/submit/predictions.py", False),
        ("docs/submit.md", False),
    ],
)
def test_whatever_may_be_meant_as_a_submission_is_checked(texts, path, runs):
    patterns = load(texts["submission-check"])[True]["pull_request"]["paths"]
    as_globs = [pattern.replace("**/", "*").replace("**", "*") for pattern in patterns]
    assert any(fnmatchcase(path, pattern) for pattern in as_globs) == runs


def test_a_pull_request_is_fetched_not_checked_out(texts, tmp_path):
    origin = GitRepository(tmp_path / "origin")
    origin.write("code.py", "ours\n")
    GitRepository.start(origin.root)
    fork = origin.fork(tmp_path / "fork")
    fork.write("code.py", "theirs\n")
    head = fork.commit()
    origin.git("fetch", "--quiet", str(fork.root), "HEAD:refs/pull/7/head")
    clone = origin.fork(tmp_path / "clone")

    script = step(texts, "submission-check/check", "Fetch the pull request as data")
    result = run_script(script, clone.root, HEAD_REF="refs/pull/7/head", HEAD_SHA=head)
    assert result.returncode == 0, result.stderr
    assert clone.git("cat-file", "-t", head) == "commit"
    assert (clone.root / "code.py").read_text() == "ours\n"

    moved = run_script(script, clone.root, HEAD_REF="refs/pull/7/head", HEAD_SHA="0" * 40)
    assert moved.returncode == 1
    assert "has moved" in moved.stderr


@pytest.mark.parametrize(
    ("event", "path", "code", "expected"),
    [
        ("pull_request", "submissions/obelix/a/predictions.csv", 0, 0),
        ("pull_request", "submissions/obelix/a/predictions.csv", 3, 3),
        ("merge_group", "submissions/obelix/a/predictions.csv", 3, 0),
        ("merge_group", "submissions/obelix/a/predictions.csv", 1, 1),
        ("merge_group", "src/code.py", 1, 0),
    ],
)
def test_the_merge_queue_repeats_the_check_on_what_main_would_be(
    texts, tmp_path, event, path, code, expected
):
    assert "merge_group" in load(texts["submission-check"])[True]
    work = GitRepository(tmp_path / "work")
    work.write("README.md", "ours\n")
    base = GitRepository.start(work.root).git("rev-parse", "HEAD")
    work.write(path, "theirs\n")
    head = work.commit()
    program = work.root / ".venv" / "bin" / "ionladder"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    script = step(texts, "submission-check/check", "Guard, validate and score")
    names = {"GITHUB_EVENT_NAME": event, "BASE_SHA": base, "HEAD_SHA": head}
    folders = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    assert run_script(script, work.root, **names, **folders).returncode == expected


@pytest.mark.parametrize(
    ("former", "method"), [("", "--method POST repos/o/r/issues/3/comments"), ("91\\n92\\n", "/91")]
)
def test_there_is_one_comment_and_later_runs_replace_it(texts, tmp_path, former, method):
    (tmp_path / "comment.md").write_text(f"{MARKER}\n")
    path = fake_gh(tmp_path, {"--method": "{}", "issues/3/comments?": former})
    script = step(texts, "submission-comment/post", "Post the comment, or replace the former one")
    variables = {"NUMBERS": "3 ", "REPOSITORY": "o/r", "MARKER": MARKER, **path}
    result = run_script(script, tmp_path, **variables)
    assert result.returncode == 0, result.stderr
    asked, done = (tmp_path / "log").read_text().splitlines()
    assert '.user.login == "github-actions[bot]"' in asked
    assert "startswith(env.MARKER)" in asked
    assert method in done
    assert done.endswith("-F body=@comment.md")


def test_only_boards_and_locks_are_committed(texts, tmp_path):
    origin = tmp_path / "origin.git"
    work = GitRepository(tmp_path / "work")
    for path in ("leaderboard/obelix.json", "dvc.lock", "src/code.py", "SHA256SUMS"):
        work.write(path, "old\n")
    GitRepository.start(work.root)
    work.git("clone", "--quiet", "--bare", str(work.root), str(origin))
    work.git("remote", "add", "origin", str(origin))
    for path in (
        "leaderboard/obelix.json",
        "dvc.lock",
        "src/code.py",
        "SHA256SUMS",
        "leaderboard/scores/a/b.json",
    ):
        work.write(path, "new\n")
    work.git("add", "--all")
    patch = tmp_path / "boards.patch"
    patch.write_text(work.git("diff", "--cached", "--binary") + "\n")
    work.git("reset", "--quiet", "--hard")

    script = step(texts, "publish/commit", "Commit the boards")
    variables = {"RUNNER_TEMP": str(tmp_path), "GITHUB_SHA": "a" * 40, **fake_gh(tmp_path, {})}
    result = run_script(script, work.root, **variables)
    assert result.returncode == 0, result.stderr
    changed = work.git("--git-dir", str(origin), "diff", "--name-only", "main~", "main").split()
    boards = ["leaderboard/obelix.json", "leaderboard/scores/a/b.json"]
    assert changed == ["SHA256SUMS", "dvc.lock", *boards]
    patch.write_text("")
    assert "Nothing has changed" in run_script(script, work.root, **variables).stdout


def test_the_jobs_and_the_package_agree_on_names_and_limits(texts):
    assert jobs_of(texts)["submission-comment/post"]["env"]["MARKER"] == MARKER
    waits_for = load(texts["submission-comment"])[True]["workflow_run"]["workflows"]
    assert waits_for == [load(texts["submission-check"])["name"]]
    script = step(texts, "submission-comment/render", "Fetch the report, no more than a megabyte")
    assert f"<= {MAX_ARCHIVE_BYTES})" in script
    assert f"head -c {MAX_ARCHIVE_BYTES + 1}" in script
    assert f"/{REPORT_FILE}" in texts["submission-check"]
