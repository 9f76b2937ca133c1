"""Reading a git repository through plumbing commands: nothing is checked out, nothing is run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ionladder.core.errors import PullRequestError
from ionladder.core.problems import Problem

MAX_LISTING_BYTES = 10_000_000
"""A listing of changes or files longer than this is not read: some 100,000 paths."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
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
    if result.returncode == 0 and _COMMIT.fullmatch(commit):
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
