"""Git is read, never needed: commits, merge bases, files and changes, in odd repositories too."""

import os
import time

import pytest

from git_repository import GitRepository
from ionladder import git
from ionladder import git as reading
from ionladder.errors import PullRequestError
from ionladder.pr.rules import KnownSubmissions, guard


@pytest.fixture
def repo(tmp_path):
    root = tmp_path / "main"
    GitRepository(root).write("board/a.json", "one\n")
    return GitRepository.start(root)


def commit(repo, text, path="board/a.json"):
    repo.write(path, text)
    return repo.commit(text)


def facts(root, before, after):
    changes = git.changes_between(root, before, after)
    return [(change.path, change.old_mode, change.new_mode, change.size) for change in changes]


def test_no_program_git_is_needed(repo, monkeypatch):
    head = repo.git("rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "")
    assert git.head_commit(repo.root) == head
    assert git.files_at(repo.root, head, "board") == {"board/a.json": b"one\n"}


def test_files_are_read_as_they_were_with_their_exact_bytes(repo):
    first = repo.git("rev-parse", "HEAD")
    odd = os.fsdecode("board/odd ä\t\xff.bin".encode("latin-1"))
    repo.write(odd, b"\x00blob 3\n\xff")
    repo.write("elsewhere.txt", "x")
    second = commit(repo, "two\n")
    assert git.files_at(repo.root, first, "board") == {"board/a.json": b"one\n"}
    files = {"board/a.json": b"two\n", odd: b"\x00blob 3\n\xff"}
    assert git.files_at(repo.root, second, "board") == files
    for commit_id, folder in ((second, "nowhere"), ("0" * 40, "board")):
        assert git.files_at(repo.root, commit_id, folder) == {}
    names = git.list_files(repo.root, second, "board")
    contents = git.read_objects(repo.root, [file.object_id or "" for file in names])
    assert {file.path: contents[file.object_id or ""] for file in names} == files
    assert [file.size for file in names] == [4, 9]


def test_the_base_is_head_while_there_are_edits_and_its_parent_else(repo):
    first = git.head_commit(repo.root)
    assert git.base_commit(repo.root, "board") is None
    second = commit(repo, "two")
    assert git.base_commit(repo.root, "board") == first
    repo.write("elsewhere.txt", "not in the folder")
    assert git.base_commit(repo.root, "board") == first
    repo.write("board/new.json", "edited")
    assert git.base_commit(repo.root, "board") == second


def test_the_base_of_a_branch_is_where_it_left_main(repo):
    fork = git.head_commit(repo.root)
    repo.git("checkout", "-qb", "branch")
    commit(repo, "two")
    commit(repo, "three")
    repo.git("checkout", "-q", "main")
    repo.git("update-ref", "refs/remotes/origin/main", commit(repo, "four"))
    repo.git("checkout", "-q", "branch")
    assert git.base_commit(repo.root, "board") == fork
    assert git.base_commit(repo.root, "board", wanted="main") == fork
    former = git.find_commit(repo.root, "branch^")
    assert git.base_commit(repo.root, "board", wanted="branch^") == former
    assert git.base_commit(repo.root, "board", wanted="0" * 40) is None


def test_times_are_those_of_commits_that_head_descends_from(repo):
    head = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-qb", "branch")
    other = commit(repo, "two")
    repo.git("checkout", "-q", "main")
    found = git.commit_times(repo.root, [head, other, "nothing"])
    times = [(key, time.isoformat()) for key, time in found.items()]
    assert times == [(head, "2026-01-02T03:04:05+00:00")]


def test_every_best_common_ancestor_is_found(repo):
    root = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-qb", "branch")
    one = commit(repo, "one", "one.txt")
    repo.git("checkout", "-q", "main")
    two = commit(repo, "two", "two.txt")
    assert git.merge_bases(repo.root, one, two) == [root]
    repo.git("merge", "--quiet", "--no-edit", "branch")
    repo.git("checkout", "-q", "branch")
    repo.git("merge", "--quiet", "--no-edit", two)
    ends = (repo.git("rev-parse", "main"), repo.git("rev-parse", "branch"))
    assert git.merge_bases(repo.root, *ends) == sorted([one, two])
    other = GitRepository(repo.root.parent / "other")
    other.write("x", "unrelated")
    GitRepository.start(other.root)
    assert git.merge_bases(repo.root, one, repo.fetch_head_of(other)) == []


def test_changes_are_those_that_git_names(repo):
    before = repo.git("rev-parse", "HEAD")
    repo.write(os.fsdecode(b"mi\xffne/a.csv"), "id\n")
    repo.write(":(top)/x", "")
    repo.write("board/deep/er/file", "x")
    (repo.root / "board/a.json").unlink()
    (repo.root / "board/a.json").symlink_to("deep")
    repo.git("add", "--all")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{before},module")
    after = repo.commit_index()
    listing = repo.git("diff-tree", "-r", "--no-renames", "--raw", before, after)
    expected = [line[1:14] for line in listing.splitlines()]
    found = facts(repo.root, before, after)
    assert [f"{old} {new}" for _, old, new, _ in found] == expected
    assert {path: (mode, size) for path, _, mode, size in found} == {
        ":(top)/x": ("100644", 0),
        "board/a.json": ("120000", None),
        "board/deep/er/file": ("100644", 1),
        os.fsdecode(b"mi\xffne/a.csv"): ("100644", 3),
        "module": ("160000", None),
    }


def make_tree(repo, *entries):
    """A tree of ``mode, name, object``, as damaged as one likes."""
    data = b"".join(f"{m} {n}\0".encode() + bytes.fromhex(o) for m, n, o in entries)
    (repo.root / "tree").write_bytes(data)
    return repo.git("hash-object", "-t", "tree", "-w", "--literally", "tree")


def commit_tree(repo, tree):
    return repo.git("commit-tree", "-m", "odd", "-p", "HEAD", tree)


def test_an_entry_that_is_not_what_it_says_has_no_size_or_an_error(repo):
    head, tree = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "HEAD:board")
    blob = repo.git("rev-parse", "HEAD:board/a.json")
    odd = commit_tree(repo, make_tree(repo, ("100644", "x", tree), ("100644", "y", "1" * 40)))
    found = git.changes_between(repo.root, head, odd)
    new = [change for change in found if change.new_mode != "000000"]
    assert [(change.path, change.size) for change in new] == [("x", None), ("y", None)]
    for object_id in (tree, "1" * 40):
        with pytest.raises(PullRequestError, match="none, or no file"):
            git.read_objects(repo.root, [object_id])
        wrong = blob if object_id == tree else object_id
        odd = commit_tree(repo, make_tree(repo, ("40000", "board", wrong)))
        with pytest.raises(PullRequestError, match="git fsck"):
            git.changes_between(repo.root, head, odd)


