"""From git objects to files in an empty folder: what the guard let through, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ionladder.pullrequests.changes import ABSENT, REGULAR, PullRequest
from ionladder.pullrequests.folders import ALLOWED, DEPTH, README, ROOT, Board, Folder
from ionladder.pullrequests.git import list_files, read_objects
from ionladder.specs.task import Task

_FILE_MODE = 0o644
_KNOWN = {*ALLOWED, README}


def read_board(request: PullRequest, tasks: Mapping[str, Task]) -> Board:
    """The submissions of the main branch: those of the base, and those of the merge base.

    Both count, because a submission that came or went while the pull request was open belongs to
    somebody else in either case.
    """
    names: dict[str, set[str]] = {task: set() for task in tasks}
    for commit in {request.base, request.merge_base}:
        for file in list_files(request.root, commit, ROOT):
            parts = file.path.split("/")
            if len(parts) == DEPTH and parts[1] in names:
                names[parts[1]].add(parts[2])
    return Board(
        names={task: frozenset(found) for task, found in names.items()},
        reserved={task: frozenset(spec.references) for task, spec in tasks.items()},
    )


def write_board(request: PullRequest, task: str, target: Path) -> None:
    """Write the submissions of a task as the base has them, below ``target/submissions``."""
    _write(request, _files_of(request, f"{ROOT}/{task}"), target)


def write_folder(request: PullRequest, folder: Folder, target: Path) -> Path:
    """Write one submission as it would be after a merge, below ``target/submissions``.

    Args:
        request: The pull request.
        folder: A folder that the guard let through.
        target: An empty folder, or one that has no such submission.

    Returns:
        The submission's folder; it may be missing where the pull request removes every file.
    """
    files = {} if folder.is_new else _files_of(request, folder.path)
    for change in folder.changes:
        if change.new_mode == ABSENT:
            files.pop(change.path, None)
        else:
            files[change.path] = change.object_id
    _write(request, files, target)
    return target / folder.path


def _files_of(request: PullRequest, folder: str) -> dict[str, str]:
    """Path → object of the files of submissions, as the base has them."""
    return {
        file.path: file.object_id
        for file in list_files(request.root, request.base, folder)
        if file.mode == REGULAR and _is_ours(file.path)
    }


def _write(request: PullRequest, files: Mapping[str, str], target: Path) -> None:
    contents = read_objects(request.root, files.values())
    for path, object_id in files.items():
        if not _is_ours(path):
            msg = f"the guard let {path!r} through"
            raise AssertionError(msg)
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(place, flags, _FILE_MODE), "wb") as stream:
            stream.write(contents[object_id])


def _is_ours(path: str) -> bool:
    """Whether a path has the shape of a submission's file; the last word before writing."""
    parts = path.split("/")
    is_plain = all(part not in {"", ".", ".."} and "\0" not in part for part in parts)
    return is_plain and len(parts) == DEPTH and parts[0] == ROOT and parts[3] in _KNOWN
