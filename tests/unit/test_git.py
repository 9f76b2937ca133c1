"""Git is asked, never needed: commits, merge bases and files as they were."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ionladder.git import base_commit, files_at, find_commit, head_commit

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def git(root: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, text: str, name: str = "board/a.json") -> str:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", text)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_outside_git_and_before_the_first_commit_there_is_none(tmp_path: Path) -> None:
    assert head_commit(tmp_path) is None
    assert base_commit(tmp_path, "board") is None
    git(tmp_path, "init", "-q")
    assert head_commit(tmp_path) is None


def test_without_git_there_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, "one")
    monkeypatch.setenv("PATH", "")
    assert head_commit(root) is None


def test_files_are_read_as_they_were_with_their_exact_bytes(root: Path) -> None:
    first = commit(root, "one\n")
    (root / "board" / "odd ä\tname.bin").write_bytes(b"\x00blob 3\n\xff")
    (root / "elsewhere.txt").write_text("x")
    second = commit(root, "two\n")
    assert files_at(root, first, "board") == {"board/a.json": b"one\n"}
    assert files_at(root, second, "board") == {
        "board/a.json": b"two\n",
        "board/odd ä\tname.bin": b"\x00blob 3\n\xff",
    }
    assert files_at(root, second, "nowhere") == {}


def test_a_repository_may_stand_in_a_folder_of_another(root: Path) -> None:
    commit(root, "outer")
    inner = root / "inner"
    head = commit(root, "inside", "inner/board/a.json")
    assert files_at(inner, head, "board") == {"board/a.json": b"inside"}


def test_a_revision_is_never_taken_for_an_option(root: Path) -> None:
    head = commit(root, "one")
    assert find_commit(root, head[:8]) == head
    assert find_commit(root, "--all") is None
    assert find_commit(root, "nothing") is None


def test_the_base_is_head_while_there_are_edits_and_its_parent_otherwise(root: Path) -> None:
    first = commit(root, "one")
    assert base_commit(root, "board") is None
    second = commit(root, "two")
    assert base_commit(root, "board") == first
    (root / "board" / "a.json").write_text("edited")
    assert base_commit(root, "board") == second


def test_the_base_of_a_branch_is_where_it_left_main(root: Path) -> None:
    fork = commit(root, "one")
    git(root, "checkout", "-qb", "branch")
    commit(root, "two")
    commit(root, "three")
    git(root, "checkout", "-q", "main")
    main = commit(root, "four")
    git(root, "update-ref", "refs/remotes/origin/main", main)
    git(root, "checkout", "-q", "branch")
    assert base_commit(root, "board") == fork
    assert base_commit(root, "board", wanted="main") == fork
    assert base_commit(root, "board", wanted="branch^") == find_commit(root, "branch^")
    assert base_commit(root, "board", wanted="0" * 40) is None
