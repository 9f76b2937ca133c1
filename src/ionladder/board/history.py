"""The history of published scores, and checks that none changed without a version."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from ionladder.board.model import PLACE, full_analysis, full_board, stored_board, to_csv
from ionladder.config import Params
from ionladder.data.registry import all_tasks
from ionladder.data.versions import Verified
from ionladder.errors import HistoryError, Problem, first_few
from ionladder.git import files_at
from ionladder.receipt import DECIMALS
from ionladder.repo import Layout, read_json, replacing, sha256_file
from ionladder.score import submission_folders
from ionladder.submit.card import CARD_FILE, read_card
from ionladder.submit.predictions import CV_STEM, PREDICTIONS_STEM, predictions_sha256
from ionladder.submit.tables import find_table

# The history of published scores: what was added, rescored or removed, when and why


REMOVED: Literal["removed"] = "removed"
NUMBERS = ("value", "ci_low", "ci_high")
_CLOSED = "reducible_error_closed"
AGAINST = (_CLOSED, f"{_CLOSED}_ci_low", f"{_CLOSED}_ci_high", "below_floor", "groups_won")
DATA = ("dataset_version", "labels_sha256", "split_sha256")
PREDICTIONS = {
    "predictions_sha256": "predictions",
    "cv_predictions_sha256": "cross-validation predictions",
}
#: What a score rests on.
IDENTITY = (*DATA, "scorer_version", *PREDICTIONS)
MEASURE = ("metric", "unit")
#: What makes a new record when it changes.
SCORE = (*IDENTITY, *MEASURE, *NUMBERS, "kind")

FEWEST_DIGITS, MOST_DIGITS = 2, 6
#: Behind the commit of a record whose inputs were not all in that commit.
DIRTY = "dirty"


class Record(NamedTuple):
    """One line of the history, its keys in the order of the file.

    ``published`` counts the records of a submission, ``publication`` the runs that changed a
    board, both from 1. Numbers are those of the receipt, in ``unit``; null is "not defined", or
    that the submission left the board. ``rank`` to ``tie_group`` say where it stood when the
    record was written. ``commit`` was checked out then, ``+dirty`` behind it where what was scored
    had been edited since; null outside git.
    """

    task: str
    submission: str
    published: int
    publication: int
    event: Literal["added", "rescored", "moved", "removed"]
    dataset_version: str
    labels_sha256: str
    split_sha256: str
    scorer_version: str
    predictions_sha256: str
    cv_predictions_sha256: str | None
    metric: str
    unit: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    tie_group: int | None
    kind: Literal["verified", "reference"]
    commit: str | None


KEYS = Record._fields
_MODEL = TypeAdapter(Record, config={"defer_build": True})


def differing(one: Record, other: Record, keys: Iterable[str]) -> list[str]:
    """Those of some keys in which two records differ."""
    return [key for key in keys if getattr(one, key) != getattr(other, key)]


def standings(
    board: Mapping[str, Any], receipts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Record]:
    """What a board says of each submission, in the board's order, as records not yet published.

    Args:
        board: Content of ``leaderboard/<task>.json``, for places and kinds.
        receipts: Submission → content of its receipt, for numbers and hashes.

    Returns:
        Submission → its record, with ``published`` and ``publication`` 0.

    Raises:
        KeyError: A row has no receipt, or a receipt has no primary score.
    """
    primary = board["primary"]
    target, metric, subset = primary["target"], primary["metric"], primary["subset"]
    fixed = {"task": board["task"], "published": 0, "publication": 0, "event": "added"}
    fixed |= {"metric": f"{target}/{metric}/{subset}", "unit": primary["unit"], "commit": None}
    found = {}
    for row in board["rows"]:
        if (name := row["submission"]) is not None:
            receipt = receipts[name]
            score = receipt["targets"][target][subset]["metrics"][metric]
            known = row | receipt | receipt["hashes"] | score | fixed | {"submission": name}
            found[name] = Record(**{key: known[key] for key in KEYS})
    return found


def latest(records: Iterable[Record], task: str) -> dict[str, Record]:
    """Submission → its last record, of one task; those that left the board are among them."""
    return {record.submission: record for record in records if record.task == task}


def new_records(
    records: Iterable[Record], now: Mapping[str, Record], *, task: str, commit: str | None
) -> list[Record]:
    """What a history lacks so that every submission's last record is its score.

    Args:
        records: The history so far, all tasks.
        now: Submission → standing on the board of the task.
        task: The task.
        commit: What is checked out.

    Returns:
        The new records, those on the board in its order, then those that left it; empty when
        nothing changed.
    """
    last = latest(records, task)
    number = 1 + max((record.publication for record in last.values()), default=0)
    fresh: list[Record] = []

    def add(name: str, record: Record, event: str, **changed: Any) -> None:
        n = 1 + last[name].published if name in last else 1
        changed |= {"event": event, "published": n, "publication": number, "commit": commit}
        fresh.append(record._replace(**changed))

    for name, standing in now.items():
        before = last.get(name)
        if before is None or before.event == REMOVED:
            add(name, standing, "added")
        elif differing(before, standing, SCORE):
            add(name, standing, "rescored")
    for name, record in last.items():
        if name not in now and record.event != REMOVED:
            add(name, record, REMOVED, **dict.fromkeys((*NUMBERS, *PLACE)))
    return fresh


# What changed from record to record, by how much, and why


@dataclass(frozen=True)
class ScoreChange:
    """One record beside the one before it.

    Attributes:
        before: The standing before; None when the submission was not on the board.
        after: The record that the change added; its numbers are None when it left the board.
        why: Cause → what it rests on, in words. Causes are data, scorer, submission, kind, others
            (only the place changed) and unexplained; never empty.
    """

    before: Record | None
    after: Record
    why: Mapping[str, str]

    @property
    def reasons(self) -> list[str]:
        """The causes in words, with what they rest on: ``data: version 1.0.0 → 1.1.0, labels``."""
        return [f"{cause}: {words}" for cause, words in self.why.items()]

    @property
    def difference(self) -> float | None:
        """New minus old value in the unit of the metric; None where they cannot be subtracted."""
        old, new = self.before, self.after
        if old is None or old.value is None or new.value is None or differing(old, new, MEASURE):
            return None
        return new.value - old.value

    @property
    def tie_group_changed(self) -> bool:
        """Whether a submission that stayed on the board is in a group of another number."""
        old, new = self.before, self.after
        return bool(old and new.event != REMOVED and old.tie_group != new.tie_group)

    @property
    def has_moved(self) -> bool:
        """Whether anything a reader of the board sees is another; False when only hashes are."""
        old, new, seen = self.before, self.after, (*MEASURE, *NUMBERS, *PLACE, "kind")
        return old is None or new.event == REMOVED or bool(differing(old, new, seen))

    @property
    def digits(self) -> int:
        """Decimals in which the change can be seen: two digits of it, at least two decimals."""
        old, new = self.before, self.after
        keys = NUMBERS if old and old.value == new.value else NUMBERS[:1]
        pairs = [(getattr(old, key), getattr(new, key)) for key in keys] if old else []
        sizes = [abs(b - a) for a, b in pairs if a is not None and b is not None and a != b]
        wanted = 1 - math.floor(math.log10(max(sizes))) if sizes else FEWEST_DIGITS
        return min(max(wanted, FEWEST_DIGITS), MOST_DIGITS)

    def as_json(self) -> dict[str, Any]:
        """The change as ``ionladder changes --json`` prints it."""
        old, new, difference = self.before, self.after, self.difference
        by = None if difference is None else round(difference, DECIMALS)
        said = {key: getattr(new, key) for key in ("task", "publication", "submission", "event")}
        said |= {"causes": list(self.why), "reasons": self.reasons}
        said |= {"difference": by, "unit": new.unit, "has_moved": self.has_moved}
        said |= {"tie_group_changed": self.tie_group_changed}
        return {**said, "from": old._asdict() if old else None, "to": new._asdict()}


@dataclass(frozen=True)
class Publication:
    """What one run of ``ionladder leaderboard`` changed on one board.

    Attributes:
        task: The task.
        number: 1, 2, … for each task; the first began the board.
        commit: What was checked out; None outside git.
        changes: At least one, in the order of the history.
        is_dirty: Whether what was scored had been edited since that commit.
    """

    task: str
    number: int
    commit: str | None
    changes: Sequence[ScoreChange]
    is_dirty: bool = False

    @property
    def moved(self) -> list[ScoreChange]:
        """Changes that a reader of the board sees."""
        return [change for change in self.changes if change.has_moved]

    @property
    def unmoved(self) -> list[ScoreChange]:
        """Changes of what a score rests on that left number and place as they were."""
        return [change for change in self.changes if not change.has_moved]


def publications(records: Iterable[Record]) -> list[Publication]:
    """A history as publications, in the order in which they began."""
    runs: dict[tuple[str, int], list[tuple[Record | None, Record]]] = {}
    last: dict[tuple[str, str], Record] = {}
    for record in records:
        before = last.get(record[:2])
        on_board = before if before and before.event != REMOVED else None
        runs.setdefault((record.task, record.publication), []).append((on_board, record))
        last[record[:2]] = record
    found = []
    for (task, number), run in runs.items():
        around = any(new.event != "moved" or (old and old.kind != new.kind) for old, new in run)
        changes = [ScoreChange(old, new, _why(old, new, around)) for old, new in run]
        commit, _, mark = (run[0][1].commit or "").partition("+")
        found.append(Publication(task, number, commit or None, changes, mark == DIRTY))
    return found


def former_boards(
    records: Sequence[Record], task: str
) -> Iterator[tuple[tuple[Record, ...], list[Record]]]:
    """The records of each publication of a task, oldest first, and who was on its board then.

    Numbers are those of each submission's last record. A place is another's doing too: it is None
    where it was not recorded at that publication, as of rows that only others moved, since such
    moves ("moved") are no longer recorded.
    """
    moves = max((n for n, record in enumerate(records) if record.event == "moved"), default=-1)
    own = ((n, record) for n, record in enumerate(records) if record.task == task)
    now: dict[str, Record] = {}
    for _, run in groupby(own, key=lambda pair: pair[1].publication):
        lines, changed = zip(*run, strict=True)
        if lines[0] > moves:
            unknown: dict[str, Any] = dict.fromkeys(PLACE)
            now = {name: record._replace(**unknown) for name, record in now.items()}
        now |= {record.submission: record for record in changed}
        now = {name: record for name, record in now.items() if record.event != REMOVED}
        yield changed, [*now.values()]


def since(records: Sequence[Record], n_before: int) -> list[Publication]:
    """Publications that hold any record after the first ``n_before``."""
    wanted = {(record.task, record.publication) for record in records[n_before:]}
    return [each for each in publications(records) if (each.task, each.number) in wanted]


def newest(records: Iterable[Record], n: int) -> list[Publication]:
    """The last ``n`` publications of each task."""
    found = publications(records)
    last = {publication.task: publication.number for publication in found}
    return [each for each in found if each.number > last[each.task] - n]


def _why(old: Record | None, new: Record, around: bool) -> dict[str, str]:
    """Cause → words; ``around`` says that scores of the same publication changed."""
    if old is None or new.event == REMOVED:
        return {"submission": f"{'left' if old else 'entered'} the board"}
    changed = differing(old, new, KEYS)
    steps = {key: f"{getattr(old, key)} → {getattr(new, key)}" for key in changed}
    why = {}
    if differing(old, new, DATA):
        version = steps.get("dataset_version", f"{new.dataset_version} as before")
        others = [f"other {key.split('_')[0]}" for key in DATA[1:] if key in changed]
        why["data"] = f"version {version}, {' and '.join(others) or 'same labels and split'}"
    if "scorer_version" in changed:
        metric = [steps["metric"]] if "metric" in changed else []
        why["scorer"] = ", ".join([f"version {steps['scorer_version']}", *metric])
    if files := [words for key, words in PREDICTIONS.items() if key in changed]:
        why["submission"] = f"other {' and '.join(files)}"
    if "kind" in changed:
        why["kind"] = f"now {new.kind}"
    # A new kind changes who is ranked, never a number; another measure needs a new scorer.
    measures = differing(old, new, MEASURE)
    is_unexplained = differing(old, new, NUMBERS) and not differing(old, new, IDENTITY)
    if measures and "scorer" not in why:
        why["unexplained"] = f"{steps[measures[0]]} without a new scorer version"
    elif is_unexplained or not (why or around):
        why["unexplained"] = "data, scorer and submission have no new version"
    return why or {"others": "the board around it changed"}


# ``leaderboard/history.jsonl`` on disk: read strictly, only ever lengthened, never half-done


def read_history(layout: Layout) -> list[Record]:
    """Every record of this repository, first to last; empty where nothing was published yet.

    Raises:
        HistoryError: The file is damaged; the error names the line.
    """
    path = layout.history
    return parse_history(path.read_bytes(), layout.relative(path)) if path.is_file() else []


def parse_history(data: bytes, shown_as: str) -> list[Record]:
    """Records from the bytes of a history.

    Args:
        data: Content of a ``history.jsonl``.
        shown_as: Its name in messages.

    Raises:
        HistoryError: A line is not a record, or does not follow from those before it.
    """
    *lines, rest = data.split(b"\n")
    if rest:
        where = f"{shown_as}, line {len(lines) + 1}"
        raise _damaged(where, "a line that ends with a line break", "a line cut short")
    records = []
    last: dict[tuple[str, str], Record] = {}
    numbers: dict[str, int] = {}
    for n, line in enumerate(lines, start=1):
        where = f"{shown_as}, line {n}"
        record = _parse_line(line, where)
        before, number = last.get(record[:2]), numbers.get(record.task, 0)
        if problem := _misplaced(record, before, number):
            raise _damaged(where, *problem)
        last[record[:2]], numbers[record.task] = record, record.publication
        records.append(record)
    return records


def append_records(layout: Layout, records: Iterable[Record]) -> None:
    """Lengthen the history; what stood in it keeps its bytes, and no records change nothing.

    Lines that were written on the commit that is checked out stand in the order of tasks, whichever
    came first.
    """
    if not (fresh := list(records)):
        return
    former = read_history(layout)
    data = layout.history.read_bytes() if former else b""
    n = len(former)
    while n and fresh[0].commit is not None and former[n - 1].commit == fresh[0].commit:
        n -= 1
    kept = b"".join(data.splitlines(keepends=True)[:n])
    last = sorted([*former[n:], *fresh], key=lambda record: (record.task, record.publication))
    with replacing(layout.history) as temporary:
        temporary.write_bytes(kept + to_lines(last))


def to_lines(records: Iterable[Record]) -> bytes:
    """Records as they stand in the file."""
    option = orjson.OPT_APPEND_NEWLINE
    return b"".join(orjson.dumps(record._asdict(), option=option) for record in records)


def _parse_line(line: bytes, where: str) -> Record:
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _damaged(where, "a JSON object", f"text that is none ({error})") from error
    if not isinstance(item, dict) or tuple(item) != KEYS:
        expected = f"a JSON object with the keys {', '.join(KEYS)}, in this order"
        found = ", ".join(item) if isinstance(item, dict) else type(item).__name__
        raise _damaged(where, expected, found or "no key")
    try:
        return _MODEL.validate_python(item, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        expected = f"{first['loc'][0]}: {first['msg'][0].lower()}{first['msg'][1:]}"
        raise _damaged(where, expected, repr(first["input"])) from error


def _misplaced(record: Record, before: Record | None, number: int) -> tuple[str, str] | None:
    """What was expected and found where a record cannot follow those above it."""
    name = f"{record.task}/{record.submission}"
    n = before.published + 1 if before else 1
    if record.published != n:
        return f"score number {n} of {name}", f"number {record.published}: a line is missing"
    if record.publication not in {number or 1, number + 1}:
        expected = f"publication {number} or {number + 1} of {record.task}"
        return expected, f"publication {record.publication}: a line is missing"
    is_outside = before is None or before.event == REMOVED
    if is_outside != (record.event == "added"):
        state = f"{'not ' * is_outside}on the board"
        return f"an event that can befall {name}, which is {state}", record.event
    return None


def _damaged(where: str, expected: str, found: str) -> HistoryError:
    step = "Restore the file from git (after a merge, keep the lines of main), then run "
    return HistoryError(where, expected, found, f"{step}`ionladder leaderboard`.")


# Checks of what is published: scores against predictions, records, and an earlier commit


_LISTED = 3
_NOT_SCORES = {"card", "reported"}
_OF_THE_BOARD = {*PLACE, "probability_best", "beside", *AGAINST}
_OF_THE_BOARD |= {"better_than_references", "worse_than_references"}
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
        if "refused" in receipt:
            told = "; ".join(
                f"{each.get('where')}: {each.get('found')}" for each in receipt["refused"][:3]
            )
            step = "Correct the submission or take it back: it is on no board as it is."
            problems.append(Problem(folder, "a submission that can be scored", told, step))
            continue
        card = layout.submission_dir(task, name) / CARD_FILE
        recorded = receipt.get("hashes", {}).get("card_sha256")
        found = sha256_file(card) if card.is_file() else None
        if found != recorded:
            expected = f"SHA-256 {recorded or 'of no file'}, as in {shown}"
            step = f"Restore the file from git, or {run} to record the new one."
            problems.append(Problem(f"{folder}/{CARD_FILE}", expected, found or "no file", step))
        for key, stem in ((PREDICTIONS_STEM, scored), (CV_STEM, CV_STEM)):
            recorded = receipt.get("hashes", {}).get(f"{key}_sha256")
            path, _ = find_table(layout.submission_dir(task, name), stem, shown_as=folder)
            found = predictions_sha256(path) if path else None
            if path is None and key == PREDICTIONS_STEM:
                stated, _ = read_card(card, shown_as=f"{folder}/{CARD_FILE}")
                found = stated.predictions.source.sha256 if stated and stated.predictions else None
            if found != recorded:
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
    for task, each in found.tasks.items():
        try:
            each.board = full_board(each.board)
            each.analysis = full_analysis(each.analysis, each.board)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged_board(f"{folder}/{task}.json{at}", f"other columns ({error})") from error
    return found


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        item = orjson.loads(data)
        found = f"a JSON {type(item).__name__}"
    except orjson.JSONDecodeError as error:
        item, found = None, f"unreadable text ({error})"
    if isinstance(item, dict):
        return item
    raise _damaged_board(where, found)


def _damaged_board(where: str, found: str) -> HistoryError:
    step = "Restore it with `git checkout`, or write it with `ionladder leaderboard`."
    return HistoryError(where, "a JSON object written by ionladder", found, step)


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
        rows = stored_board(files.board)["rows"] if files.board else []
        if files.board and files.csv is not None and files.csv != to_csv(rows):
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
        same_parts = "since data, scorer and predictions have no new version"
        expected = f"the numbers published at {at} ({was}), {same_parts}"
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
