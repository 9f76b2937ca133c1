"""Rules for the files of a pull request."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ionladder.errors import Problem, did_you_mean, first_few
from ionladder.pr.changes import ABSENT, REGULAR, Change
from ionladder.pr.report import SubmissionReport
from ionladder.repo import MAX_BYTES as MAX_CARD_BYTES
from ionladder.submit.card import CARD_FILE, name_problems

# The submissions that a pull request touches, and what the main branch has already


ROOT = "submissions"
DEPTH = 4
"""Parts of the path of a submission's file: submissions / task / name / file."""

TABLES = tuple(
    f"{stem}{suffix}"
    for stem in ("predictions", "cv_predictions")
    for suffix in (".csv", ".parquet")
)
ARRAYS = ("predictions.extxyz", "offset_predictions.parquet")
"""Further files of tasks that predict arrays; what else a task refuses, its own check says."""
ALLOWED = (CARD_FILE, *TABLES, *ARRAYS)
README = "README.md"
"""Free text that only a person can judge: accepted in a folder, but never without a look."""

_LONGEST_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Board:
    """What a guard knows of the main branch.

    Attributes:
        names: Task → names of the submissions it has, before the pull request or now.
        reserved: Task → names that the task keeps for its references.
    """

    names: Mapping[str, frozenset[str]]
    reserved: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Folder:
    """One submission that a pull request adds or changes.

    Attributes:
        task: Its task.
        name: Its name.
        is_new: Whether the main branch has no submission of this name.
        changes: The changes below it.
    """

    task: str
    name: str
    is_new: bool
    changes: tuple[Change, ...] = field(repr=False)

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.task}/{self.name}"


def group_folders(changes: Sequence[Change], board: Board) -> list[Folder]:
    """The submissions that changes touch: those in the right place, below a known task."""
    grouped: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        parts = change.path.split("/")
        if parts[0] == ROOT and len(parts) == DEPTH and parts[1] in board.names:
            grouped.setdefault((parts[1], parts[2]), []).append(change)
    return [
        Folder(task=task, name=name, is_new=name not in board.names[task], changes=tuple(items))
        for (task, name), items in grouped.items()
    ]


def shown(path: str) -> str:
    """A path as a letter prints it: anything but plain ASCII is escaped, so nothing can hide.

    Example:
        >>> shown("submissions/obelix/a"), shown("submissions/\\u0430")
        ('submissions/obelix/a', "'submissions/\\\\u0430'")
    """
    text = path if path.isascii() and path.isprintable() else ascii(path)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


# Rules about single files of a pull request: where they are, what they are, how large


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


# Names that readers would mistake for each other


# Names consist of a-z 0-9 . _ - only; these are the characters among them that look alike.
_SAME_SHAPE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", ".": "", "_": "", "-": ""})
_SAME_PAIRS = (("rn", "m"), ("vv", "w"))
_SHORTEST = 4
"""Names below this length differ by one character as often as not."""


