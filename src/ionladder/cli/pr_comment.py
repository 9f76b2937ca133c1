"""``ionladder pr-comment``: the comment on a pull request, from a report that nobody trusts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def pr_comment(
    report: Annotated[Path, typer.Argument(help="report.json, or the zip archive of it.")],
    base: Annotated[str, typer.Argument(help="Revision to merge into.")],
    head: Annotated[str, typer.Argument(help="Head of the pull request, as GitHub names it.")],
    run: Annotated[
        str | None, typer.Option(help="Address of the workflow run that made the report.")
    ] = None,
) -> None:
    """Print the comment that a report gives rise to, once it has been held to git.

    The guard is asked again, and a report of another size, shape, commit or submission is refused.
    """
    from ionladder.cli.context import load_context
    from ionladder.datasets.registry import get_task
    from ionladder.pullrequests.comment import comment
    from ionladder.pullrequests.report import read_report

    context = load_context()
    tasks = {name: get_task(name) for name in context.params.task_versions}
    found = read_report(report)
    text = comment(context.layout, context.params, found, tasks, base=base, head=head, run=run)
    print(text, end="")
