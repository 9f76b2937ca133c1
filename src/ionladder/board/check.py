"""Checks of what is published: scores against predictions, records, and an earlier commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import orjson

from ionladder.board.history import (
    IDENTITY,
    NUMBERS,
    PLACE,
    REMOVED,
    SCORE,
    Record,
    differing,
    latest,
    parse_history,
    publications,
    read_history,
    standings,
)
from ionladder.board.model import to_csv
from ionladder.config import Params
from ionladder.data.registry import all_tasks
from ionladder.data.versions import Verified
from ionladder.errors import HistoryError, Problem, first_few
from ionladder.git import files_at
from ionladder.repo import Layout, read_json
from ionladder.score import submission_folders
from ionladder.submit.predictions import CV_STEM, PREDICTIONS_STEM, predictions_sha256
from ionladder.submit.tables import find_table

_LISTED = 3
_NOT_SCORES = {"card", "reported"}
_OF_THE_BOARD = {*PLACE, "probability_best", "reducible_error_closed", "below_floor"}
"""Parts of a row that another submission of the board may move."""

NumberChange = tuple[str, object, object]

# Are the published scores those of the stored predictions?


def verify_receipts(layout: Layout, params: Params) -> Verified:
    """Hold stored predictions to the hashes in their receipts; a step of ``ionladder verify``."""
    result = Verified(what="submissions")
    for task in params.task_versions:
        _count(result, receipt_problems(layout, task), len(submission_folders(layout, task)))
    return result


def _count(result: Verified, problems: list[Problem], n: int) -> None:
    result.problems += problems
    result.n_good += max(n - len(problems), 0)


def receipt_problems(layout: Layout, task: str) -> list[Problem]:
    """Compare the hashes in every receipt with the prediction files, and receipts with folders."""
    spec = all_tasks().get(task)
    # On a task scored on folds, both hashes are those of the one file there is.
    scored = CV_STEM if spec and spec.scored_folds else PREDICTIONS_STEM
    folders = {folder.name for folder in submission_folders(layout, task)}
    receipts = {path.stem for path in layout.receipts_dir(task).glob("*.json")}
    run = f"run `ionladder leaderboard {task}`"
    problems = []
    for name in sorted(folders | receipts):
        folder = layout.relative(layout.submission_dir(task, name))
        shown = layout.relative(layout.receipt(task, name))
        if name not in receipts or name not in folders:
            where, other = (folder, shown) if name in folders else (shown, folder)
            problems.append(Problem(where, f"{other} beside it", "nothing there", f"R{run[1:]}."))
            continue
        receipt = read_json(layout.receipt(task, name))
        for key, stem in ((PREDICTIONS_STEM, scored), (CV_STEM, CV_STEM)):
            recorded = receipt.get("hashes", {}).get(f"{key}_sha256")
            path, _ = find_table(layout.submission_dir(task, name), stem, shown_as=folder)
            found = predictions_sha256(path) if path else None
            if "refused" not in receipt and found != recorded:
                where = f"{folder}/{path.name if path else stem}"
                expected = f"SHA-256 {recorded or 'of no file'}, as in {shown}"
                step = f"Restore the file from git, or {run} to score it again."
                problems.append(Problem(where, expected, found or "no file", step))
    return problems


# Everything that ``leaderboard/`` publishes, at one moment: in the working tree or at a commit


@dataclass
class TaskFiles:
    """What is published of one task.

    Attributes:
        board: Content of its board; empty when there is none.
        analysis: Content of its board-level analysis; empty when there is none.
        receipts: Submission → receipt; refused submissions are not among them.
        csv: Text of the flat table, or None.
    """

    board: dict[str, Any] = field(default_factory=dict)
    analysis: dict[str, Any] = field(default_factory=dict)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    csv: str | None = None

    @property
    def identities(self) -> dict[str, list[Any]]:
        """Submission → what its score rests on."""
        found = {name: {**r, **(r.get("hashes") or {})} for name, r in self.receipts.items()}
        return {name: [known.get(key) for key in IDENTITY] for name, known in found.items()}

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Submission → its row."""
        return {row["submission"]: row for row in self.board.get("rows", ()) if row["submission"]}

    @property
    def rules(self) -> list[Any]:
        """The dataset and scorer version of the board."""
        return [self.board.get(key) for key in ("dataset_version", "scorer_version")]

    @property
    def board_identity(self) -> list[Any]:
        """What everything on the board rests on: all submissions, and which of them are ranked."""
        return [*self.rules, {k: row["kind"] for k, row in self.rows.items()}, self.identities]


@dataclass
class Snapshot:
    """Task → its files, and the bytes of the history (empty when there is none)."""

    tasks: defaultdict[str, TaskFiles] = field(default_factory=lambda: defaultdict(TaskFiles))
    history: bytes = b""


