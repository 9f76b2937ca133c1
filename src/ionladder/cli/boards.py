"""Commands on boards: ``leaderboard``, ``compare`` and ``changes``."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionladder import __version__, errors
from ionladder.cli import common as com
from ionladder.data.registry import all_tasks, get_task
from ionladder.repo import Layout, replacing, to_json

if TYPE_CHECKING:
    from ionladder.board.history import Publication, Record, ScoreChange
    from ionladder.config import ScoringSettings
    from ionladder.specs import Task

_MOST_PUBLICATIONS_DIGITS = 3

# --- ``ionladder leaderboard``


def leaderboard(
    tasks: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tasks; default: all that params.yaml names.", autocompletion=com.task_names
        ),
    ] = None,
) -> None:
    """Score all submissions and write the board.

    A board is leaderboard/<task>.json and its CSV twin, with one receipt per submission. What
    changed since the last time is added to leaderboard/history.jsonl.
    """
    from ionladder.board.build import is_trial, publish, require_records
    from ionladder.board.integrity import write_sums

    context = com.load_context(clone_for="leaderboard")
    layout, chosen = context.layout, tasks or list(context.params.task_versions)
    require_records(layout, context.params, chosen)
    for name in chosen:
        task = get_task(name)
        version = context.version_of(task)
        scores, n_records = publish(layout, task, version, context.params.scoring)
        print(
            f"{name}: {len(scores.scored)} submissions scored on {task.dataset} {version}, "
            f"{len(scores.refused)} refused; {'kept' if scores.is_kept else 'wrote'} "
            f"{layout.relative(layout.leaderboard_json(name))}."
        )
        if n_records:
            print(
                f"{n_records} record{'s' * (n_records > 1)} added to "
                f"{layout.relative(layout.history)}; "
                f"`ionladder changes {name}` says what moved and why."
            )
        for submission, problems in scores.absent.items():
            where = errors.visible(f"submissions/{name}/{submission}")
            print(f"Not recomputed here, its recorded score stays: {where}")
            print(errors.error_text(problems))
        for submission, problems in scores.refused.items():
            where = errors.visible(f"submissions/{name}/{submission}")
            print(f"Not scored: {where}\n{errors.error_text(problems)}", file=sys.stderr)
    if is_trial(layout, context.params.scoring):
        reason = "an experiment of DVC, or settings of intervals that are not committed"
        com.say(f"{layout.relative(layout.history)} was left as it is: {reason}.")
    if changed := write_sums(layout, context.params):
        print(f"New checksums of files that changed meanwhile: {errors.first_few(changed)}.")


# --- ``ionladder board`` and ``ionladder predictions``


def board(
    task: com.TaskName,
    json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Show the board of a task as it was last scored; nothing is computed or written."""
    from ionladder.notebook import load_board

    table = load_board(task)
    if json:
        print(to_json(table.astype(object).where(table.notna(), None).to_dict("records")), end="")
        return
    print_board(com.load_context().layout, task)


def print_board(layout: Layout, task: str, *, has_reported: bool = True) -> None:
    """Print a board that is there, row by row in its order."""
    from ionladder.board.model import parse_board, read_board

    chosen, path = get_task(task), layout.leaderboard_json(task)
    found = parse_board(read_board(layout, task)[0], chosen, shown_as=layout.relative(path))
    rows = []
    for row in found.rows if has_reported else found.scored:
        score = found.primary(row)
        reach = "" if score.low is None else f" [{score.low:.2f}, {score.high:.2f}]"
        place = com.rank_text(row.rank_low, row.rank_high) if row.kind == "verified" else row.kind
        number = "–" if score.value is None else f"{score.value:.3f}{reach}"
        group = "" if row.tie_group is None else str(row.tie_group)
        rows.append([com.printable(row.submission or row.model), place, number, group])
    head = f"{chosen.primary_use.title} / {found.unit}"
    data = f"{found.dataset} {found.dataset_version}, scorer version {found.scorer_version}"
    when = f"as of ionladder {__version__}" if layout.cache else "as last scored"
    com.show(f"{chosen.title} ({data}), {when}", ["", "rank", head, "group"], rows)
    who = ", ".join(f"{com.printable(name)} ({n})" for name, n in found.outside.items())
    n, n_outside = len(found.scored), sum(found.outside.values())
    com.say(f"{n} scored submissions, {n_outside} from outside{f': {who}' if who else ''}.")


