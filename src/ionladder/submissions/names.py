"""Names of submissions: what a folder under ``submissions/<task>/`` may be called."""

from __future__ import annotations

import re
from pathlib import Path

from ionladder.core.problems import Problem

NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_NAME = re.compile(NAME_PATTERN)


def name_problems(name: str, *, where: str) -> list[Problem]:
    """Problems of a submission's folder name; empty when it is fine.

    Example:
        >>> name_problems("rf-paper", where="submissions/obelix/rf-paper")
        []
        >>> len(name_problems("My Model!", where="submissions/obelix/My Model!"))
        1
    """
    if _NAME.fullmatch(name):
        return []
    suggestion = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "my-model"
    return [
        Problem(
            where=where,
            expected="a folder name of 1 to 64 characters from a-z 0-9 . _ -, beginning with "
            "a letter or digit",
            found=repr(name),
            next_step=f"Rename the folder, for example to {suggestion!r}.",
        )
    ]


def new_folder_problems(folder: Path, *, where: str, instead: str) -> list[Problem]:
    """Problems of a submission's folder that is yet to be made: its name, or that it exists.

    Args:
        folder: The folder.
        where: The same for messages.
        instead: What can be done with one that exists, other than choosing another name.
    """
    problems = name_problems(folder.name, where=where)
    if folder.exists():
        problems.append(
            Problem(
                where=where,
                expected="a new folder",
                found="one that exists",
                next_step=f"Choose another name, or {instead}.",
            )
        )
    return problems
