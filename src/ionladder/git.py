"""Reading the git repository: commits, trees, blobs and differences."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ionladder.errors import Problem, PullRequestError

# What git knows of this repository, asked and never changed; outside git every answer is none


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


# Reading a git repository through plumbing commands: nothing is checked out, nothing is run


MAX_LISTING_BYTES = 10_000_000
"""A listing of changes or files longer than this is not read: some 100,000 paths."""

_GIT_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# No replacement of objects, no fetching of what is missing, no locks, no translated messages.
_SURROUNDINGS = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True, kw_only=True)
class TreeFile:
    """One entry of a commit's tree, folders resolved.

    Attributes:
        path: Path from the root; bytes that are not UTF-8 as surrogates.
        mode: ``100644`` for a regular file, ``120000`` a link, ``160000`` a submodule.
        object_id: Its object.
    """

    path: str
    mode: str
    object_id: str


def resolve_commit(root: Path, revision: str) -> str:
    """The full id of a commit.

    Raises:
        PullRequestError: There is no such commit here.
    """
    spec = f"{revision}^{{commit}}"
    result = _run(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", spec])
    commit = result.stdout.decode().strip()
    if result.returncode == 0 and _GIT_COMMIT.fullmatch(commit):
        return commit
    reason = result.stderr.decode(errors="replace").strip().splitlines()
    raise PullRequestError(
        Problem(
            where=str(root),
            expected=f"a git repository with the commit {revision!a}",
            found=reason[-1] if reason else "no such commit",
            next_step="Fetch it, for example with `git fetch origin pull/NUMBER/head`.",
        )
    )


def merge_bases(root: Path, base: str, head: str) -> list[str]:
    """Every best common ancestor of two commits; empty when their histories are unrelated."""
    return _run(root, ["merge-base", "--all", base, head]).stdout.decode().split()


def list_files(root: Path, commit: str, folder: str) -> list[TreeFile]:
    """Files of a commit below a folder, in the order of their paths; empty when it has none."""
    arguments = ["ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/"]
    files = []
    for entry in read_listing(root, arguments).split(b"\0")[:-1]:
        head, _, path = entry.partition(b"\t")
        mode, _, object_id = head.decode().split(" ")
        files.append(TreeFile(path=os.fsdecode(path), mode=mode, object_id=object_id))
    return files


def object_sizes(root: Path, object_ids: Sequence[str]) -> dict[str, int]:
    """Object → size in bytes, for those that are files and are here."""
    query = "".join(f"{object_id}\n" for object_id in object_ids).encode()
    command = ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"]
    sizes = {}
    for line in _run(root, command, given=query).stdout.decode().splitlines():
        name, _, rest = line.partition(" ")
        kind, _, size = rest.partition(" ")
        if kind == "blob":
            sizes[name] = int(size)
    return sizes


def read_objects(root: Path, object_ids: Iterable[str]) -> dict[str, bytes]:
    """Object → its bytes, unfiltered. The caller has made sure that they are files and small."""
    wanted = list(dict.fromkeys(object_ids))
    query = "".join(f"{object_id}\n" for object_id in wanted).encode()
    output = _run(root, ["cat-file", "--batch"], given=query).stdout
    contents, start = {}, 0
    for object_id in wanted:
        end = output.index(b"\n", start)
        name, kind, *size = output[start:end].decode().split(" ")
        if kind != "blob" or name != object_id:
            raise PullRequestError(_unreadable(root, f"object {object_id}", kind))
        start = end + 1
        contents[object_id] = output[start : start + int(size[0])]
        start += int(size[0]) + 1
    return contents


def read_listing(root: Path, arguments: Sequence[str]) -> bytes:
    """What a git command prints, if that is not endless.

    Raises:
        PullRequestError: The command failed, or printed more than ``MAX_LISTING_BYTES``.
    """
    with subprocess.Popen(  # noqa: S603 - git with our own arguments, no shell
        _command(root, arguments),
        env=os.environ | _SURROUNDINGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        output = process.stdout.read(MAX_LISTING_BYTES + 1) if process.stdout else b""
        if len(output) > MAX_LISTING_BYTES:
            process.kill()
            found = f"more than {MAX_LISTING_BYTES // 1_000_000} MB of paths"
            raise PullRequestError(_unreadable(root, f"git {arguments[0]}", found))
    if process.returncode:
        found = f"exit code {process.returncode}"
        raise PullRequestError(_unreadable(root, f"git {arguments[0]}", found))
    return output


def _run(
    root: Path, arguments: Sequence[str], *, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - git with our own arguments, no shell
        _command(root, arguments),
        env=os.environ | _SURROUNDINGS,
        input=given,
        capture_output=True,
        check=False,
    )


def _command(root: Path, arguments: Sequence[str]) -> list[str]:
    # Pathspecs are taken literally: a folder called `:(top)` is a folder.
    return ["git", "-C", str(root), "--no-pager", "--literal-pathspecs", *arguments]


def _unreadable(root: Path, what: str, found: str) -> Problem:
    return Problem(
        where=f"{root}, {what}",
        expected="a readable git repository",
        found=found,
        next_step="Run `git fsck`, fetch again, and check what the commit contains.",
    )
