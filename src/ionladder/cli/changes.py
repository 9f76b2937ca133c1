"""``ionladder changes``: which scores moved, by how much, why, and whether they were allowed to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from rich.table import Table

    from ionladder.cli.context import Context
    from ionladder.leaderboard.changes import Change, Publication
    from ionladder.leaderboard.history import Record

_MOST_PUBLICATIONS_DIGITS = 3
_PIPED_WIDTH = 1000


def changes(
    task: Annotated[
        str | None,
        typer.Argument(
            help="Task; default: all.",
            autocompletion=task_names,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what was published after this commit, or the last N publications per task."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Fail if a published number changed without a new version."),
    ] = False,
    base: Annotated[
        str | None,
        typer.Option(help="Commit to compare with; default: where this branch left origin/main."),
    ] = None,
) -> None:
    """Say which submissions moved, by how much and why.

    It reads leaderboard/history.jsonl, where every score ever published has its record. Causes are
    data, scorer, submission, others (only the place changed), kind, or unexplained.
    """
    from ionladder.cli.context import load_context

    context = load_context()
    if check:
        _check(context, task, base)
        return
    found = _publications(context, task, since)
    if json:
        from ionladder.core.files import to_json

        print(to_json([_as_json(p, c) for p in found for c in p.changes]), end="")
        return
    _print(found)


def _publications(context: Context, task: str | None, since: str | None) -> list[Publication]:
    """Publications asked for, newest first."""
    from ionladder.leaderboard import changes as leaderboard_changes
    from ionladder.leaderboard.history_file import read_history

    records = read_history(context.layout)
    if task is not None:
        _must_be_known(task, {*context.params.task_versions, *(r.task for r in records)})
        records = [record for record in records if record.task == task]
    found = leaderboard_changes.publications(records)
    if since is not None and since.isdigit() and len(since) <= _MOST_PUBLICATIONS_DIGITS:
        newest = {publication.task: publication.number for publication in found}
        found = [p for p in found if p.number > newest[p.task] - int(since)]
    elif since is not None:
        found = leaderboard_changes.since(found, _records_after(context, records, task, since))
    return found[::-1]


def _records_after(
    context: Context, records: Sequence[Record], task: str | None, revision: str
) -> Sequence[Record]:
    """Records that were not yet in the history of a commit."""
    from ionladder.core.errors import ConfigError
    from ionladder.core.git import files_at, find_commit
    from ionladder.core.problems import Problem
    from ionladder.leaderboard.history_file import parse_history

    layout = context.layout
    commit = find_commit(layout.root, revision)
    if commit is None:
        raise ConfigError(
            Problem(
                where="--since",
                expected="a commit of this repository, or a number of publications below 1000",
                found=repr(revision),
                next_step="`git log --oneline leaderboard/history.jsonl` lists the commits.",
            )
        )
    name = layout.relative(layout.history)
    data = files_at(layout.root, commit, layout.relative(layout.leaderboard_dir)).get(name, b"")
    before = [r for r in parse_history(data, f"{name} at {revision}") if task in {None, r.task}]
    return records[len(before) :]


def _must_be_known(task: str, known: set[str]) -> None:
    from ionladder.core.errors import ConfigError
    from ionladder.core.problems import Problem, did_you_mean

    if task not in known:
        raise ConfigError(
            Problem(
                where="task",
                expected="a task with a board",
                found=repr(task),
                next_step=did_you_mean(task, sorted(known)),
            )
        )


def _print(found: Sequence[Publication]) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=_PIPED_WIDTH)
    if not found:
        console.print("No published score has changed here.")
    for publication in found:
        console.print(_title(publication))
        if publication.moved:
            console.print(_table(publication.moved))
        n_same = len(publication.unmoved)
        if n_same:
            reasons = {reason for change in publication.unmoved for reason in change.reasons}
            console.print(
                f"{n_same} {'was' if n_same == 1 else 'were'} scored again and stayed as before "
                f"({'; '.join(sorted(reasons))})."
            )
        console.print()


def _title(publication: Publication) -> str:
    commit = publication.commit[:12] if publication.commit else "no commit"
    return f"{publication.task}, publication {publication.number}, computed on {commit}"


def _table(moved: Sequence[Change]) -> Table:
    from rich.table import Table

    unit = moved[0].after.unit
    table = Table(box=None)
    table.add_column("submission", no_wrap=True)
    table.add_column(f"from / {unit}", justify="right")
    table.add_column(f"to / {unit}", justify="right")
    table.add_column(f"difference / {unit}", justify="right")
    for heading in ("rank", "tie group", "why"):
        table.add_column(heading, overflow="fold")
    for change in moved:
        old, new = change.before, change.after
        difference = change.difference
        table.add_row(
            new.submission,
            _value(old, change.digits),
            _value(new, change.digits),
            "–" if difference is None else f"{difference:+.{change.digits}f}",
            _step(_ranks(old), _ranks(new)),
            _step(_tie_group(old), _tie_group(new)),
            "; ".join(change.reasons),
        )
    return table


def _value(record: Record | None, digits: int) -> str:
    if record is None or record.value is None:
        return "–"
    value = f"{record.value:.{digits}f}"
    if record.ci_low is None or record.ci_high is None:
        return value
    return f"{value} [{record.ci_low:.{digits}f}, {record.ci_high:.{digits}f}]"


def _ranks(record: Record | None) -> str:
    if record is None or record.rank_low is None:
        return "–"
    low, high = record.rank_low, record.rank_high
    return str(low) if low == high else f"{low}–{high}"


def _tie_group(record: Record | None) -> str:
    return "–" if record is None or record.tie_group is None else str(record.tie_group)


def _step(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"


def _as_json(publication: Publication, change: Change) -> dict[str, Any]:
    from ionladder.scoring.receipt import rounded

    difference = change.difference
    return {
        "task": publication.task,
        "publication": publication.number,
        "submission": change.after.submission,
        "event": change.after.event,
        "causes": [str(cause) for cause in change.causes],
        "reasons": list(change.reasons),
        "difference": None if difference is None else rounded(difference),
        "unit": change.after.unit,
        "has_moved": change.has_moved,
        "tie_group_changed": change.tie_group_changed,
        "from": change.before._asdict() if change.before else None,
        "to": change.after._asdict(),
    }


def _check(context: Context, task: str | None, base: str | None) -> None:
    """Compare what is published with the history and with a base; a letter for each finding.

    Raises:
        HistoryError: A number changed without a new version, or a line of the history did.
    """
    from ionladder.core.errors import HistoryError
    from ionladder.core.git import base_commit
    from ionladder.leaderboard.history_check import history_problems, problems_since
    from ionladder.leaderboard.history_file import read_history

    layout = context.layout
    if task is not None:
        _must_be_known(task, set(context.params.task_versions))
    tasks = [task] if task else list(context.params.task_versions)
    folder = layout.relative(layout.leaderboard_dir)
    commit = base_commit(layout.root, folder, wanted=base or None)
    history = read_history(layout)
    problems = problems_since(layout, tasks, commit) if commit else []
    problems += [p for name in tasks for p in history_problems(layout, history, name)]
    if problems:
        raise HistoryError(problems)
    print(f"{len(tasks)} boards: every score is that of its last record.")
    if commit is None:
        print(
            f"Not compared with a former state: {base or 'a commit to compare with'} is not here "
            "(a shallow clone?)."
        )
    else:
        print(f"Since {commit[:12]}, no number changed without a new version.")