def predictions(
    task: Annotated[
        str | None, typer.Argument(help="Task; default: all scored.", autocompletion=com.task_names)
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write: .parquet or .csv.")] = Path(
        "predictions.parquet"
    ),
) -> None:
    """Write all predictions of all models as one table: a row a model, entry, seed and target.

    Labels stand beside them where the licence of the dataset allows it.
    """
    import pandas as pd

    from ionladder.notebook import load_predictions

    if out.suffix not in {".parquet", ".csv"}:
        raise errors.ConfigError(errors.worded("name-of-table", "--out", found=out.name))
    context = com.load_context()
    tables, names = [], [task] if task else [*context.params.task_versions]
    for name in names:
        try:
            tables.append(load_predictions(name))
        except errors.DataMissingError:
            if name == names[-1] and not tables:
                raise
            print(f"Left out, its data are not here: {name}", file=sys.stderr)
    whole = pd.concat(tables, ignore_index=True)
    with replacing(out) as temporary:
        write = whole.to_csv if out.suffix == ".csv" else whole.to_parquet
        write(temporary, index=False)
    models = whole.groupby("task")["submission"].nunique().to_dict()
    print(f"{out}: {len(whole)} rows; models: {models}")


# --- ``ionladder rescore``


def rescore(
    folder: Annotated[
        Path,
        typer.Argument(help="Checkout of JARVIS-Leaderboard, matbench or ML-PEG, here or s3://…"),
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Labels of matbench's tasks.", show_default="FOLDER/labels")
    ] = None,
    workers: com.Workers = 0,
    cluster: com.Cluster = None,
    part: com.Part = None,
    keep: com.Keep = None,
    reported: Annotated[
        str | None,
        typer.Option(help="Print ML-PEG's barriers as rows of reported.csv, for this task."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every field as JSON.")] = False,
) -> None:
    """Score every file of another leaderboard, all ids or none, and say why one cannot be scored.

    Nothing is written but what --keep asks for, and no repository is needed.
    """
    from ionladder.interchange import rescore as peers

    with com.sharing("Scoring files", workers, cluster, part, keep) as map_jobs:
        rows = list(peers.rescore(folder, labels=labels, map_jobs=map_jobs, keep=keep))
    if reported is not None:
        quoted = peers.reported_rows(rows, get_task(reported).name)
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerows([[*quoted[0]], *(row.values() for row in quoted)] if quoted else [])
        return
    if json:
        print(to_json([vars(row) for row in rows]), end="")
        return
    cells = [
        [
            com.printable(row.file),
            row.metric,
            *(("–" if v is None else f"{v:.4f}") for v in (row.value, row.joined)),
            f"{row.n_expected}",
            f"{row.n_scored}",
            com.printable(" ".join(filter(None, (row.cause, row.hint)))),
        ]
        for row in rows
    ]
    header = ["file", "metric", "value", "joined", "n expected", "n scored", "cause and what to do"]
    com.show("Scores from the files", header, cells, numbers_from=2)
    n = sum(row.value is not None for row in rows)
    com.say(f"{n:,} of {len(rows):,} cover every id once. `joined` counts the rows that match.")


# --- ``ionladder compare``


def compare(
    submission: Annotated[
        Path, typer.Argument(help="Submission folder, or file.", autocompletion=com.submissions)
    ],
    other: Annotated[
        Path,
        typer.Argument(help="Another folder, or a committed name.", autocompletion=com.submissions),
    ],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folders are not under submissions/<task>/.",
            autocompletion=com.task_names,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Compare two submissions entry by entry; nothing is written.

    The verdict is that of the board with the two on it: all of its pairs are allowed for.
    Exit code 0 whatever the outcome.
    """
    from ionladder.board.compare import compare_submissions as compare_all
    from ionladder.board.compare import pair, resolution
    from ionladder.score import TaskScorer, submission_folders

    context = com.load_context()
    chosen = com.task_of(submission, task)
    if submission.resolve() == other.resolve():
        raise errors.ConfigError(errors.worded("compared-with-itself", str(other)))
    settings = context.params.scoring
    scorer = TaskScorer.open(context.layout, chosen, context.version_of(chosen), settings)
    # Two folders may have one name, as when a contributor compares with the committed version.
    scored = {}
    for path in (submission, other):  # the name alone is that of a committed one
        committed = context.layout.submission_dir(chosen.name, path.name)
        at = committed if not path.exists() and committed.is_dir() else path
        with com.submission_at(at, chosen.name) as (folder, _, shown):
            scored[str(path)] = scorer.score(folder, shown_as=shown)
    names = {found.submission.name for found in scored.values()}
    folders = submission_folders(context.layout, chosen.name)
    scored |= scorer.score_all(path for path in folders if path.name not in names).scored
    sides = compare_all(chosen, scored, settings)
    found = pair(sides, str(submission), str(other), confidence=settings.confidence)
    known = resolution(sides, settings)
    margin = known["claims"][0]["difference"] if known else None
    ends = [end for end in (found["ci_low"], found["ci_high"]) if end is not None]
    is_alike = margin is not None and len(ends) == 2 and max(map(abs, ends)) < margin
    found["alike_within"] = margin if is_alike else None
    if json:
        print(to_json({"task": chosen.name, "confidence": settings.confidence, **found}), end="")
        return
    com.say(_sentences(found, chosen, settings))


def _sentences(found: Mapping[str, Any], task: Task, settings: ScoringSettings) -> str:
    low, high, p = found["ci_low"], found["ci_high"], found["p_adjusted"]
    between = "no interval with so few groups of entries"
    if low is not None and high is not None:
        between = f"{100 * settings.confidence:g} % interval {low:+.3f} to {high:+.3f}"
    verdict = "Two references: no verdict."
    if p is not None:
        separate = "separate" if p <= 1.0 - settings.confidence else "do not separate"
        verdict = (
            f"With the other pairs of the board allowed for, p = {p:.2g}: "
            f"the data {separate} the two."
        )
    return (
        f"{task.primary_use.title} of {found['submission']} minus that of {found['other']}: "
        f"{found['difference']:+.3f} {task.primary_targets[0].error_unit}, {between}, "
        f"p = {found['p']:.2g} for this pair alone.\n{verdict}"
        + (f"\nThey are alike within {margin:g}." if (margin := found["alike_within"]) else "")
    )


# --- ``ionladder claims``


def claims(
    name: Annotated[str, typer.Argument(metavar="NAME", help="obelix or litraj.")],
    json: Annotated[bool, typer.Option("--json", help="Print the claims as JSON.")] = False,
) -> None:
    """List published numbers, how each was counted, and our models counted the same way.

    Ours are read from the boards as they were last scored; nothing is computed.
    """
    from dataclasses import asdict

    from ionladder.board.claims import beside, read_claims
    from ionladder.board.model import read_board

    layout, rows = com.load_context().layout, []
    for claim in read_claims(name):
        scores = read_board(layout, claim.task)[1].get("conventions", {}) if claim.task else {}
        rows.append({**asdict(claim), "beside": beside(claim, scores)})
    if json:
        print(to_json(rows), end="")
        return
    for row in rows:
        stated = [row["test"], row["n"] and f"n = {row['n']}", row["split"], row["censored"]]
        print(f"{row['model']}: {row['value']} {row['metric']} ({', '.join(filter(None, stated))})")
        print(f"  {row['source']}")
        ours = ", ".join(
            f"{who} {value:.3f} (n = {n})" for who, (value, n) in row["beside"].items()
        )
        print(f"  Counted the same way here: {ours}" if ours else "  Quoted only.")
        print(f"  {row['verdict'].capitalize()} with the board: {row['sentence']}")


# --- ``ionladder changes``


def changes(
    task: Annotated[
        str | None, typer.Argument(help="Task; default: all.", autocompletion=com.task_names)
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
    data, scorer, submission, kind, others (only the place changed; older records), or unexplained.
    """
    from ionladder.board.history import read_history

    context = com.load_context(clone_for="changes")
    known = set(context.params.task_versions)
    records = [] if check else read_history(context.layout)
    known |= {record.task for record in records}
    if task is not None and task not in known:
        hint = errors.did_you_mean(task, sorted(known))
        raise errors.ConfigError("task", "a task with a board", repr(task), hint)
    if check:
        _check(context, [task] if task else list(context.params.task_versions), base)
        return
    records = [record for record in records if task in {None, record.task}]
    found = _publications(context, records, task, since)[::-1]
    labels = partial(_labels, context.layout)
    if json:
        every = [change for each in found for change in each.changes]
        print(to_json([{**each.as_json(), "labels": labels(each)} for each in every]), end="")
    else:
        _print(found, labels)


def _labels(layout: Layout, change: ScoreChange) -> list[str] | None:
    """Entries whose labels changed between two versions; None where that cannot be told."""
    old, new, task = change.before, change.after, all_tasks().get(change.after.task)
    if old is None or task is None or old.labels_sha256 == new.labels_sha256:
        return []
    return _changed_labels(layout, task.dataset, old.dataset_version, new.dataset_version)


@cache
def _changed_labels(layout: Layout, dataset: str, old: str, new: str) -> list[str] | None:
    from ionladder.data.versions import diff_versions

    try:
        changes = diff_versions(layout, dataset, old, new)
    except errors.IonLadderError:
        return None
    return sorted({change.id for change in changes if change.kind == "label"})


def _publications(
    context: com.Context, records: Sequence[Record], task: str | None, since: str | None
) -> list[Publication]:
    """Publications asked for, oldest first."""
    from ionladder.board import history
    from ionladder.git import files_at, find_commit

    if since is None:
        return history.publications(records)
    if since.isdigit() and len(since) <= _MOST_PUBLICATIONS_DIGITS:
        return history.newest(records, int(since))
    layout = context.layout
    commit = find_commit(layout.root, since)
    if commit is None:
        raise errors.ConfigError(errors.worded("no-such-commit", "--since", found=repr(since)))
    name = layout.relative(layout.history)
    data = files_at(layout.root, commit, layout.relative(layout.leaderboard_dir)).get(name, b"")
    before = history.parse_history(data, f"{name} at {since}")
    return history.since(records, sum(task in {None, record.task} for record in before))


def _check(context: com.Context, tasks: Sequence[str], base: str | None) -> None:
    """Compare what is published with the history and with a base.

    Raises:
        HistoryError: A number changed without a new version, or a line of the history did.
    """
    from ionladder.board.history import history_problems, problems_since, read_history, snapshot
    from ionladder.git import base_commit

    layout = context.layout
    folder = layout.relative(layout.leaderboard_dir)
    commit = base_commit(layout.root, folder, wanted=base or None)
    history, now = read_history(layout), snapshot(layout)
    problems = problems_since(layout, tasks, commit) if commit else []
    for name in tasks:
        problems += history_problems(layout, history, now.tasks[name], name)
    if problems:
        raise errors.HistoryError(problems)
    com.say(f"{len(tasks)} boards: every score is that of its last record.")
    if commit:
        print(f"Since {commit[:12]}, no number changed without a new version.")
    else:
        print(
            f"Not compared with a former state: {base or 'a commit to compare with'} is not here "
            "(a shallow clone?)."
        )


def _print(found: Sequence[Publication], labels: Callable[[ScoreChange], list[str] | None]) -> None:
    if not found:
        com.say("No published score has changed here.")
    for each in found:
        commit = each.commit[:12] if each.commit else "no commit"
        commit += " with uncommitted edits" * each.is_dirty
        title = f"{each.task}, publication {each.number}, computed on {commit}"
        _print_moved(title, each.moved) if each.moved else com.say(title)
        because: dict[str, list[str]] = {}
        for change in each.moved:
            because.setdefault("; ".join(change.reasons), []).append(change.after.submission)
        for reasons, names in because.items():
            com.say(f"  {reasons}: {errors.first_few(names)}")
        if ids := labels(each.changes[0]):
            com.say(f"  Other labels: {errors.first_few(ids)}")
        if n_same := len(each.unmoved):
            told = sorted({reason for change in each.unmoved for reason in change.reasons})
            were = "was" if n_same == 1 else "were"
            com.say(f"{n_same} {were} scored again and stayed as before ({'; '.join(told)}).")
        print()


def _print_moved(title: str, moved: Sequence[ScoreChange]) -> None:
    heads = [f"{heading} / {moved[0].after.unit}" for heading in ("from", "to", "difference")]
    rows = []
    for change in moved:
        digits, difference = change.digits, change.difference
        (was, *old), (value, *new) = (_cells(r, digits) for r in (change.before, change.after))
        moves = [
            now if now == then else f"{then} → {now}" for then, now in zip(old, new, strict=True)
        ]
        by = "–" if difference is None else f"{difference:+.{digits}f}"
        rows.append([change.after.submission, was, value, by, *moves])
    com.show(title, ["submission", *heads, "rank", "group"], rows)


def _cells(record: Record | None, digits: int) -> tuple[str, str, str]:
    """Score, ranks and group of a record; dashes where it has none."""
    if record is None:
        return "–", "–", "–"
    value = "–" if record.value is None else f"{record.value:.{digits}f}"
    if record.value is not None and record.ci_low is not None and record.ci_high is not None:
        value += f" [{record.ci_low:.{digits}f}, {record.ci_high:.{digits}f}]"
    group = "–" if record.tie_group is None else str(record.tie_group)
    return value, com.rank_text(record.rank_low, record.rank_high), group
