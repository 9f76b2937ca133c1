"""The guard: which changes of a pull request a submission may consist of. Pure, no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from ionladder.errors import Problem, did_you_mean, first_few, worded
from ionladder.git import ABSENT, ENDLESS, MAX_ENTRIES, REGULAR, FileChange
from ionladder.repo import MAX_BYTES as MAX_CARD_BYTES
from ionladder.submit.card import CARD_FILE, name_problems, skeleton

ROOT = "submissions"
#: Parts of the path of a submission's file: submissions / task / name / file.
DEPTH = 4
#: Files of every kind of task; what else a task refuses, its own check says.
ALLOWED = (
    *(CARD_FILE, "predictions.csv", "predictions.parquet", "cv_predictions.csv"),
    *("cv_predictions.parquet", "predictions.extxyz", "offset_predictions.parquet"),
)
#: Free text that only a person can judge: accepted in a folder, but never without a look.
README = "README.md"
MAX_TABLE_BYTES = 10_000_000
MAX_TOTAL_BYTES = 30_000_000
MAX_FOLDERS = 5
#: Changed files of a pull request that are looked at one by one: counted before all else.
MAX_CHANGES = 500
_MADE_ON_MAIN = ("leaderboard/", "dvc.lock")
#: What may come with a submission, since it made it; a maintainer reads it.
_BASELINE_CODE = ("src/ionladder/baselines/", "tests/unit/baselines/", "CHANGELOG.md")
_LONGEST_SHOWN = 120
_KINDS = {
    "100755": "executable",
    "040000": "empty-folder",
    ENDLESS: "endless-folder",
    "120000": "symbolic-link",
    "160000": "submodule",
}


@dataclass(frozen=True, kw_only=True)
class KnownSubmissions:
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
        task, name: Its task and name.
        is_new: Whether the main branch has no submission of this name.
        changes: The changes below it.
    """

    task: str
    name: str
    is_new: bool
    changes: tuple[FileChange, ...] = field(repr=False)

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.task}/{self.name}"


@dataclass(frozen=True)
class Guarded:
    """What the guard says.

    Attributes:
        refusals: Why the pull request is no submission; empty when it is one.
        questions: What a maintainer has to decide before it is merged.
        folders: The submissions it touches; empty when anything is refused.
    """

    refusals: tuple[Problem, ...]
    questions: tuple[Problem, ...]
    folders: tuple[Folder, ...]


def guard(changes: Sequence[FileChange], board: KnownSubmissions) -> Guarded:
    """Hold the changes of a pull request to the rules, and gather all that is wrong with them."""
    if len(changes) > MAX_CHANGES:
        facts = {"folders": MAX_FOLDERS, "files": MAX_CHANGES}
        return Guarded((worded("files-too-many", "the pull request", **facts),), (), ())
    folders = group_folders(changes, board)
    refusals = (
        *_places(changes, board, has_submission=bool(folders)),
        *_kinds(changes),
        *_file_names(changes),
        *_sizes(changes),
        *_repeated(changes),
        *_folders(folders, board),
    )
    return Guarded(
        refusals=refusals,
        questions=(*_code(changes, folders), *_questions(folders, board)),
        folders=() if refusals else tuple(folders),
    )


def group_folders(changes: Sequence[FileChange], board: KnownSubmissions) -> list[Folder]:
    """The submissions that changes touch: those in the right place, below a known task."""
    grouped: dict[tuple[str, str], list[FileChange]] = {}
    for change in changes:
        parts = change.path.split("/")
        if parts[0] == ROOT and len(parts) == DEPTH and parts[1] in board.names:
            grouped.setdefault((parts[1], parts[2]), []).append(change)
    return [
        Folder(task=task, name=name, is_new=name not in board.names[task], changes=tuple(items))
        for (task, name), items in grouped.items()
    ]


