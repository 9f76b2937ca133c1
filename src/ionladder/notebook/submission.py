"""Recorded predictions as a submission folder with a card to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import SubmissionError
from ionladder.core.files import replacing_folder, write_text
from ionladder.specs.task import Task
from ionladder.submissions.metadata import CARD_FILE
from ionladder.submissions.names import new_folder_problems
from ionladder.submissions.template import card_template
from ionladder.submissions.write import write_tables

if TYPE_CHECKING:
    import pandas as pd


def write_recorded(
    folder: Path,
    task: Task,
    recorded: Mapping[tuple[str | None, int, int], pd.DataFrame],
    *,
    shown_as: str,
) -> None:
    """Write a new submission folder, as a whole or not at all.

    Args:
        folder: Folder to make; it must not exist.
        task: The task.
        recorded: (Scheme, repeat, fold) → predictions indexed by id; the scheme is None for the
            test entries.
        shown_as: Path of the folder for messages.

    Raises:
        SubmissionError: The name is not allowed, or the folder exists.
    """
    import pandas as pd

    problems = new_folder_problems(folder, where=shown_as, instead="remove it first")
    if problems:
        raise SubmissionError(problems)
    test = recorded.get((None, 0, 0))
    parts = [
        table.reset_index().assign(scheme=scheme, repeat=repeat, fold=fold)
        for (scheme, repeat, fold), table in recorded.items()
        if scheme is not None
    ]
    with replacing_folder(folder) as fresh:
        write_tables(
            fresh,
            predictions=None if test is None else test.reset_index(),
            cv_predictions=pd.concat(parts, ignore_index=True) if parts else None,
        )
        write_text(fresh / CARD_FILE, card_template(folder.name, task))
