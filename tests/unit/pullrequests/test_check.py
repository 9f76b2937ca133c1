"""Changes between real commits: what a pull request changed, whatever happened to its branch."""

import pytest

from git_repository import GitRepository
from ionladder.errors import PullRequestError
from ionladder.git import ABSENT, REGULAR
from ionladder.pr import check as verdict
from ionladder.pr.check import (
    ReviewQuestion,
    ask,
    copy_folder,
    read_board,
    read_pull_request,
    write_board,
)
from ionladder.pr.rules import KnownSubmissions, group_folders, guard
from ionladder.submit.isolate import Limits
from tiny import TASK

MINE = "submissions/tiny/mine/predictions.csv"
TASKS = {"tiny": TASK}


@pytest.fixture
def base(tmp_path):
    repository = GitRepository(tmp_path / "base")
    for path in ("params.yaml", "src/code.py", "submissions/tiny/theirs/predictions.csv"):
        repository.write(path, f"{path}\n")
    return GitRepository.start(repository.root)


@pytest.fixture
def fork(base, tmp_path):
    return base.fork(tmp_path / "fork")


def request_of(base, fork):
    return read_pull_request(base.root, "main", base.fetch_head_of(fork))


def guarded(request):
    return guard(request.changes, read_board(request, TASKS))


def facts(request):
    return [(change.old_mode, change.new_mode, change.path) for change in request.changes]


def test_what_others_merged_is_no_change(base, fork):
    fork.write(MINE, "id\n")
    fork.commit()
    base.write("dvc.yaml", "stages: {}\n")
    base.write("submissions/tiny/theirs/predictions.csv", "newer\n")
    moved = base.commit()
    request = request_of(base, fork)
    assert facts(request) == [(ABSENT, REGULAR, MINE)]
    assert (request.base, request.merge_base) != (moved, moved)


def test_an_edit_hidden_in_a_merge_commit_is_seen(base, fork):
    fork.write(MINE, "id\n")
    fork.commit()
    base.write("params.yaml", "newer\n")
    base.commit()
    fork.git("fetch", "--quiet", "origin", "main")
    fork.git("merge", "--quiet", "--no-commit", "FETCH_HEAD")
    fork.write("src/code.py", "evil\n")
    fork.commit("Merge main")
    assert (REGULAR, REGULAR, "src/code.py") in facts(request_of(base, fork))


def test_a_name_taken_meanwhile_is_not_new(base, fork):
    fork.write(MINE, "id\n")
    fork.commit()
    base.write(MINE, "somebody else's\n")
    base.commit()
    found = guarded(request_of(base, fork))
    assert not found.folders[0].is_new
    assert "on the board" in str(found.questions[0])


def test_unrelated_histories_are_an_error(base, tmp_path):
    other = GitRepository(tmp_path / "other")
    other.write(MINE, "id\n")
    with pytest.raises(PullRequestError, match="histories are unrelated"):
        request_of(base, GitRepository.start(other.root))


def test_branches_merged_both_ways_are_an_error(base, fork):
    fork.write(MINE, "id\n")
    first = fork.commit()
    base.write("params.yaml", "newer\n")
    base.commit()
    base.git("fetch", "--quiet", str(fork.root), first)
    fork.git("fetch", "--quiet", "origin", "main")
    fork.git("merge", "--quiet", "--no-edit", "FETCH_HEAD")
    base.git("merge", "--quiet", "--no-edit", first)
    with pytest.raises(PullRequestError, match="merged into each other"):
        request_of(base, fork)


def test_files_come_from_git_as_is(base, fork, tmp_path):
    content = b"id,log10_sigma\r\n\xff\x00\n\n"
    fork.write(MINE, content)
    fork.write("submissions/tiny/theirs/submission.yaml", "model: y\n")
    fork.commit()
    request = request_of(base, fork)
    for folder in group_folders(request.changes, read_board(request, TASKS)):
        copy_folder(request, folder, tmp_path / "sent")
    write_board(request, "tiny", tmp_path / "board")
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.glob("*/submissions/*/*/*")}
    assert {name for name in files if name.startswith(("sent", "board"))} == {
        f"sent/{MINE}",
        "sent/submissions/tiny/theirs/predictions.csv",
        "sent/submissions/tiny/theirs/submission.yaml",
        "board/submissions/tiny/theirs/predictions.csv",
    }
    assert (tmp_path / "sent" / MINE).read_bytes() == content
    assert (tmp_path / "sent" / MINE).stat().st_mode & 0o777 == 0o644


