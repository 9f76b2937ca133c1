"""``ionladder pr-check``: may a pull request be merged, and where would its model stand?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.pullrequests.report import Report

EXIT_CODES = {"good": 0, "refused": 1, "needs a maintainer": 3}


def pr_check(
    base: Annotated[str, typer.Argument(help="Revision to merge into, such as origin/main.")],
    head: Annotated[str, typer.Argument(help="Revision to merge, such as my-branch.")] = "HEAD",
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the report with the whole receipts here.")
    ] = None,
    summary: Annotated[
        Path | None, typer.Option(help="Append the summary in GitHub's Markdown to this file.")
    ] = None,
    copy_to: Annotated[
        Path | None,
        typer.Option(help="If the verdict is good, write the submissions below this folder."),
    ] = None,
) -> None:
    """Check a pull request as the main branch will, from git alone.

    Neither revision is checked out, and nothing of it is run. Exit codes: 0 good, 1 refused,
    2 wrong usage, 3 a maintainer has to decide.
    """
    from ionladder.cli.context import load_context
    from ionladder.core.files import to_json, write_json
    from ionladder.datasets.registry import get_task
    from ionladder.pullrequests.check import check_pull_request
    from ionladder.pullrequests.report import parse_report
    from ionladder.pullrequests.summary import render

    context = load_context()
    found = check_pull_request(context.layout, context.params, base, head, copy_to=copy_to)
    if json is not None:
        write_json(json, found)
    report = parse_report(to_json(found).encode(), where="the report")
    if summary is not None:
        tasks = {name: get_task(name) for name in context.params.task_versions}
        with summary.open("a", encoding="utf-8") as stream:
            stream.write(render(report, tasks))
    _print(report)
    raise typer.Exit(EXIT_CODES[report.verdict])


def _print(report: Report) -> None:
    """The verdict on the standard output, letters on the error output."""
    from ionladder.site.text import plain, ranks

    for item in report.submissions:
        where = f"submissions/{item.task}/{item.name}"
        standing = item.standing
        if standing is None:
            print(f"{where}: {item.outcome}.")
            continue
        reach = ranks(standing.rank_low, standing.rank_high)
        tied = f"tied with {', '.join(standing.tied_with)}" if standing.tied_with else "no tie"
        print(
            f"{where}: {item.outcome}; rank {standing.rank} of {standing.n_ranked} "
            f"(range {reach}), {tied}."
        )
    print(
        f"The pull request is {report.verdict}."
        if report.verdict != "needs a maintainer"
        else "The pull request needs a maintainer."
    )
    letters = [*report.refusals, *(p for s in report.submissions for p in s.problems)]
    for letter in [*letters, *report.questions]:
        print(plain(letter.problem), file=sys.stderr)