@pytest.mark.parametrize("kind", ["phantom", "deep", "wide"])
def test_trees_without_end_are_refused_in_a_report(repo, monkeypatch, kind):
    """Ten trees of ten names each are ten thousand million paths in a few hundred bytes."""
    head, tree = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "HEAD:board")
    blob = repo.git("rev-parse", "HEAD:board/a.json")
    for _ in range({"phantom": 10, "deep": 1500, "wide": 0}[kind]):
        names = "0123456789" if kind == "phantom" else ["deeper"]
        tree = make_tree(repo, *(("40000", name, tree) for name in names))
    if kind == "wide":
        tree = make_tree(repo, *(("100644", f"{i:06}.csv", blob) for i in range(2500)))
    for name in ("mine", "obelix", "submissions"):
        tree = make_tree(repo, ("40000", name, tree))
    monkeypatch.setattr(reading, "MAX_ENTRIES", 2000)
    commit = commit_tree(repo, tree)
    changes = git.changes_between(repo.root, head, commit)
    assert "endless" in {change.new_mode for change in changes}
    board = KnownSubmissions(names={"obelix": frozenset()}, reserved={})
    (found,) = [p for p in guard(changes, board).refusals if p.found.startswith("more ")]
    assert "ranch" in found.next_step or kind == "phantom"
    with pytest.raises(PullRequestError, match="more than 2,000 paths"):
        git.list_files(repo.root, commit, "submissions")