def test_nothing_is_written_over_or_elsewhere(base, fork, tmp_path):
    fork.write(MINE, "id\n")
    fork.commit()
    request = request_of(base, fork)
    (folder,) = group_folders(request.changes, read_board(request, TASKS))
    copy_folder(request, folder, tmp_path / "sent")
    with pytest.raises(FileExistsError):
        copy_folder(request, folder, tmp_path / "sent")
    fork.write("src/code.py", "evil\n")
    fork.commit()
    wide = KnownSubmissions(names={"code.py": frozenset()}, reserved={})
    assert not group_folders(request_of(base, fork).changes, wide)


# --- The checking process: alone, bounded, and never believed

GOOD = '{"outcome": "withdrawn"}'


@pytest.fixture
def question(tmp_path):
    folders = {name: tmp_path / name for name in ("root", "board", "sent")}
    for folder in folders.values():
        folder.mkdir()
    return ReviewQuestion(task="obelix", name="mine", is_new=True, **folders)


def run(question, monkeypatch, body, limits=None):
    """Let another program stand in for the checker; it has bound itself as that one does."""
    program = (
        "import json, os, sys; sys.path.insert(0, sys.argv[1]); asked = json.load(sys.stdin)\n"
        "from ionladder.submit.isolate import *\n"
        "bind_this_process(Limits(**asked['limits'])); forbid_side_doors()\n"
    )
    monkeypatch.setattr(verdict, "_PROGRAM", program + body)
    return ask(question, limits or Limits())


def said(answer):
    return str(answer["problems"])


def test_an_answer_is_handed_on_with_what_was_asked(question, monkeypatch):
    body = 'print(json.dumps({"outcome": "withdrawn", "name": "another", "task": "other"}))'
    answer = run(question, monkeypatch, body)
    assert answer == {"task": "obelix", "name": "mine", "is_new": True, "outcome": "withdrawn"}


def test_the_process_gets_nothing_of_the_callers_surroundings(question, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    body = (
        "import resource; R = resource\n"
        "facts = [sorted(os.environ), os.getcwd(), sys.flags.isolated, os.listdir(),\n"
        "         [R.getrlimit(w) for w in (R.RLIMIT_CORE, R.RLIMIT_CPU, R.RLIMIT_FSIZE)]]\n"
        'problem = dict.fromkeys(["where", "expected", "found", "next_step"], json.dumps(facts))\n'
        'print(json.dumps({"outcome": "refused", "problems": [problem]}))'
    )
    found = said(run(question, monkeypatch, body, Limits(cpu_s=7, file_bytes=9999)))
    assert "GITHUB_TOKEN" not in found
    assert "PYTHONPATH" not in found
    assert "ionladder-check-" in found
    assert "[[0, 0], [7, 7], [9999, 9999]]" in found


@pytest.mark.parametrize("answer", ["", "[]", '{"outcome": "brilliant"}', GOOD + GOOD])
def test_an_answer_of_another_shape_is_not_believed(question, monkeypatch, answer):
    found = run(question, monkeypatch, f"print({answer!r})")
    assert found["outcome"] == "unchecked"


def test_a_failing_process_is_for_a_maintainer_with_its_last_word(question, monkeypatch):
    found = run(question, monkeypatch, "raise ValueError('\\u202e<b>')")
    assert found["outcome"] == "unchecked"
    assert "ValueError: \\\\u202e<b>" in said(found)
    assert "fault of the check" in said(found)


@pytest.mark.parametrize(
    "body",
    [
        "os.system('true')",
        "os.fork()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import pickle; pickle.loads(b'cos\\nsystem\\n(S\"true\"\\ntR.')",
    ],
)
def test_side_doors_are_shut(question, monkeypatch, body):
    found = run(question, monkeypatch, f"{body}\nprint({GOOD!r})")
    assert found["outcome"] == "unchecked"
    assert "which it never needs" in said(found)


@pytest.mark.parametrize(
    ("body", "limits", "outcome", "words"),
    [
        ("import time; time.sleep(60)", {"wall_s": 1}, "refused", "a longer one, which was ended"),
        ("while True: pass", {"cpu_s": 1}, "refused", "within 1 CPU-seconds"),
        ("bytearray(400_000_000)", {"memory_bytes": 300_000_000}, "refused", "address space"),
        ("while 1: print('x' * 9999)", {"file_bytes": 99_999}, "unchecked", "failed by itself"),
        ("os.abort()", {}, "refused", "broke off (signal 6)"),
    ],
)
def test_a_process_beyond_a_limit_is_ended(question, monkeypatch, body, limits, outcome, words):
    answer = run(question, monkeypatch, body, Limits(**limits))
    assert answer["outcome"] == outcome
    assert words in said(answer)
