"""Rules about the submissions of a pull request: how many, their names, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ionladder.core.problems import Problem, first_few
from ionladder.pullrequests.changes import REGULAR
from ionladder.pullrequests.folders import README, ROOT, Board, Folder, shown
from ionladder.pullrequests.lookalikes import is_one_slip_away, skeleton
from ionladder.submissions.names import name_problems

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
