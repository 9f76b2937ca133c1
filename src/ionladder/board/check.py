"""Checks of what is published: scores against predictions, records, and an earlier commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

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
    problems = []
    for name in sorted(folders | receipts):
        folder = layout.relative(layout.submission_dir(task, name))
        shown = layout.relative(layout.receipt(task, name))
        if name not in receipts or name not in folders:
            where, other = (folder, shown) if name in folders else (shown, folder)
            run = f"Run `ionladder leaderboard {task}`."
            problems.append(Problem(where, f"{other} beside it", "nothing there", run))
            continue
        receipt = read_json(layout.receipt(task, name))
        for key, stem in ((PREDICTIONS_STEM, scored), (CV_STEM, CV_STEM)):
            recorded = receipt.get("hashes", {}).get(f"{key}_sha256")
            path, _ = find_table(layout.submission_dir(task, name), stem, shown_as=folder)
            found = predictions_sha256(path) if path else None
            if "refused" not in receipt and found != recorded:
                problems.append(
                    Problem(
                        f"{folder}/{path.name if path else stem}",
                        f"SHA-256 {recorded or 'of no file'}, as in {shown}",
                        found or "no file",
                        "Restore the file from git, or run "
                        f"`ionladder leaderboard {task}` to score it again.",
                    )
                )
    return problems


# Everything that ``leaderboard/`` publishes, at one moment: in the working tree or at a commit


@dataclass
class TaskFiles:
    """What is published of one task.

    Attributes:
        board: Content of its board, or None when there is none.
        analysis: Content of its board-level analysis, or None.
        receipts: Submission → receipt; refused submissions are not among them.
        csv: Text of the flat table, or None.
    """

    board: Mapping[str, Any] | None = None
    analysis: Mapping[str, Any] | None = None
    receipts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    csv: str | None = None

    def identity(self, name: str) -> tuple[Any, ...] | None:
        """What the score of a submission rests on; None when it has no receipt."""
        receipt = self.receipts.get(name)
        if receipt is None:
            return None
        known = {**receipt, **(receipt.get("hashes") or {})}
        return tuple(known.get(key) for key in IDENTITY)

    @cached_property
    def rows(self) -> dict[str, Mapping[str, Any]]:
        """Submission → its row."""
        return {
            row["submission"]: row
            for row in (self.board or {}).get("rows", ())
            if row["submission"]
        }

    @property
    def rules(self) -> tuple[Any, ...]:
        """The dataset and scorer version of the board."""
        return tuple((self.board or {}).get(key) for key in ("dataset_version", "scorer_version"))

    @property
    def board_identity(self) -> tuple[Any, ...]:
        """What everything on the board rests on: all submissions, and which of them are ranked."""
        kinds = {name: row["kind"] for name, row in self.rows.items()}
        return self.rules, kinds, {name: self.identity(name) for name in self.receipts}


@dataclass
class Snapshot:
    """Task → its files, and the bytes of the history (empty when there is none)."""

    tasks: dict[str, TaskFiles] = field(default_factory=dict)
    history: bytes = b""

    def __getitem__(self, task: str) -> TaskFiles:
        return self.tasks.get(task, TaskFiles())


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
        files = {
            f"{folder}/{path.relative_to(root).as_posix()}": path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
    found = Snapshot()
    for name, data in files.items():
        path = PurePosixPath(name).relative_to(folder)
        *parents, kind = *path.parent.parts, path.suffix
        task = found.tasks.setdefault((parents[1:] or [path.stem])[0], TaskFiles())
        content = _object(data, f"{name}{at}") if kind == ".json" else {}
        match parents, kind:
            case [], ".jsonl":
                found.history = data
            case [], ".csv":
                task.csv = data.decode("utf-8", "replace")
            case [], ".json":
                task.board = content
            case ["analysis"], ".json":
                task.analysis = content
            case ["scores", _], ".json" if "refused" not in content:
                task.receipts[path.stem] = content
    return found


def _object(data: bytes, where: str) -> dict[str, Any]:
    import orjson

    try:
        item = orjson.loads(data)
        found = f"a JSON {type(item).__name__}"
    except orjson.JSONDecodeError as error:
        item, found = None, f"unreadable text ({error})"
    if isinstance(item, dict):
        return item
    raise HistoryError(
        where,
        "a JSON object written by ionladder",
        found,
        "Restore it with `git checkout`, or write it with `ionladder leaderboard`.",
    )


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
        _count(result, history_problems(layout, history, now[task], task), n)
    return result


def history_problems(
    layout: Layout, history: Sequence[Record], files: TaskFiles, task: str
) -> list[Problem]:
    """Compare the last record of every submission with its receipt, and its row with both."""
    shown, board = layout.relative(layout.history), layout.relative(layout.leaderboard_json(task))
    restore = f"Restore both files from git, or run `ionladder leaderboard {task}`."
    rows = {name: row for name, row in files.rows.items() if name in files.receipts}
    now, last = {}, latest(history, task)
    problems: list[Problem] = []

    def differs(where: str, expected: str, found: str, next_step: str = restore) -> None:
        problems.append(Problem(where, expected, found, next_step))

    if files.board is not None:
        now = standings({**files.board, "rows": list(rows.values())}, files.receipts)
        metric = files.board["primary"]["metric"]
        for name, row in rows.items():
            found = [row[key] for key in (metric, f"{metric}_ci_low", f"{metric}_ci_high")]
            scored = [getattr(now[name], key) for key in NUMBERS]
            if found != scored:
                differs(f"{board}, {name}", f"{metric} {scored}, as in its receipt", str(found))
    for name in sorted(now.keys() | last.keys()):
        record, standing = last.get(name), now.get(name)
        where = layout.relative(layout.receipt(task, name))
        if standing is None:
            if record and record.event != REMOVED:
                expected = f"a last record that it was {REMOVED}, as it is not on the board"
                differs(f"{shown}, {task}/{name}", expected, f"the event {record.event}")
        elif record is None or record.event == REMOVED:
            run = f"Run `ionladder leaderboard {task}`."
            differs(where, f"a record of this score in {shown}", "none", run)
        elif keys := differing(record, standing, SCORE):
            was, is_now = (
                ", ".join(f"{key} {getattr(each, key)}" for key in keys)
                for each in (record, standing)
            )
            differs(where, f"{was}, as in {shown}", is_now)
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
        board, csv = now[task].board, now[task].csv
        if board is not None and csv is not None and csv != to_csv(board["rows"]):
            table, expected = f"{folder}/{task}.csv", f"the rows of {folder}/{task}.json"
            step = f"Restore both from git, or run `ionladder leaderboard {task}`."
            problems.append(Problem(table, expected, "other rows", step))
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
    if task not in base.tasks or task not in now.tasks:
        return []
    old, new = base[task], now[task]
    same = {name for name in old.receipts if old.identity(name) == new.identity(name)}
    receipts = {
        name: list(number_changes(old.receipts[name], new.receipts[name])) for name in sorted(same)
    }
    changed = {f"{folder}/scores/{task}/{name}.json": found for name, found in receipts.items()}
    blamed = {name for name, found in receipts.items() if found}
    is_same_board = old.board_identity == new.board_identity
    # Another submission moves places; what a card says is no score.
    left_out = _NOT_SCORES if is_same_board and not blamed else _NOT_SCORES | _OF_THE_BOARD
    board = changed[f"{folder}/{task}.json"] = []
    for name in sorted(old.rows.keys() & new.rows.keys() & (same - blamed)):
        row = {key: value for key, value in old.rows[name].items() if key not in left_out}
        board += number_changes(row, new.rows[name], name)
    if old.board is not None and new.board is not None and old.rules == new.rules:
        before, after = (
            {floor["name"]: floor for floor in b["floors"]} for b in (old.board, new.board)
        )
        board += number_changes(before, after, "floors")
    if is_same_board and old.analysis and new.analysis and not any(changed.values()):
        path = f"{folder}/analysis/{task}.json"
        changed[path] = list(number_changes(old.analysis, new.analysis))
    return [
        Problem(
            path,
            f"the numbers published at {at} "
            f"({first_few((_text(was) for _, was, _ in found), limit=_LISTED)}), since data, "
            "scorer and predictions have no new version",
            first_few((f"{name} {_text(value)}" for name, _, value in found), limit=_LISTED),
            _next_step(task),
        )
        for path, found in sorted(changed.items())
        if found
    ]


def altered_lines(base: bytes, now: bytes, *, at: str, shown_as: str) -> list[Problem]:
    """The first line of a history that no longer stands where it stood; none when all do."""
    old, new = base.splitlines(keepends=True), now.splitlines(keepends=True)
    if new[: len(old)] == old:
        return []
    differ = (n for n, (a, b) in enumerate(zip(old, new, strict=False), start=1) if a != b)
    number = next(differ, len(new) + 1)
    return [
        Problem(
            f"{shown_as}, line {number}",
            f"the line published at {at}: a history is only ever lengthened",
            "another line" if number <= len(new) else f"the end, {len(old)} lines expected",
            "Restore the file from that commit, then run `ionladder leaderboard`.",
        )
    ]


def unexplained_records(
    records: Sequence[Record], *, n_before: int, task: str, shown_as: str
) -> list[Problem]:
    """Records added after the first ``n_before`` that say themselves that nothing explains them."""
    fresh = {id(record): n for n, record in enumerate(records[n_before:], start=n_before + 1)}
    return [
        Problem(
            f"{shown_as}, line {fresh[id(change.after)]}: {task}/{change.after.submission}",
            "a new dataset version, scorer version or prediction file",
            "another score or place with all of them as before",
            _next_step(task),
        )
        for publication in publications(records)
        for change in publication.changes
        if publication.task == task and id(change.after) in fresh and "unexplained" in change.causes
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
