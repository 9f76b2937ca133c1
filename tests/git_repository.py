"""Small git repositories that tests write: a base, and forks whose heads it fetches as data."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

_ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A. Author",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "A. Author",
    "GIT_COMMITTER_EMAIL": "author@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


def ran(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, what it prints kept as text; its exit code is for the caller."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


class GitRepository:
    """A repository with a working tree."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def start(cls, root: Path) -> GitRepository:
        """A repository on ``main`` with one commit of whatever the folder holds."""
        root.mkdir(parents=True, exist_ok=True)
        repository = cls(root)
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.commit("start")
        return repository

    def git(self, *arguments: str) -> str:
        """Run git without anybody's settings; what it printed, stripped."""
        result = ran("git", *arguments, cwd=self.root, env=os.environ | _ALONE)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def fork(self, root: Path) -> GitRepository:
        """A clone, which shares nothing with this one."""
        self.git("clone", "--quiet", "--no-local", str(self.root), str(root))
        return GitRepository(root)

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file, with its folders."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return place

    def commit(self, message: str = "change") -> str:
        """Commit everything; the commit's id."""
        self.git("add", "--all")
        return self.commit_index(message)

    def commit_index(self, message: str = "change") -> str:
        """Commit what is staged; the commit's id."""
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def fetch_head_of(self, fork: GitRepository) -> str:
        """Fetch a fork's head as a pull request's, without checking it out."""
        self.git("fetch", "--quiet", str(fork.root), "+HEAD:refs/pull/1/head")
        return self.git("rev-parse", "refs/pull/1/head")