def shown(path: str) -> str:
    """A path as an error prints it: anything but plain ASCII is escaped, so nothing can hide.

    Example:
        >>> shown("submissions/obelix/a"), shown("submissions/\\u0430")
        ('submissions/obelix/a', "'submissions/\\\\u0430'")
    """
    text = path if path.isascii() and path.isprintable() else ascii(path)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


# Rules about single files


def _places(
    changes: Sequence[FileChange], board: KnownSubmissions, *, has_submission: bool
) -> Iterator[Problem]:
    """Nothing outside ``submissions/<task>/<name>/<file>`` of a known task."""
    if not changes:
        yield worded("no-change", "the pull request")
    outside = [change.path for change in changes if not change.path.startswith(f"{ROOT}/")]
    made = [path for path in outside if path.startswith(_MADE_ON_MAIN)]
    other = [path for path in outside if path not in made]
    if has_submission and all(path.startswith(_BASELINE_CODE) for path in other):
        other = []
    back = "Take these changes back"
    own = "Code, data, workflows and documents go into a pull request of their own, which a"
    for paths, next_step in (
        (other, f"{back}. {own} maintainer reads."),
        (made, f"{back}: boards and locks are made again on the main branch."),
    ):
        if paths:
            n_files = f"{len(paths)} file{'' if len(paths) == 1 else 's'}"
            tops = {path.split("/")[0] for path in paths}
            meant = sorted(top for top in tops if get_close_matches(top.casefold(), [ROOT]))
            hint = f" Did you mean `{ROOT}/` by {first_few(map(shown, meant))}?" if meant else ""
            facts = {"n": n_files, "files": first_few(map(shown, paths)), "step": next_step + hint}
            yield worded("files-elsewhere", "the pull request", **facts)
    for change in changes:
        parts = change.path.split("/")
        if parts[0] != ROOT or change.new_mode == ENDLESS:
            continue
        if len(parts) >= DEPTH and parts[1] not in board.names:
            hint = did_you_mean(parts[1], board.names)
            yield Problem(shown(change.path), "a task of this repository", ascii(parts[1]), hint)
        elif len(parts) != DEPTH:
            yield worded(
                "file-depth",
                shown(change.path),
                found="a file above it" if len(parts) < DEPTH else "a folder inside it",
            )


def _kinds(changes: Sequence[FileChange]) -> Iterator[Problem]:
    """Links, submodules, executables: anything that is not a plain file."""
    for change in changes:
        if (mode := change.new_mode) not in {REGULAR, ABSENT}:
            facts = {"path": shown(change.path), "mode": mode, "most": MAX_ENTRIES}
            yield worded(_KINDS.get(mode, "odd-mode"), shown(change.path), **facts)


def _file_names(changes: Sequence[FileChange]) -> Iterator[Problem]:
    for change in changes:
        parts = change.path.split("/")
        if parts[0] != ROOT or len(parts) != DEPTH or change.new_mode in (ABSENT, ENDLESS):
            continue
        if parts[3] not in {*ALLOWED, README}:
            facts = {"known": ", ".join(ALLOWED), "name": parts[3]}
            hint = did_you_mean(parts[3].casefold(), ALLOWED)
            yield worded("file-name", shown(change.path), **facts, hint=hint)


def _sizes(changes: Sequence[FileChange]) -> Iterator[Problem]:
    """Files too large each or together, and those whose size nobody can tell."""
    files = [c for c in changes if c.new_mode == REGULAR and c.path.startswith(f"{ROOT}/")]
    for change in files:
        limit = MAX_CARD_BYTES if change.path.endswith((CARD_FILE, README)) else MAX_TABLE_BYTES
        if change.size is None or change.size > limit:
            size = "a file that git does not have" if change.size is None else _bytes(change.size)
            yield worded("file-size", shown(change.path), most=_bytes(limit), size=size)
    total = sum(change.size or 0 for change in files)
    if total > MAX_TOTAL_BYTES:
        facts = {"most": _bytes(MAX_TOTAL_BYTES), "size": _bytes(total)}
        yield worded("files-too-large", "the pull request", **facts)