def skeleton(name: str) -> str:
    """What is left of a name when its separators and look-alike characters are made the same.

    Compatibility forms (full-width letters, ligatures) and case are folded first.

    Example:
        >>> skeleton("rf-paper") == skeleton("RF_Paper"), skeleton("mlp") == skeleton("mip")
        (True, True)
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    for pair, single in _SAME_PAIRS:
        folded = folded.replace(pair, single)
    return folded.translate(_SAME_SHAPE)


def is_one_slip_away(name: str, other: str) -> bool:
    """Whether one letter added, left out, changed or swapped with its neighbour parts two names.

    Digits do not count as a slip: ``model-2`` beside ``model`` or ``model-1`` is a version.

    Example:
        >>> is_one_slip_away("rf-papers", "rf-paper"), is_one_slip_away("rf-paper2", "rf-paper")
        (True, False)
    """
    short, long = sorted((name, other), key=len)
    if len(short) < _SHORTEST or short == long:
        return False
    start = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    rest_short, rest_long = short[start:], long[start:]
    if len(long) == len(short) + 1:
        return rest_short == rest_long[1:] and not rest_long[0].isdigit()
    if len(long) != len(short):
        return False
    if rest_short[1:] == rest_long[1:]:
        return not (rest_short[0].isdigit() and rest_long[0].isdigit())
    swapped = rest_short[1::-1] + rest_short[2:]
    return swapped == rest_long and not rest_short[:2].isdigit()


# Rules about the submissions of a pull request: how many, their names, and whose they are


MAX_FOLDERS = 5

_VERBS = {"A": "adds", "D": "removes", "M": "changes", "T": "replaces"}


def folder_problems(folders: Sequence[Folder], board: Board) -> list[Problem]:
    """Every reason in the folders why a pull request is no submission."""
    names = [problem for folder in folders for problem in _names(folder, board)]
    return [*_too_many(folders), *names, *_alike(folders, board)]


def folder_questions(folders: Sequence[Folder], board: Board) -> list[Problem]:
    """What a maintainer has to decide before the folders are merged."""
    return [
        *_edits(folders),
        *_readmes(folders),
        *_slips(folders, board),
        *_reserved(folders, board),
    ]


def _too_many(folders: Sequence[Folder]) -> Iterator[Problem]:
    if len(folders) > MAX_FOLDERS:
        yield Problem(
            where="the pull request",
            expected=f"at most {MAX_FOLDERS} submissions",
            found=f"{len(folders)} ({first_few(shown(folder.path) for folder in folders)})",
            next_step="Send them in several pull requests.",
        )


def _names(folder: Folder, board: Board) -> Iterator[Problem]:
    """A folder name outside the accepted characters, and whom it collides with."""
    for problem in name_problems(folder.name, where=shown(folder.path)):
        yield replace(problem, found=ascii(folder.name))
        folded = folder.name.casefold()
        if folded in board.names[folder.task]:
            yield Problem(
                where=shown(folder.path),
                expected="a name that differs from others by more than case",
                found=f"the name of {ROOT}/{folder.task}/{folded}",
                next_step="Choose another name: some file systems cannot hold both.",
            )


def _alike(folders: Sequence[Folder], board: Board) -> Iterator[Problem]:
    """A new name that reads like one that is there, or like another new one."""
    for place, folder in enumerate(folders):
        if not folder.is_new:
            continue
        others = {*board.names[folder.task], *board.reserved.get(folder.task, ())}
        others |= {other.name for other in folders[:place] if other.task == folder.task}
        mine = skeleton(folder.name)
        twins = sorted(o for o in others if o != folder.name and skeleton(o) == mine)
        if twins:
            yield Problem(
                where=shown(folder.path),
                expected="a name that cannot be mistaken for another",
                found=f"{folder.name!a}, which reads like {first_few(map(ascii, twins))}",
                next_step="Choose another name.",
            )


def _edits(folders: Sequence[Folder]) -> Iterator[Problem]:
    """Changes of what is on the board already; git cannot prove whose it is."""
    for folder in folders:
        if folder.is_new:
            continue
        names = first_few(
            f"{_VERBS.get(c.status, 'changes')} {c.path.split('/')[-1]}" for c in folder.changes
        )
        yield Problem(
            where=folder.path,
            expected="a new submission",
            found=f"changes of one that is on the board ({names})",
            next_step="Its authors may correct or withdraw it: a maintainer makes sure that it is "
            "they who ask. For a new model or a new version, add a folder of another name.",
        )


def _readmes(folders: Sequence[Folder]) -> Iterator[Problem]:
    for folder in folders:
        if any(c.path.endswith(f"/{README}") and c.new_mode == REGULAR for c in folder.changes):
            yield Problem(
                where=f"{folder.path}/{README}",
                expected="no free text beside submission.yaml",
                found="a README",
                next_step="A maintainer reads it. Without it (`notes` in submission.yaml takes "
                "remarks) nobody has to.",
            )


def _slips(folders: Sequence[Folder], board: Board) -> Iterator[Problem]:
    for folder in folders:
        if not folder.is_new:
            continue
        near = sorted(o for o in board.names[folder.task] if is_one_slip_away(folder.name, o))
        if near:
            yield Problem(
                where=folder.path,
                expected="a name that differs from others by more than one letter",
                found=f"{folder.name!r}, close to {first_few(map(repr, near))}",
                next_step="Choose a name that tells them apart, or let a maintainer look at it.",
            )


def _reserved(folders: Sequence[Folder], board: Board) -> Iterator[Problem]:
    for folder in folders:
        if folder.is_new and folder.name in board.reserved.get(folder.task, ()):
            yield Problem(
                where=folder.path,
                expected="a name that the task does not keep for its references",
                found=repr(folder.name),
                next_step="Choose another name; references are not ranked.",
            )


# Findings of the audit that a person looks at before a submission is merged


ASKED = frozenset({"affine", "identical", "labels"})
"""Checks of the audit whose findings are questions; the others are notes for readers."""


def audit_questions(submissions: Sequence[SubmissionReport]) -> list[Problem]:
    """What the audit saw that may have an innocent reason, which only the authors can give."""
    return [
        Problem(
            where=f"submissions/{item.task}/{item.name}",
            expected="predictions of a model's own",
            found=note.title.lower(),
            next_step=f"{note.sentence} A line in `notes` of submission.yaml settles most.",
        )
        for item in submissions
        for note in item.audit
        if note.check in ASKED
    ]
