"""What a pull request changes: every path with its modes, from its merge base to its head."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ionladder.errors import Problem, PullRequestError
from ionladder.git import merge_bases, object_sizes, read_listing, resolve_commit

REGULAR = "100644"
"""Mode of a plain file that is not executable: the only kind a submission consists of."""
ABSENT = "000000"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One changed path. A rename is a removed path and an added one.

    Attributes:
        path: Path from the root; bytes that are not UTF-8 as surrogates.
        status: ``A`` added, ``D`` removed, ``M`` modified, ``T`` turned into another kind.
        old_mode: Mode before, ``000000`` where there was none.
        new_mode: Mode after, likewise.
        object_id: Object after; zeros where there is none.
        size: Bytes after; None where there is no file of that kind here.
    """

    path: str
    status: str
    old_mode: str
    new_mode: str
    object_id: str
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """The two ends of a pull request and what lies between.

    Attributes:
        root: The repository that has the objects.
        base: Commit that it would be merged into.
        head: Its last commit.
        merge_base: The commit where the two part.
        changes: Paths that differ between ``merge_base`` and ``head``, in git's order.
    """

    root: Path
    base: str
    head: str
    merge_base: str
    changes: tuple[Change, ...] = field(repr=False)


def read_pull_request(root: Path, base: str, head: str) -> PullRequest:
    """Compare two revisions as a pull request does; neither is checked out.

    The comparison starts at the merge base, so that what others have merged meanwhile is no
    change of this pull request.

    Raises:
        PullRequestError: A revision is missing, or there is not exactly one merge base.
    """
    base, head = resolve_commit(root, base), resolve_commit(root, head)
    found = merge_bases(root, base, head)
    if len(found) != 1:
        raise PullRequestError(_no_merge_base(base, head, len(found)))
    arguments = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff"]
    listing = read_listing(root, [*arguments, found[0], head])
    return PullRequest(
        root=root,
        base=base,
        head=head,
        merge_base=found[0],
        changes=_with_sizes(root, parse_raw_diff(listing)),
    )


def parse_raw_diff(listing: bytes) -> list[Change]:
    """Read the output of ``git diff-tree -r -z --raw --no-renames --no-abbrev``.

    Example:
        >>> line = b":000000 100644 " + b"0" * 40 + b" " + b"a" * 40 + b" A\\0submissions/x\\0"
        >>> [(change.path, change.status, change.new_mode) for change in parse_raw_diff(line)]
        [('submissions/x', 'A', '100644')]
    """
    parts = listing.split(b"\0")[:-1]
    changes = []
    for facts, path in zip(parts[::2], parts[1::2], strict=True):
        old_mode, new_mode, _, object_id, status = facts.decode().removeprefix(":").split(" ")
        changes.append(
            Change(
                path=os.fsdecode(path),
                status=status[:1],
                old_mode=old_mode,
                new_mode=new_mode,
                object_id=object_id,
            )
        )
    return changes


def _with_sizes(root: Path, changes: list[Change]) -> tuple[Change, ...]:
    files = [change.object_id for change in changes if change.new_mode.startswith("100")]
    sizes = object_sizes(root, files)
    return tuple(
        Change(**(vars(change) | {"size": sizes.get(change.object_id)})) for change in changes
    )


def _no_merge_base(base: str, head: str, n_found: int) -> Problem:
    return Problem(
        where=f"{base[:12]}…{head[:12]}",
        expected="one commit at which the branch left the main branch",
        found="none: the histories are unrelated, or this clone is a shallow one"
        if n_found == 0
        else f"{n_found}: the branches were merged into each other",
        next_step="Rebase the branch onto the main branch, or put its files into a new branch.",
    )
