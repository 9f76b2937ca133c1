"""Changes between real commits: what a pull request changed, whatever happened to its branch."""

import pytest

from git_repository import GitRepository
from ionladder.errors import PullRequestError
from ionladder.git import ABSENT, REGULAR
from ionladder.pr.check import copy_folder, read_board, read_pull_request, write_board
from ionladder.pr.rules import KnownSubmissions, group_folders, guard
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