def snapshot(layout: Layout, commit: str | None = None) -> Snapshot:
    """What is published in the working tree, or was at a commit.

    Raises:
        HistoryError: A file is not the JSON that ``ionladder leaderboard`` writes.
    """
    root = layout.leaderboard_dir
    folder, at = layout.relative(root), f" at {commit[:12]}" if commit else ""
    if commit:
        files = files_at(layout.root, commit, folder)
    else:
        paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
        files = {f"{folder}/{p.relative_to(root).as_posix()}": p.read_bytes() for p in paths}
    found = Snapshot()
    for name, data in files.items():
        path = PurePosixPath(name).relative_to(folder)
        content = _object(data, f"{name}{at}") if path.suffix == ".json" else {}
        match path.parent.parts, path.suffix:
            case (), ".jsonl":
                found.history = data
            case (), ".csv":
                found.tasks[path.stem].csv = data.decode("utf-8", "replace")
            case (), ".json":
                found.tasks[path.stem].board = content
            case ("analysis",), ".json":
                found.tasks[path.stem].analysis = content
            case ("scores", task), ".json" if "refused" not in content:
                found.tasks[task].receipts[path.stem] = content
    return found


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        item = orjson.loads(data)
        found = f"a JSON {type(item).__name__}"
    except orjson.JSONDecodeError as error:
        item, found = None, f"unreadable text ({error})"
    if isinstance(item, dict):
        return item
    step = "Restore it with `git checkout`, or write it with `ionladder leaderboard`."
    raise HistoryError(where, "a JSON object written by ionladder", found, step)


# Is every published score that of its last record?


def verify_history(layout: Layout, params: Params) -> Verified:
    """Hold every published score to its last record; a step of ``ionladder verify``.

    Raises:
        HistoryError: The history is damaged.
    """
    result = Verified(what="records of scores")
    history, now = read_history(layout), snapshot(layout)
    for task in params.task_versions:
        n = sum(record.event != REMOVED for record in latest(history, task).values())
        _count(result, history_problems(layout, history, now.tasks[task], task), n)
    return result


def history_problems(
    layout: Layout, history: Sequence[Record], files: TaskFiles, task: str
) -> list[Problem]:
    """Compare the last record of every submission with its receipt, and its row with both."""
    shown, board = layout.relative(layout.history), layout.relative(layout.leaderboard_json(task))
    run = f"un `ionladder leaderboard {task}`."
    restore = f"Restore both files from git, or r{run}"
    rows = {name: row for name, row in files.rows.items() if name in files.receipts}
    last, problems = latest(history, task), []
    now = standings({**files.board, "rows": list(rows.values())}, files.receipts) if rows else {}
    for name, row in rows.items():
        metric = files.board["primary"]["metric"]
        found = [row[key] for key in (metric, f"{metric}_ci_low", f"{metric}_ci_high")]
        scored = [getattr(now[name], key) for key in NUMBERS]
        if found != scored:
            expected = f"{metric} {scored}, as in its receipt"
            problems.append(Problem(f"{board}, {name}", expected, str(found), restore))
    for name in sorted(now.keys() | last.keys()):
        record, standing = last.get(name), now.get(name)
        where = layout.relative(layout.receipt(task, name))
        is_on = record is not None and record.event != REMOVED
        if standing is None and is_on:
            expected = f"a last record that it was {REMOVED}, as it is not on the board"
            event = f"the event {last[name].event}"
            problems.append(Problem(f"{shown}, {task}/{name}", expected, event, restore))
        elif standing and not is_on:
            problems.append(Problem(where, f"a record of this score in {shown}", "none", f"R{run}"))
        elif standing and (keys := differing(last[name], standing, SCORE)):
            was, is_now = (
                ", ".join(f"{key} {getattr(each, key)}" for key in keys)
                for each in (last[name], standing)
            )
            problems.append(Problem(where, f"{was}, as in {shown}", is_now, restore))
    return problems


# Did a published number change although nothing it rests on has a new version?


def problems_since(layout: Layout, tasks: Sequence[str], commit: str) -> list[Problem]:
    """Compare everything published with a former commit.

    Args:
        layout: The repository.
        tasks: Tasks to look at.
        commit: A commit that is here.

    Returns:
        Lines of the history that were changed or lost, and numbers that changed although nothing
        they rest on has a new version.

    Raises:
        HistoryError: A file of either state is damaged.
    """
    folder, shown = layout.relative(layout.leaderboard_dir), layout.relative(layout.history)
    at = commit[:12]
    base, now = snapshot(layout, commit), snapshot(layout)
    history = parse_history(now.history, shown)
    altered = altered_lines(base.history, now.history, at=at, shown_as=shown)
    problems = list(altered)
    for task in tasks:
        files = now.tasks[task]
        if files.board and files.csv is not None and files.csv != to_csv(files.board["rows"]):
            expected = f"the rows of {folder}/{task}.json"
            step = f"Restore both from git, or run `ionladder leaderboard {task}`."
            problems.append(Problem(f"{folder}/{task}.csv", expected, "other rows", step))
        changed = unversioned_changes(base, now, task=task, at=at, folder=folder)
        problems += changed
        if not altered and not changed:
            n_before = len(base.history.splitlines())
            problems += unexplained_records(history, n_before=n_before, task=task, shown_as=shown)
    return problems


