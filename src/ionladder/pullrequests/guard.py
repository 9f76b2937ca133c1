"""The guard: which changes of a pull request a submission may consist of. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ionladder.core.problems import Problem
from ionladder.pullrequests.changes import Change
from ionladder.pullrequests.file_rules import file_problems
from ionladder.pullrequests.folder_rules import folder_problems, folder_questions
from ionladder.pullrequests.folders import Board, Folder, group_folders


@dataclass(frozen=True, kw_only=True)
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


def guard(changes: Sequence[Change], board: Board) -> Guarded:
    """Hold the changes of a pull request to the rules, and gather all that is wrong with them."""
    folders = group_folders(changes, board)
    refusals = [*file_problems(changes, board), *folder_problems(folders, board)]
    return Guarded(
        refusals=tuple(refusals),
        questions=tuple(folder_questions(folders, board)),
        folders=() if refusals else tuple(folders),
    )
