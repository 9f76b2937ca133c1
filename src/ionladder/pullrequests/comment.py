"""The comment on a pull request: a stranger's report, held to what git itself says."""

from __future__ import annotations

from collections.abc import Mapping

from ionladder.core.errors import PullRequestError
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, first_few
from ionladder.pullrequests.check import guard_pull_request, worse
from ionladder.pullrequests.git import resolve_commit
from ionladder.pullrequests.guard import Guarded
from ionladder.pullrequests.questions import audit_questions
from ionladder.pullrequests.report import Letter, Report, Verdict
from ionladder.pullrequests.summary import render
from ionladder.specs.params import Params
from ionladder.specs.task import Task


def comment(
    layout: Layout,
    params: Params,
    report: Report,
    tasks: Mapping[str, Task],
    *,
    base: str,
    head: str,
    run: str | None = None,
) -> str:
    """The comment, after the guard has been asked again.

    A pull request from a fork runs its own copy of the workflow, so it can hand on any report.
    But one that changes the workflow is refused by the guard, which runs here from the main
    branch; and with it refused, nothing of the report is used but its head.

    Raises:
        PullRequestError: The report speaks of another commit, or of other submissions.
    """
    wanted = resolve_commit(layout.root, head)
    if report.head != wanted:
        raise _unfit(wanted[:12], report.head[:12])
    guarded = guard_pull_request(layout, params, base, wanted)
    submissions = [] if guarded.refusals else report.submissions
    if not guarded.refusals and _named(guarded) != _reported(report):
        raise _unfit(_listed(_named(guarded)), _listed(_reported(report)))
    questions = [*guarded.questions, *audit_questions(submissions)]
    mine: Verdict = "needs a maintainer" if questions else "good"
    held = report.model_copy(
        update={
            "base": resolve_commit(layout.root, base),
            "verdict": "refused" if guarded.refusals else worse(_own_verdict(report), mine),
            "refusals": [_letter(problem) for problem in guarded.refusals],
            "questions": [_letter(problem) for problem in questions],
            "submissions": submissions,
        }
    )
    return render(held, tasks, run=run)


def _own_verdict(report: Report) -> Verdict:
    """What the outcomes in a report amount to, whatever its headline says."""
    outcomes = {item.outcome for item in report.submissions}
    if "refused" in outcomes:
        return "refused"
    return "needs a maintainer" if "unchecked" in outcomes else report.verdict


def _named(guarded: Guarded) -> set[tuple[str, str]]:
    return {(folder.task, folder.name) for folder in guarded.folders}


def _reported(report: Report) -> set[tuple[str, str]]:
    return {(item.task, item.name) for item in report.submissions}


def _listed(named: set[tuple[str, str]]) -> str:
    return first_few(sorted("/".join(pair) for pair in named)) or "no submission"


def _letter(problem: Problem) -> Letter:
    return Letter.model_validate(vars(problem))


def _unfit(expected: str, found: str) -> PullRequestError:
    return PullRequestError(
        Problem(
            where="the report",
            expected=f"a report on {expected}",
            found=f"one on {found}",
            next_step="Nothing is posted. Run the check again on the head of the pull request.",
        )
    )