def unversioned_changes(
    base: Snapshot, now: Snapshot, *, task: str, at: str, folder: str
) -> list[Problem]:
    """Numbers of one task that differ from those of a base, without a version that explains it.

    Args:
        base: What was published.
        now: What is about to be.
        task: The task.
        at: The base in words, for messages.
        folder: The folder of both, for messages.
    """
    old, new = base.tasks[task], now.tasks[task]
    identities = new.identities
    same = [name for name, found in old.identities.items() if identities.get(name) == found]
    changed = {
        f"{folder}/scores/{task}/{name}.json": found
        for name in same
        if (found := [*number_changes(old.receipts[name], new.receipts[name])])
    }
    is_same_board = old.board_identity == new.board_identity
    # Another submission moves places; what a card says is no score.
    left_out = _NOT_SCORES if is_same_board and not changed else _NOT_SCORES | _OF_THE_BOARD
    board: list[NumberChange] = []
    for name, row in sorted(old.rows.items()):
        is_blamed = f"{folder}/scores/{task}/{name}.json" in changed
        if name in new.rows and name in same and not is_blamed:
            scores = {key: value for key, value in row.items() if key not in left_out}
            board += number_changes(scores, new.rows[name], name)
    if old.board and new.board and old.rules == new.rules:
        before, after = ({f["name"]: f for f in each.board["floors"]} for each in (old, new))
        board += number_changes(before, after, "floors")
    if board:
        changed[f"{folder}/{task}.json"] = board
    if is_same_board and old.analysis and new.analysis and not changed:
        found = [*number_changes(old.analysis, new.analysis)]
        changed = {f"{folder}/analysis/{task}.json": found} if found else {}
    problems = []
    for path, found in sorted(changed.items()):
        was = first_few((_text(value) for _, value, _ in found), limit=_LISTED)
        is_now = first_few((f"{name} {_text(value)}" for name, _, value in found), limit=_LISTED)
        expected = (
            f"the numbers published at {at} ({was}), since data, scorer and predictions have no "
            "new version"
        )
        problems.append(Problem(path, expected, is_now, _next_step(task)))
    return problems


def altered_lines(base: bytes, now: bytes, *, at: str, shown_as: str) -> list[Problem]:
    """The first line of a history that no longer stands where it stood; none when all do."""
    old, new = base.splitlines(keepends=True), now.splitlines(keepends=True)
    n = next((n for n, line in enumerate(old) if new[n : n + 1] != [line]), None)
    if n is None:
        return []
    expected = f"the line published at {at}: a history is only ever lengthened"
    found = "another line" if n < len(new) else f"the end, {len(old)} lines expected"
    step = "Restore the file from that commit, then run `ionladder leaderboard`."
    return [Problem(f"{shown_as}, line {n + 1}", expected, found, step)]


def unexplained_records(
    records: Sequence[Record], *, n_before: int, task: str, shown_as: str
) -> list[Problem]:
    """Records added after the first ``n_before`` that say themselves that nothing explains them."""
    fresh = {id(record): n for n, record in enumerate(records[n_before:], start=n_before + 1)}
    expected = "a new dataset version, scorer version or prediction file"
    found, step = "another score or place with all of them as before", _next_step(task)
    return [
        Problem(f"{shown_as}, line {n}: {task}/{change.after.submission}", expected, found, step)
        for publication in publications(records)
        for change in publication.changes
        if publication.task == task and "unexplained" in change.why
        if (n := fresh.get(id(change.after)))
    ]


def number_changes(old: object, new: object, path: str = "") -> Iterator[NumberChange]:
    """Numbers of a JSON value that are another in a second one, or that are gone from it.

    Args:
        old: A JSON value.
        new: Its later form; a value that does not exist is None, as an undefined number is.
        path: How to call the place.

    Example:
        >>> list(number_changes({"mae": 1.5, "n": 3}, {"mae": 1.6, "n": 3, "rmse": 2.0}))
        [('mae', 1.5, 1.6)]
    """
    if isinstance(old, Mapping):
        later = new if isinstance(new, Mapping) else {}
        for key, value in old.items():
            yield from number_changes(value, later.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list):
        items = new if isinstance(new, list) else []
        for n, value in enumerate(old):
            yield from number_changes(value, items[n] if n < len(items) else None, f"{path}[{n}]")
    elif old != new and (_is_number(old) or (old is None and _is_number(new))):
        yield path, old, new


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _next_step(task: str) -> str:
    return (
        "Restore the published file if it was edited by hand. If the way of scoring changed, raise "
        "SCORER_VERSION in src/ionladder/receipt.py; if data changed, make it a new "
        f"dataset version. Then run `ionladder leaderboard {task}`."
    )
