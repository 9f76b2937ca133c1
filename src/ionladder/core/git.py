"""What git knows of this repository, asked and never changed; outside git every answer is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

UPSTREAM = "origin/main"
_COMMIT = re.compile(r"[0-9a-f]{40}")


def head_commit(root: Path) -> str | None:
    """The commit that is checked out, 40 digits; None outside git or before the first commit."""
    return find_commit(root, "HEAD")


def find_commit(root: Path, revision: str) -> str | None:
    """The commit that a branch, a tag or an abbreviated hash names; None when it is not here."""
    if not revision or revision.startswith("-"):
        return None
    return _word(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def base_commit(root: Path, folder: str, *, wanted: str | None = None) -> str | None:
    """The commit that the files of a folder are to be compared with.

    On a branch it is where the branch left ``origin/main``, or the wanted commit. On main itself,
    or without such a remote, it is the commit checked out while there are edits, and otherwise its
    first parent: a commit compared with itself would say nothing.

    Args:
        root: Root of the repository.
        folder: Folder whose uncommitted edits count, relative to the root.
        wanted: Branch, tag or hash to compare with; what it gained since the branch left it does
            not count.

    Returns:
        A commit, or None where git has none to offer (no git, a shallow clone, a first commit).
    """
    head = head_commit(root)
    if head is None:
        return None
    if wanted is not None:
        named = find_commit(root, wanted)
        return named and (_word(root, "merge-base", "HEAD", named) or named)
    base = _word(root, "merge-base", "HEAD", UPSTREAM)
    if base is not None and base != head:
        return base
    return head if _is_edited(root, folder) else find_commit(root, "HEAD^")


def files_at(root: Path, commit: str, folder: str) -> dict[str, bytes]:
    """Path from the root → bytes of every file that a commit has below a folder."""
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", f"{folder}/") or b""
    blobs: dict[str, bytes] = {}
    for line in listed.split(b"\0"):
        described, _, name = line.partition(b"\t")
        words = described.split()  # mode, type, digest
        if words[1:2] == [b"blob"]:
            blobs[os.fsdecode(name)] = words[2]
    contents = _contents(root, list(dict.fromkeys(blobs.values())))
    return {name: contents[digest] for name, digest in blobs.items() if digest in contents}


def commit_times(root: Path, commits: Iterable[str]) -> dict[str, datetime]:
    """Commit → when it was committed, in UTC.

    Only commits that HEAD descends from: what else lies about in a clone (of other branches, or
    left behind by a rebase) is nobody else's, and pages must not depend on it.
    """
    wanted = {commit for commit in commits if _COMMIT.fullmatch(commit)}
    if not wanted:
        return {}
    printed = _git(root, "log", "--format=%H %ct", "HEAD") or b""
    pairs = (line.split() for line in printed.decode("ascii", "replace").splitlines())
    return {
        commit: datetime.fromtimestamp(int(seconds), tz=UTC)
        for commit, seconds in pairs
        if commit in wanted
    }


def _contents(root: Path, digests: list[bytes]) -> dict[bytes, bytes]:
    """Blob → bytes, from one process for all of them; those that are not here are left out."""
    if not digests:
        return {}
    answer = _git(root, "cat-file", "--batch", given=b"\n".join(digests) + b"\n") or b""
    found, start = {}, 0
    while start < len(answer):
        end = answer.index(b"\n", start)
        words = answer[start:end].split()
        start = end + 1
        if words[1] == b"blob":
            size = int(words[2])
            found[words[0]] = answer[start : start + size]
            start += size + 1
    return found


def _is_edited(root: Path, folder: str) -> bool:
    return bool(_git(root, "status", "--porcelain", "--", folder))


def _word(root: Path, *arguments: str) -> str | None:
    """The one word that a git command prints; None when it fails."""
    printed = _git(root, *arguments)
    return printed.decode("ascii", "replace").strip() or None if printed else None


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """What a git command prints; None when it fails or git is not installed."""
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 - no shell, and no argument of a stranger's
        [program, *arguments],
        cwd=root,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # A reader takes no locks: the index stays as it was.
        env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
        check=False,
    )
    return done.stdout if done.returncode == 0 else None