def _bytes(size: int) -> str:
    return f"{size / 1e6:.3g} MB" if size >= 1_000_000 else f"{size / 1e3:.3g} kB"


def _repeated(changes: Sequence[FileChange]) -> Iterator[Problem]:
    """A damaged tree can hold a name twice; which of the two counts is anybody's guess."""
    for path, count in Counter(change.path for change in changes).items():
        if count > 1:
            yield worded("file-twice", shown(path), n=f"{count}")


# Rules about the submissions: how many, their names, and whose they are


def _folders(folders: Sequence[Folder], board: KnownSubmissions) -> Iterator[Problem]:
    """Too many submissions, folder names outside the accepted characters, names that collide."""
    if len(folders) > MAX_FOLDERS:
        listed = first_few(shown(folder.path) for folder in folders)
        facts = {"most": MAX_FOLDERS, "n": len(folders), "names": listed}
        yield worded("submissions-too-many", "the pull request", **facts)
    for folder in folders:
        for problem in name_problems(folder.name, where=shown(folder.path)):
            yield replace(problem, found=ascii(folder.name))
            if (folded := folder.name.casefold()) in board.names[folder.task]:
                facts = {"root": ROOT, "task": folder.task, "other": folded}
                yield worded("name-case", shown(folder.path), **facts)
    for place, folder in enumerate(folders):
        others = {*board.names[folder.task], *board.reserved.get(folder.task, ())}
        others |= {other.name for other in folders[:place] if other.task == folder.task}
        others = {other for other in others if skeleton(other) == skeleton(folder.name)}
        if folder.is_new and (twins := sorted(others - {folder.name})):
            yield worded(
                "name-alike",
                shown(folder.path),
                name=folder.name,
                others=first_few(map(ascii, twins)),
            )


def _code(changes: Sequence[FileChange], folders: Sequence[Folder]) -> Iterator[Problem]:
    """Code of a baseline that comes with its submission: a maintainer reads it."""
    code = [change.path for change in changes if change.path.startswith(_BASELINE_CODE)]
    if code and folders:
        yield worded("baseline-code", "the pull request", files=first_few(map(shown, code)))


def _questions(folders: Sequence[Folder], board: KnownSubmissions) -> Iterator[Problem]:
    """What a maintainer has to decide before the folders are merged."""
    for folder in folders:
        if not folder.is_new:  # git cannot prove whose it is
            changes = first_few(map(_done, folder.changes))
            yield worded("known-submission", folder.path, changes=changes)
    for folder in folders:
        if any(c.path.endswith(f"/{README}") and c.new_mode == REGULAR for c in folder.changes):
            yield worded("readme", f"{folder.path}/{README}")
    new = [folder for folder in folders if folder.is_new]
    for folder in new:
        near = sorted(o for o in board.names[folder.task] if is_one_slip_away(folder.name, o))
        if near:
            others = first_few(map(repr, near))
            yield worded("name-near", folder.path, name=folder.name, others=others)
    for folder in new:
        if folder.name in board.reserved.get(folder.task, ()):
            yield worded("name-reserved", folder.path, name=repr(folder.name))


def _done(change: FileChange) -> str:
    """What a change does to a file, as in "adds predictions.csv"."""
    verb = "changes"
    if ABSENT in (change.old_mode, change.new_mode):
        verb = "adds" if change.old_mode == ABSENT else "removes"
    elif change.old_mode[:2] != change.new_mode[:2]:
        verb = "replaces"
    return f"{verb} {change.path.split('/')[-1]}"


#: Names below this length differ by one character as often as not.
_SHORTEST = 4


def is_one_slip_away(name: str, other: str) -> bool:
    """Whether two names differ by one character added, left out, changed or swapped with the next.

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
    return (rest_short[1::-1] + rest_short[2:]) == rest_long and not rest_short[:2].isdigit()
