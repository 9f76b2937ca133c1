"""The check of a pull request, from two revisions to a report."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.datasets.registry import get_task
from ionladder.pullrequests.changes import PullRequest, read_pull_request
from ionladder.pullrequests.checkout import read_board, write_board, write_folder
from ionladder.pullrequests.folders import Folder
from ionladder.pullrequests.guard import Guarded, guard
from ionladder.pullrequests.limits import Limits
from ionladder.pullrequests.questions import audit_questions
from ionladder.pullrequests.report import FORMAT, SubmissionReport, Verdict, letters
from ionladder.pullrequests.verdict import Question, ask
from ionladder.specs.params import Params

DEFAULT_LIMITS = Limits()


def guard_pull_request(layout: Layout, params: Params, base: str, head: str) -> Guarded:
    """Only the guard: paths, kinds, sizes and names, without reading any contributed file.

    Raises:
        PullRequestError: A revision is missing, or the two have no single merge base.
    """
    return _guarded(params, read_pull_request(layout.root, base, head))


def check_pull_request(
    layout: Layout,
    params: Params,
    base: str,
    head: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    copy_to: Path | None = None,
) -> dict[str, Any]:
    """Guard a pull request, then validate and score what it adds, each in a process of its own.

    Args:
        layout: The repository that has both revisions; its working tree gives the parameters and
            the tables, and is not changed.
        params: Its parameters.
        base: Revision to merge into.
        head: Revision to merge.
        limits: Bounds of a checking process.
        copy_to: Folder that gets the accepted files if the verdict is good, to show their pages.

    Returns:
        The report, as :class:`ionladder.pullrequests.report.Report` describes it, with the whole
        receipts.

    Raises:
        PullRequestError: A revision is missing, or the two have no single merge base.
    """
    request = read_pull_request(layout.root, base, head)
    guarded = _guarded(params, request)
    submissions = _ask_all(layout, request, guarded.folders, limits)
    seen = [SubmissionReport.model_validate(item) for item in submissions]
    questions = [*guarded.questions, *audit_questions(seen)]
    report = {
        "format": FORMAT,
        "verdict": _verdict(guarded.refusals, questions, submissions),
        "base": request.base,
        "merge_base": request.merge_base,
        "head": request.head,
        "refusals": letters(guarded.refusals),
        "questions": letters(questions),
        "submissions": submissions,
    }
    if copy_to is not None and report["verdict"] == "good":
        for folder in guarded.folders:
            write_folder(request, folder, copy_to)
    return report


def worse(one: Verdict, other: Verdict) -> Verdict:
    """The stricter of two verdicts.

    Example:
        >>> worse("good", "needs a maintainer"), worse("refused", "good")
        ('needs a maintainer', 'refused')
    """
    order: tuple[Verdict, ...] = ("good", "needs a maintainer", "refused")
    return max(one, other, key=order.index)


def _guarded(params: Params, request: PullRequest) -> Guarded:
    tasks = {name: get_task(name) for name in params.task_versions}
    return guard(request.changes, read_board(request, tasks))


def _ask_all(
    layout: Layout, request: PullRequest, folders: Sequence[Folder], limits: Limits
) -> list[dict[str, Any]]:
    """One answer per folder; each stands on the board of the base alone, whatever the others do."""
    answers = []
    with tempfile.TemporaryDirectory(prefix="ionladder-pr-") as room:
        board, sent = Path(room) / "board", Path(room) / "sent"
        for task in sorted({folder.task for folder in folders}):
            write_board(request, task, board)
        for folder in folders:
            question = Question(
                root=layout.root,
                task=folder.task,
                name=folder.name,
                is_new=folder.is_new,
                board=board,
                sent=sent,
            )
            if write_folder(request, folder, sent).exists():
                answers.append(ask(question, limits))
            else:
                known = {"task": folder.task, "name": folder.name, "is_new": folder.is_new}
                answers.append(known | {"outcome": "withdrawn"})
    return answers


def _verdict(
    refusals: Sequence[Problem], questions: Sequence[Problem], submissions: list[dict[str, Any]]
) -> Verdict:
    outcomes = {item["outcome"] for item in submissions}
    if refusals or "refused" in outcomes:
        return "refused"
    return "needs a maintainer" if questions or "unchecked" in outcomes else "good"