@pytest.mark.parametrize("kind", ["phantom", "wide"])
def test_endless_and_empty_folders_are_counted_in_no_time(repo, kind):
    """50^12 folders around one empty tree, which `git diff` does not print; 60,000 folders."""
    head, top = repo.git("rev-parse", "HEAD"), repo.git("rev-parse", "HEAD:board")
    tree = make_tree(repo)
    if kind == "phantom":
        for _ in range(12):
            tree = make_tree(repo, *(("40000", f"{i:02}", tree) for i in range(50)))
    else:
        tree = make_tree(repo, *(("40000", f"m{i:05}", top) for i in range(60_000)))
    after = commit_tree(repo, make_tree(repo, ("40000", "board", top), ("40000", "x", tree)))
    began = time.process_time()
    found = git.changes_between(repo.root, head, after, most=500)
    assert time.process_time() - began < 1.5
    assert 500 < len(found) < 600
    assert {change.new_mode for change in found} == {"040000" if kind == "phantom" else "100644"}


def test_what_a_commit_has_already_is_no_change_to_it(repo):
    start = repo.git("rev-parse", "HEAD")
    repo.write("board/b.json", "same")
    squashed = commit(repo, "of main", "board/c.json")
    repo.git("checkout", "-q", "-b", "branch", start)
    repo.write("board/b.json", "same")
    head = commit(repo, "of branch", "board/c.json")
    left = git.not_at(repo.root, squashed, git.changes_between(repo.root, start, head))
    assert [change.path for change in left] == ["board/c.json"]


def test_clones_of_every_kind_are_read(repo):
    first = repo.git("rev-parse", "HEAD")
    head = commit(repo, "two\n")
    repo.git("config", "uploadpack.allowFilter", "true")
    url, parent = f"file://{repo.root}", repo.root.parent
    files = {"board/a.json": b"two\n"}
    for name, options, has_history, has_files in (
        ("bare", ("--bare",), True, True),
        ("shallow", ("--depth", "1"), False, True),
        ("partial", ("--filter=blob:none", "--no-checkout"), True, False),
    ):
        root = parent / name
        repo.git("clone", "--quiet", *options, url, str(root))
        if name == "partial":  # as other versions of git write it
            GitRepository(root).git("config", "core.repositoryFormatVersion", "1")
            GitRepository(root).git("config", "extensions.partialClone", "origin")
        assert git.head_commit(root) == head
        assert git.find_commit(root, "HEAD^") == (first if has_history else None)
        assert git.files_at(root, head, "board") == (files if has_files else {})
        known = [head, first] if has_history else [head]
        assert list(git.commit_times(root, [first, head])) == known
        assert len(git.list_files(root, head, "board")) == 1
        if has_history:
            size = 4 if has_files else None
            assert facts(root, first, head) == [("board/a.json", "100644", "100644", size)]
    worktree = parent / "worktree"
    repo.git("worktree", "add", "--quiet", "-b", "aside", str(worktree))
    assert git.head_commit(worktree) == head
    GitRepository(worktree).write("board/b.json", "edited")
    assert git.base_commit(worktree, "board") == head
    assert git.base_commit(repo.root, "board") == first


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_a_repository_of_another_user_is_not_read(repo):
    os.chown(repo.root, 12345, 12345)
    assert git.head_commit(repo.root) is None
    with pytest.raises(PullRequestError, match="not owned by current user"):
        reading.resolve_commit(repo.root, "HEAD")


def test_replaced_objects_do_not_count(repo):
    first = repo.git("rev-parse", "HEAD")
    second = commit(repo, "two\n")
    repo.git("replace", second, first)
    assert facts(repo.root, first, second) == [("board/a.json", "100644", "100644", 4)]


def test_outside_git_and_before_the_first_commit_there_is_none(tmp_path):
    assert git.head_commit(tmp_path) is None
    assert git.base_commit(tmp_path, "board") is None
    assert git.commit_times(tmp_path, ["a" * 40]) == {}
    GitRepository(tmp_path).git("init", "--quiet")
    assert git.head_commit(tmp_path) is None


@pytest.mark.parametrize("revision", ["--all", "nothing", "", "HEAD:board/a.json", "main\nmain"])
def test_what_is_no_commit_is_none(repo, revision):
    head = repo.git("rev-parse", "HEAD")
    assert git.find_commit(repo.root, head[:8]) == head
    assert git.find_commit(repo.root, revision) is None
