"""Rules about single files of a pull request: where they are, what they are, how large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ionladder.core.problems import Problem, did_you_mean, first_few
from ionladder.core.yaml_files import MAX_BYTES as MAX_CARD_BYTES
from ionladder.pullrequests.changes import ABSENT, REGULAR, Change
from ionladder.pullrequests.folders import ALLOWED, DEPTH, README, ROOT, Board, shown
from ionladder.submissions.metadata import CARD_FILE

MAX_TABLE_BYTES = 10_000_000
MAX_TOTAL_BYTES = 30_000_000
_MADE_ON_MAIN = ("leaderboard/", "dvc.lock")

_KINDS = {
    "100755": ("an executable file", "Run `chmod 644` on it and commit again."),
    "120000": ("a symbolic link", "Put the file itself here."),
    "160000": ("a submodule", "Remove it; link code from submission.yaml."),
}


def file_problems(changes: Sequence[Change], board: Board) -> list[Problem]:
    """Every reason in single files why a pull request is no submission."""
    return [
        *_nothing(changes),
        *_outside(changes),
        *_misplaced(changes, board),
        *_kinds(changes),
        *_file_names(changes),
        *_sizes(changes),
        *_repeated(changes),
    ]


def _nothing(changes: Sequence[Change]) -> Iterator[Problem]:
    if not changes:
        yield Problem(
            where="the pull request",
            expected="a new folder under submissions/<task>/",
            found="no change",
            next_step="Commit the folder and push the branch.",
        )


def _outside(changes: Sequence[Change]) -> Iterator[Problem]:
    """Everything that is not below ``submissions/``: code, pipeline, workflows, boards."""
    outside = [change.path for change in changes if not change.path.startswith(f"{ROOT}/")]
    made = [path for path in outside if path.startswith(_MADE_ON_MAIN)]
    other = [path for path in outside if not path.startswith(_MADE_ON_MAIN)]
    for paths, next_step in (
        (
            other,
            (
                "Take these changes back. Code, data, workflows and documents go into a pull "
                "request of their own, which a maintainer reads."
            ),
        ),
        (made, "Take these changes back: boards and locks are made again on the main branch."),
    ):
        if paths:
            yield Problem(
                where="the pull request",
                expected="only files below submissions/<task>/<name>/",
                found=f"{_files(len(paths))} elsewhere ({first_few(map(shown, paths))})",
                next_step=next_step,
            )


def _misplaced(changes: Sequence[Change], board: Board) -> Iterator[Problem]:
    """Below ``submissions/``, but not at ``<task>/<name>/<file>`` of a known task."""
    for change in changes:
        parts = change.path.split("/")
        if parts[0] != ROOT:
            continue
        if len(parts) > 1 and parts[1] not in board.names and len(parts) >= DEPTH:
            yield Problem(
                where=shown(change.path),
                expected="a task of this repository",
                found=ascii(parts[1]),
                next_step=did_you_mean(parts[1], board.names),
            )
        elif len(parts) != DEPTH:
            yield Problem(
                where=shown(change.path),
                expected="a file directly below submissions/<task>/<name>/",
                found="a file above it" if len(parts) < DEPTH else "a folder inside it",
                next_step="Move it there, or leave it out.",
            )


def _kinds(changes: Sequence[Change]) -> Iterator[Problem]:
    """Links, submodules, executables: anything that is not a plain file."""
    for change in changes:
        if change.new_mode in {REGULAR, ABSENT}:
            continue
        found, step = _KINDS.get(
            change.new_mode, (f"an entry of mode {change.new_mode!a}", "Commit a plain file.")
        )
        yield Problem(
            where=shown(change.path), expected="a regular file", found=found, next_step=step
        )


def _file_names(changes: Sequence[Change]) -> Iterator[Problem]:
    for change in changes:
        parts = change.path.split("/")
        if parts[0] != ROOT or len(parts) != DEPTH or change.new_mode == ABSENT:
            continue
        if parts[3] not in {*ALLOWED, README}:
            yield Problem(
                where=shown(change.path),
                expected=f"only {', '.join(ALLOWED)}",
                found=f"a file {parts[3]!a}",
                next_step="Leave it out; link code and models from submission.yaml. "
                + did_you_mean(parts[3].casefold(), ALLOWED),
            )


def _sizes(changes: Sequence[Change]) -> Iterator[Problem]:
    """Files too large each or together, and those whose size nobody can tell."""
    total = 0
    for change in changes:
        if change.new_mode != REGULAR or not change.path.startswith(f"{ROOT}/"):
            continue
        is_text = change.path.endswith((CARD_FILE, README))
        limit = MAX_CARD_BYTES if is_text else MAX_TABLE_BYTES
        total += change.size or 0
        if change.size is None or change.size > limit:
            yield Problem(
                where=shown(change.path),
                expected=f"at most {_bytes(limit)}",
                found="a file that git does not have"
                if change.size is None
                else _bytes(change.size),
                next_step="Keep only the rows and columns that the task asks for; parquet is "
                "smaller than CSV.",
            )
    if total > MAX_TOTAL_BYTES:
        yield Problem(
            where="the pull request",
            expected=f"at most {_bytes(MAX_TOTAL_BYTES)} in all",
            found=_bytes(total),
            next_step="Send the submissions in several pull requests.",
        )


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.3g} MB" if size >= 1_000_000 else f"{size / 1e3:.3g} kB"


def _repeated(changes: Sequence[Change]) -> Iterator[Problem]:
    """A damaged tree can hold a name twice; which of the two counts is anybody's guess."""
    for path, count in Counter(change.path for change in changes).items():
        if count > 1:
            yield Problem(
                where=shown(path),
                expected="one file of a name",
                found=f"{count}",
                next_step="Commit the folder again from a fresh clone.",
            )
