"""History of published scores, and changes between publications."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple

from ionladder.board.model import to_csv
from ionladder.config import Params
from ionladder.data.registry import all_tasks
from ionladder.data.versions import Verified
from ionladder.errors import HistoryError, Problem, first_few
from ionladder.git import files_at, head_commit
from ionladder.repo import Layout, read_json, replacing
from ionladder.score import submission_folders
from ionladder.submit.predictions import CV_STEM, PREDICTIONS_STEM, find_table, predictions_sha256

# The history of scores: one record for every score ever published, in the order of publication


Event = Literal["added", "rescored", "moved", "removed"]

REMOVED: Event = "removed"
IDENTITY = (
    "dataset_version",
    "labels_sha256",
    "split_sha256",
    "scorer_version",
    "predictions_sha256",
    "cv_predictions_sha256",
)
NUMBERS = ("value", "ci_low", "ci_high")
PLACE = ("rank", "rank_low", "rank_high", "tie_group")


class Record(NamedTuple):
    """One line of the history: a standing on a board, and when it was published.

    A tuple, because a hundred thousand of them are read at once. The keys are explained above, and
    stand in the order of the file.
    """

    task: str
    submission: str
    published: int
    publication: int
    event: Event
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
    kind: str
    commit: str | None


KEYS = Record._fields
STANDING_KEYS = tuple(
    key for key in KEYS if key not in {"published", "publication", "event", "commit"}
)

standing_values = attrgetter(*STANDING_KEYS)
identity_values = attrgetter(*IDENTITY)
number_values = attrgetter("metric", "unit", *NUMBERS)


def standings(
    board: Mapping[str, Any], receipts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Record]:
    """What a board says of each submission, in the board's order, as records not yet published.

    Numbers and hashes are those of the receipts; places and kinds are those of the board.

    Args:
        board: Content of ``leaderboard/<task>.json``.
        receipts: Submission → content of its receipt, for every scored row of the board.

    Returns:
        Submission → its record, with ``published`` and ``publication`` 0.

    Raises:
        KeyError: A row has no receipt, or a receipt has no primary score.
    """
    primary = board["primary"]
    target, metric, subset = primary["target"], primary["metric"], primary["subset"]
    found = {}
    for row in board["rows"]:
        name = row["submission"]
        if name is None:
            continue
        receipt = receipts[name]
        score = receipt["targets"][target][subset]["metrics"][metric]
        found[name] = Record(
            task=board["task"],
            submission=name,
            published=0,
            publication=0,
            event="added",
            dataset_version=receipt["dataset_version"],
            scorer_version=receipt["scorer_version"],
            **{key: receipt["hashes"][key] for key in IDENTITY if key.endswith("_sha256")},
            metric=f"{target}/{metric}/{subset}",
            unit=primary["unit"],
            **{key: score[key] for key in NUMBERS},
            **{key: row[key] for key in PLACE},
            kind=row["kind"],
            commit=None,
        )
    return found


def latest(records: Iterable[Record], task: str) -> dict[str, Record]:
    """Submission → its last record, of one task; those that left the board are among them."""
    return {record.submission: record for record in records if record.task == task}


def new_records(
    records: Iterable[Record], now: Mapping[str, Record], *, task: str, commit: str | None
) -> list[Record]:
    """What a history lacks so that the last record of every submission is its standing.

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
    events = {name: _event(last.get(name), standing) for name, standing in now.items()}
    fresh = [now[name]._replace(event=event) for name, event in events.items() if event]
    fresh += [
        _emptied(record)
        for name, record in last.items()
        if name not in now and record.event != REMOVED
    ]
    number = 1 + max((record.publication for record in last.values()), default=0)
    return [
        record._replace(
            published=1 + (last[record.submission].published if record.submission in last else 0),
            publication=number,
            commit=commit,
        )
        for record in fresh
    ]


def differing_keys(record: Record, standing: Record) -> list[str]:
    """Keys in which a record and what a board says now differ, its publication aside."""
    return [key for key in STANDING_KEYS if getattr(record, key) != getattr(standing, key)]


def _event(before: Record | None, standing: Record) -> Event | None:
    if before is None or before.event == REMOVED:
        return "added"
    if identity_values(before) != identity_values(standing):
        return "rescored"
    if number_values(before) != number_values(standing):
        return "rescored"
    return "moved" if standing_values(before) != standing_values(standing) else None


def _emptied(record: Record) -> Record:
    """The record of a removal: without numbers and place."""
    nothing: dict[str, Any] = dict.fromkeys((*NUMBERS, *PLACE))
    return record._replace(event=REMOVED, **nothing)


# What moved between consecutive records of the history, by how much, and why; it knows no files


_FEWEST_DIGITS, _MOST_DIGITS = 2, 6


class Cause(StrEnum):
    """Why a standing changed, as the table above says."""

    DATA = "data"
    SCORER = "scorer"
    SUBMISSION = "submission"
    OTHERS = "others"
    KIND = "kind"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One record beside the one before it.

    Attributes:
        before: The standing before; None when the submission was not on the board.
        after: The record that the change added; its numbers are None when it left the board.
        causes: Why, in the order of :class:`Cause`; never empty.
    """

    before: Record | None
    after: Record
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> float | None:
        """New minus old value in the unit of the metric; None where they cannot be subtracted."""
        old, new = self.before, self.after
        if old is None or old.value is None or new.value is None or _measure(old) != _measure(new):
            return None
        return new.value - old.value

    @property
    def tie_group_changed(self) -> bool:
        """Whether a submission that stayed on the board is in a tie group of another number."""
        if self.before is None or self.after.event == REMOVED:
            return False
        return self.before.tie_group != self.after.tie_group

    @property
    def has_moved(self) -> bool:
        """Whether anything a reader of the board sees is another; False when only hashes are."""
        if self.before is None or self.after.event == REMOVED:
            return True
        return number_values(self.before) != number_values(self.after) or _place(
            self.before
        ) != _place(self.after)

    @property
    def digits(self) -> int:
        """Decimals in which the change can be seen: two digits of it, at least two decimals."""
        old, new = self.before, self.after
        pairs = [] if old is None else [(old.value, new.value)]
        if old is not None and old.value == new.value:
            pairs += [(old.ci_low, new.ci_low), (old.ci_high, new.ci_high)]
        sizes = [abs(b - a) for a, b in pairs if a is not None and b is not None and a != b]
        if not sizes:
            return _FEWEST_DIGITS
        wanted = 1 - math.floor(math.log10(max(sizes)))
        return min(max(wanted, _FEWEST_DIGITS), _MOST_DIGITS)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The causes in words, with what they rest on: ``data: version 1.0.0 → 1.1.0, labels``."""
        return tuple(_reason(cause, self.before, self.after) for cause in self.causes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What one run of ``ionladder leaderboard`` changed on one board.

    Attributes:
        task: The task.
        number: 1, 2, … for each task.
        commit: What was checked out; None outside git.
        changes: At least one, in the order of the history.
    """

    task: str
    number: int
    commit: str | None
    changes: tuple[Change, ...]

    @property
    def moved(self) -> tuple[Change, ...]:
        """Changes that a reader of the board sees."""
        return tuple(change for change in self.changes if change.has_moved)

    @property
    def unmoved(self) -> tuple[Change, ...]:
        """Changes of what a score rests on that left number and place as they were."""
        return tuple(change for change in self.changes if not change.has_moved)

    @property
    def is_first(self) -> bool:
        """Whether it began the board: all its submissions entered."""
        return self.number == 1


def publications(records: Iterable[Record]) -> list[Publication]:
    """A history as publications, in the order in which they began."""
    pairs: dict[tuple[str, int], list[tuple[Record | None, Record]]] = {}
    last: dict[tuple[str, str], Record] = {}
    for record in records:
        key = (record.task, record.submission)
        before = last.get(key)
        is_new = before is None or before.event == REMOVED
        pair = (None if is_new else before, record)
        pairs.setdefault((record.task, record.publication), []).append(pair)
        last[key] = record
    return [
        Publication(task=task, number=number, commit=found[0][1].commit, changes=_changes(found))
        for (task, number), found in pairs.items()
    ]


def since(found: Sequence[Publication], fresh: Sequence[Record]) -> list[Publication]:
    """Those publications that hold any of some records."""
    wanted = {(record.task, record.publication) for record in fresh}
    return [each for each in found if (each.task, each.number) in wanted]


def _changes(pairs: Sequence[tuple[Record | None, Record]]) -> tuple[Change, ...]:
    has_others = any(after.event != "moved" for _, after in pairs) or any(
        before is not None and before.kind != after.kind for before, after in pairs
    )
    return tuple(
        Change(before=before, after=after, causes=_causes(before, after, has_others=has_others))
        for before, after in pairs
    )


def _causes(before: Record | None, after: Record, *, has_others: bool) -> tuple[Cause, ...]:
    """Every cause that applies; ``has_others`` says that somebody else changed beside it."""
    if before is None or after.event == REMOVED:
        return (Cause.SUBMISSION,)
    causes = []
    if _data(before) != _data(after):
        causes.append(Cause.DATA)
    if before.scorer_version != after.scorer_version:
        causes.append(Cause.SCORER)
    if _files(before) != _files(after):
        causes.append(Cause.SUBMISSION)
    if before.kind != after.kind:
        causes.append(Cause.KIND)
    # A new kind changes who is ranked, never a number; another measure needs a new scorer.
    is_same = identity_values(before) == identity_values(after)
    has_new_number = is_same and number_values(before) != number_values(after)
    has_new_measure = _measure(before) != _measure(after) and Cause.SCORER not in causes
    if has_new_number or has_new_measure:
        causes.append(Cause.UNEXPLAINED)
    if not causes:
        causes.append(Cause.OTHERS if has_others else Cause.UNEXPLAINED)
    return tuple(causes)


def _reason(cause: Cause, before: Record | None, after: Record) -> str:
    if before is None:
        return f"{cause}: entered the board"
    if after.event == REMOVED:
        return f"{cause}: left the board"
    words = {
        Cause.DATA: _data_words,
        Cause.SCORER: _scorer_words,
        Cause.SUBMISSION: _submission_words,
        Cause.KIND: lambda _, new: f"now {new.kind}",
        Cause.OTHERS: lambda _, __: "the board around it changed",
        Cause.UNEXPLAINED: _unexplained_words,
    }[cause]
    return f"{cause}: {words(before, after)}"


def _data_words(before: Record, after: Record) -> str:
    old, new = before.dataset_version, after.dataset_version
    names = (("labels", "labels_sha256"), ("split", "split_sha256"))
    differing = [name for name, key in names if getattr(before, key) != getattr(after, key)]
    version = f"version {old} → {new}" if old != new else f"version {new} as before"
    return f"{version}, {' and '.join(f'other {n}' for n in differing) or 'same labels and split'}"


def _scorer_words(before: Record, after: Record) -> str:
    version = f"version {before.scorer_version} → {after.scorer_version}"
    if _measure(before) == _measure(after):
        return version
    return f"{version}, {before.metric} → {after.metric}"


def _submission_words(before: Record, after: Record) -> str:
    names = (
        ("predictions", "predictions_sha256"),
        ("cross-validation predictions", "cv_predictions_sha256"),
    )
    differing = [name for name, key in names if getattr(before, key) != getattr(after, key)]
    return f"other {' and '.join(differing)}"


def _unexplained_words(before: Record, after: Record) -> str:
    same = "data, scorer and submission have no new version"
    if _measure(before) == _measure(after):
        return same
    return f"{before.metric} → {after.metric} without a new scorer version"


def _measure(record: Record) -> tuple[str, str]:
    return record.metric, record.unit


def _data(record: Record) -> tuple[str, str, str]:
    return record.dataset_version, record.labels_sha256, record.split_sha256


def _files(record: Record) -> tuple[str, str | None]:
    return record.predictions_sha256, record.cv_predictions_sha256


def _place(record: Record) -> tuple[object, ...]:
    return record.rank, record.rank_low, record.rank_high, record.tie_group, record.kind


# Are the published scores still those of the stored predictions?


_RESCORE = "Restore the file from git, or run `ionladder leaderboard {task}` to score it again."


def verify_receipts(layout: Layout, params: Params) -> Verified:
    """Hold stored predictions to the hashes in their receipts; a step of ``ionladder verify``."""
    result = Verified(what="submissions")
    for task in params.task_versions:
        problems = receipt_problems(layout, task)
        result.problems += problems
        result.n_good += max(len(submission_folders(layout, task)) - len(problems), 0)
    return result


def receipt_problems(layout: Layout, task: str) -> list[Problem]:
    """Compare the hashes in every receipt with the prediction files, and receipts with folders."""
    problems = []
    spec = all_tasks().get(task)
    # On a task scored on folds, both hashes are those of the one file there is.
    scored = CV_STEM if spec and spec.scored_folds else PREDICTIONS_STEM
    folders = {folder.name: folder for folder in submission_folders(layout, task)}
    receipts = {path.stem: path for path in sorted(layout.receipts_dir(task).glob("*.json"))}
    for name in sorted(folders.keys() | receipts.keys()):
        if name not in receipts or name not in folders:
            problems.append(_unpaired(layout, task, name, has_folder=name in folders))
            continue
        receipt = read_json(receipts[name])
        for key, stem in ((PREDICTIONS_STEM, scored), (CV_STEM, CV_STEM)):
            recorded = receipt.get("hashes", {}).get(f"{key}_sha256")
            shown = layout.relative(folders[name])
            path, _ = find_table(folders[name], stem, shown_as=shown)
            found = predictions_sha256(path) if path else None
            if "refused" not in receipt and found != recorded:
                problems.append(
                    Problem(
                        where=f"{shown}/{path.name if path else stem}",
                        expected=f"SHA-256 {recorded or 'of no file'}, as in "
                        f"{layout.relative(receipts[name])}",
                        found=found or "no file",
                        next_step=_RESCORE.format(task=task),
                    )
                )
    return problems


def _unpaired(layout: Layout, task: str, name: str, *, has_folder: bool) -> Problem:
    receipt = layout.relative(layout.receipt(task, name))
    folder = layout.relative(layout.submission_dir(task, name))
    where, other = (folder, receipt) if has_folder else (receipt, folder)
    return Problem(
        where=where,
        expected=f"{other} beside it",
        found="nothing there",
        next_step=f"Run `ionladder leaderboard {task}`.",
    )


# ``leaderboard/history.jsonl`` on disk: read strictly, only ever lengthened, never half-done


_RESTORE = (
    "Restore the file from git (after a merge, keep the lines of main), then run "
    "`ionladder leaderboard`."
)
_TEXT, _COUNT = (str,), (int,)
_TEXT_OR_NULL, _COUNT_OR_NULL = (str, type(None)), (int, type(None))
_NUMBER_OR_NULL = (float, int, type(None))
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(KEYS, _TEXT),
    **dict.fromkeys(("published", "publication"), _COUNT),
    **dict.fromkeys(("cv_predictions_sha256", "commit"), _TEXT_OR_NULL),
    **dict.fromkeys(("value", "ci_low", "ci_high"), _NUMBER_OR_NULL),
    **dict.fromkeys(("rank", "rank_low", "rank_high", "tie_group"), _COUNT_OR_NULL),
}
_EVENTS = ("added", "rescored", "moved", REMOVED)
_KINDS = ("verified", "reference")


def read_history(layout: Layout) -> list[Record]:
    """Every record of this repository, first to last; empty where nothing was published yet.

    Raises:
        HistoryError: The file is damaged; the letter names the line.
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
    lines = data.split(b"\n")
    if lines.pop() != b"":
        n = len(lines) + 1
        raise _damaged(shown_as, n, "a line that ends with a line break", "a line cut short")
    records = []
    shapes: set[tuple[object, ...]] = set()
    last: dict[tuple[str, str], Record] = {}
    publications: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        record = _parse_line(line, shapes, shown_as, number)
        key = (record.task, record.submission)
        trouble = _out_of_order(record, last.get(key), publications.get(record.task, 0))
        if trouble:
            raise _damaged(shown_as, number, *trouble)
        last[key] = record
        publications[record.task] = record.publication
        records.append(record)
    return records


def append_records(layout: Layout, records: Iterable[Record]) -> None:
    """Lengthen the history; what stood in it keeps its bytes, and no records change nothing."""
    text = to_lines(records)
    if not text:
        return
    path = layout.history
    former = path.read_bytes() if path.is_file() else b""
    with replacing(path) as temporary:
        temporary.write_bytes(former + text)


def to_lines(records: Iterable[Record]) -> bytes:
    """Records as they stand in the file."""
    import orjson

    return b"".join(
        orjson.dumps(record._asdict(), option=orjson.OPT_APPEND_NEWLINE) for record in records
    )


def record_publication(
    layout: Layout,
    history: Sequence[Record],
    board: Mapping[str, Any],
    receipts: Mapping[str, Mapping[str, Any]],
) -> list[Record]:
    """Add to the history what a board that was just written changed.

    Args:
        layout: The repository.
        history: Its history, read before the board was written, so that a damaged one stops
            the command while nothing has changed.
        board: Content of ``leaderboard/<task>.json``.
        receipts: Submission → receipt.

    Returns:
        The records that were added.
    """
    fresh = new_records(
        history,
        standings(board, receipts),
        task=board["task"],
        commit=head_commit(layout.root),
    )
    append_records(layout, fresh)
    return fresh


def _parse_line(line: bytes, shapes: set[tuple[object, ...]], shown_as: str, number: int) -> Record:
    """One record; ``shapes`` remembers which types of values were found good, since few occur."""
    import orjson

    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _damaged(shown_as, number, "a JSON object", f"text that is none ({error})") from error
    if not isinstance(item, dict) or tuple(item) != KEYS:
        expected = f"a JSON object with the keys {', '.join(KEYS)}, in this order"
        found = ", ".join(item) if isinstance(item, dict) else type(item).__name__
        raise _damaged(shown_as, number, expected, found or "no key")
    shape = tuple(map(type, item.values()))
    if shape not in shapes:
        _check_types(item, shown_as, number)
        shapes.add(shape)
    if item["event"] not in _EVENTS or item["kind"] not in _KINDS:
        expected = f"an event of {', '.join(_EVENTS)} and a kind of {', '.join(_KINDS)}"
        raise _damaged(shown_as, number, expected, f"{item['event']!r} and {item['kind']!r}")
    return Record._make(item.values())


def _check_types(item: Mapping[str, Any], shown_as: str, number: int) -> None:
    for key, types in _TYPES.items():
        if type(item[key]) not in types:
            wanted = " or ".join("null" if t is type(None) else t.__name__ for t in types)
            raise _damaged(shown_as, number, f"{key} to be {wanted}", repr(item[key]))


def _out_of_order(
    record: Record, before: Record | None, publication: int
) -> tuple[str, str] | None:
    """What was expected and found where a record cannot follow those above it; None when it can."""
    name = f"{record.task}/{record.submission}"
    number = before.published + 1 if before else 1
    if record.published != number:
        return f"score number {number} of {name}", f"number {record.published}: a line is missing"
    if record.publication not in (publication, publication + 1) or not record.publication:
        return (
            f"publication {publication} or {publication + 1} of {record.task}",
            f"publication {record.publication}: a line is missing",
        )
    is_outside = before is None or before.event == REMOVED
    if is_outside != (record.event == "added"):
        stands = "not on the board" if is_outside else "on the board"
        return f"an event that can befall {name}, which is {stands}", record.event
    return None


def _damaged(shown_as: str, number: int, expected: str, found: str) -> HistoryError:
    return HistoryError(
        Problem(
            where=f"{shown_as}, line {number}",
            expected=expected,
            found=found,
            next_step=_RESTORE,
        )
    )


# Everything that ``leaderboard/`` publishes, at one moment: in the working tree or at a commit


_SCORES, _ANALYSIS = "scores", "analysis"

Identity = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class TaskFiles:
    """What is published of one task.

    Attributes:
        board: Content of its board, or None when there is none.
        analysis: Content of its board-level analysis, or None.
        receipts: Submission → receipt; refused submissions are not among them.
        csv: Text of the flat table, or None.
    """

    board: Mapping[str, Any] | None
    analysis: Mapping[str, Any] | None
    receipts: Mapping[str, Mapping[str, Any]]
    csv: str | None

    def identity(self, name: str) -> Identity | None:
        """What the score of a submission rests on; None when it has no receipt."""
        receipt = self.receipts.get(name)
        if receipt is None:
            return None
        hashes = receipt.get("hashes") or {}
        return tuple(hashes[key] if key in hashes else receipt.get(key) for key in IDENTITY)

    @property
    def board_identity(self) -> tuple[Any, ...]:
        """What everything on the board rests on: all submissions, and which of them are ranked."""
        rows = (self.board or {}).get("rows", ())
        kinds = sorted((row["submission"], row["kind"]) for row in rows if row["submission"])
        return (*rules(self.board), *kinds, *((n, self.identity(n)) for n in sorted(self.receipts)))


def rules(board: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """The dataset and scorer version of a board."""
    return tuple((board or {}).get(key) for key in ("dataset_version", "scorer_version"))


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All tasks, and the bytes of the history (empty when there is none)."""

    tasks: Mapping[str, TaskFiles]
    history: bytes


def snapshot_of_tree(layout: Layout) -> Snapshot:
    """What is published in the working tree."""
    root = layout.leaderboard_dir
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    return _snapshot(layout, files, at="")


def snapshot_at(layout: Layout, commit: str) -> Snapshot:
    """What was published at a commit."""
    folder = layout.relative(layout.leaderboard_dir)
    found = files_at(layout.root, commit, folder)
    files = {name.removeprefix(f"{folder}/"): data for name, data in found.items()}
    return _snapshot(layout, files, at=f" at {commit[:12]}")


def _snapshot(layout: Layout, files: Mapping[str, bytes], *, at: str) -> Snapshot:
    boards: dict[str, Any] = {}
    analyses: dict[str, Any] = {}
    receipts: dict[str, dict[str, Any]] = {}
    tables: dict[str, str] = {}
    for name, data in files.items():
        path = PurePosixPath(name)
        where = f"{layout.relative(layout.leaderboard_dir)}/{name}{at}"
        match path.parts[:-1], path.suffix:
            case (), ".json":
                boards[path.stem] = _object(data, where)
            case (), ".csv":
                tables[path.stem] = data.decode("utf-8", "replace")
            case (folder,), ".json" if folder == _ANALYSIS:
                analyses[path.stem] = _object(data, where)
            case (folder, task), ".json" if folder == _SCORES:
                receipt = _object(data, where)
                if "refused" not in receipt:
                    receipts.setdefault(task, {})[path.stem] = receipt
            case _:
                pass
    tasks = {
        task: TaskFiles(
            board=boards.get(task),
            analysis=analyses.get(task),
            receipts=receipts.get(task, {}),
            csv=tables.get(task),
        )
        for task in sorted({*boards, *analyses, *receipts})
    }
    return Snapshot(tasks=tasks, history=files.get(layout.history.name, b""))


def _object(data: bytes, where: str) -> dict[str, Any]:
    import orjson

    try:
        item = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _not_ours(where, f"unreadable text ({error})") from error
    if not isinstance(item, dict):
        raise _not_ours(where, f"a JSON {type(item).__name__}")
    return item


def _not_ours(where: str, found: str) -> HistoryError:
    return HistoryError(
        Problem(
            where=where,
            expected="a JSON object written by ionladder",
            found=found,
            next_step="Restore it with `git checkout`, or write it with `ionladder leaderboard`.",
        )
    )


# Published numbers that changed although nothing they rest on has a new version


_NOT_SCORES = {"card", "reported"}
_LISTED = 3
_OF_THE_BOARD = {*PLACE, "probability_best", "reducible_error_closed", "below_floor"}
"""Parts of a row that another submission of the board may move."""

NumberChange = tuple[str, object, object]


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
    old, new = base.tasks[task], now.tasks[task]
    changed: dict[str, list[NumberChange]] = {}
    for name in sorted(old.receipts.keys() & new.receipts.keys()):
        if old.identity(name) == new.identity(name):
            found = list(number_changes(old.receipts[name], new.receipts[name]))
            if found:
                changed[f"{folder}/scores/{task}/{name}.json"] = found
    blamed = {path.rpartition("/")[2].removesuffix(".json") for path in changed}
    board = [*_row_changes(old, new, blamed), *_floor_changes(old, new)]
    if board:
        changed[f"{folder}/{task}.json"] = board
    if old.board_identity == new.board_identity and old.analysis and new.analysis and not changed:
        found = list(number_changes(old.analysis, new.analysis))
        if found:
            changed[f"{folder}/analysis/{task}.json"] = found
    return [_letter(path, found, task, at) for path, found in sorted(changed.items())]


def altered_lines(base: bytes, now: bytes, *, at: str, shown_as: str) -> list[Problem]:
    """The first line of a history that no longer stands where it stood; none when all do."""
    old, new = base.splitlines(keepends=True), now.splitlines(keepends=True)
    if new[: len(old)] == old:
        return []
    number = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False), start=1) if a != b),
        len(new) + 1,
    )
    return [
        Problem(
            where=f"{shown_as}, line {number}",
            expected=f"the line published at {at}: a history is only ever lengthened",
            found="another line" if number <= len(new) else f"the end, {len(old)} lines expected",
            next_step="Restore the file from that commit, then run `ionladder leaderboard`.",
        )
    ]


def unexplained_records(
    records: list[Record], *, n_before: int, task: str, shown_as: str
) -> list[Problem]:
    """Records added after the first ``n_before`` that say themselves that nothing explains them."""
    fresh = {id(record): n for n, record in enumerate(records[n_before:], start=n_before + 1)}
    return [
        Problem(
            where=f"{shown_as}, line {fresh[id(change.after)]}: {task}/{change.after.submission}",
            expected="a new dataset version, scorer version or prediction file",
            found="another score or place with all of them as before",
            next_step=_next_step(task),
        )
        for publication in publications(records)
        for change in publication.changes
        if publication.task == task
        and id(change.after) in fresh
        and Cause.UNEXPLAINED in change.causes
    ]


def table_differs(now: Snapshot, *, task: str, folder: str) -> list[Problem]:
    """Whether the flat table of a task is not that of its board."""
    files = now.tasks.get(task)
    if files is None or files.board is None or files.csv is None:
        return []
    if files.csv == to_csv(files.board["rows"]):
        return []
    return [
        Problem(
            where=f"{folder}/{task}.csv",
            expected=f"the rows of {folder}/{task}.json",
            found="other rows",
            next_step=f"Restore both from git, or run `ionladder leaderboard {task}`.",
        )
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
        later_items = new if isinstance(new, list) else []
        for n, value in enumerate(old):
            item = later_items[n] if n < len(later_items) else None
            yield from number_changes(value, item, f"{path}[{n}]")
    elif old != new and (_is_number(old) or (old is None and _is_number(new))):
        yield path, old, new


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _row_changes(old: TaskFiles, new: TaskFiles, blamed: set[str]) -> Iterator[NumberChange]:
    """Numbers of rows whose submission rests on the same; places when the whole board does."""
    is_same_board = old.board_identity == new.board_identity
    before, after = _rows(old), _rows(new)
    for name in sorted(before.keys() & after.keys() - blamed):
        identity = old.identity(name)
        if identity is None or identity != new.identity(name):
            continue
        left_out = _NOT_SCORES if is_same_board and not blamed else _NOT_SCORES | _OF_THE_BOARD
        row = {key: value for key, value in before[name].items() if key not in left_out}
        yield from number_changes(row, after[name], name)


def _floor_changes(old: TaskFiles, new: TaskFiles) -> Iterator[NumberChange]:
    """Floors rest on the dataset and the scorer only."""
    if old.board is None or new.board is None or rules(old.board) != rules(new.board):
        return
    before, after = (
        {floor["name"]: floor for floor in board["floors"]} for board in (old.board, new.board)
    )
    yield from number_changes(before, after, "floors")


def _rows(files: TaskFiles) -> dict[str, Mapping[str, Any]]:
    rows = (files.board or {}).get("rows", ())
    return {row["submission"]: row for row in rows if row["submission"]}


def _letter(path: str, found: list[NumberChange], task: str, at: str) -> Problem:
    shown = first_few((f"{name} {_text(new)}" for name, _, new in found), limit=_LISTED)
    was = first_few((_text(old) for _, old, _ in found), limit=_LISTED)
    return Problem(
        where=path,
        expected=f"the numbers published at {at} ({was}), since data, scorer and predictions have "
        "no new version",
        found=shown,
        next_step=_next_step(task),
    )


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _next_step(task: str) -> str:
    return (
        "Restore the published file if it was edited by hand. If the way of scoring changed, raise "
        "SCORER_VERSION in src/ionladder/score.py; if data changed, make it a new "
        f"dataset version. Then run `ionladder leaderboard {task}`."
    )


# Is every published number that of its last record, and did none change without a new version?


_HISTORY_CHECK_RESTORE = "Restore both files from git, or run `ionladder leaderboard {task}`."


def verify_history(layout: Layout, params: Params) -> Verified:
    """Hold every published score to its last record; a step of ``ionladder verify``.

    Raises:
        HistoryError: The history is damaged.
    """
    result = Verified(what="records of scores")
    history = read_history(layout)
    for task in params.task_versions:
        problems = history_problems(layout, history, task)
        result.problems += problems
        on_board = [r for r in latest(history, task).values() if r.event != REMOVED]
        result.n_good += max(len(on_board) - len(problems), 0)
    return result


def history_problems(layout: Layout, history: Sequence[Record], task: str) -> list[Problem]:
    """Compare the last record of every submission with its receipt and its row."""
    now, problems = _published(layout, task)
    last = latest(history, task)
    for name in sorted(now.keys() | last.keys()):
        problem = _record_problem(layout, task, name, last.get(name), now.get(name))
        problems += [problem] if problem else []
    return problems


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
    base, now = snapshot_at(layout, commit), snapshot_of_tree(layout)
    history = parse_history(now.history, shown)
    altered = altered_lines(base.history, now.history, at=at, shown_as=shown)
    problems = list(altered)
    for task in tasks:
        problems += table_differs(now, task=task, folder=folder)
        changed = unversioned_changes(base, now, task=task, at=at, folder=folder)
        problems += changed
        if not altered and not changed:
            n_before = len(base.history.splitlines())
            problems += unexplained_records(history, n_before=n_before, task=task, shown_as=shown)
    return problems


def _published(layout: Layout, task: str) -> tuple[dict[str, Record], list[Problem]]:
    """Records on the board of a task, and rows whose number is not that of their receipt."""
    path = layout.leaderboard_json(task)
    if not path.is_file():
        return {}, []
    board = read_json(path)
    receipts = {p.stem: read_json(p) for p in sorted(layout.receipts_dir(task).glob("*.json"))}
    scored = {name: receipt for name, receipt in receipts.items() if "refused" not in receipt}
    rows = [row for row in board["rows"] if row["submission"] in scored]
    now = standings({**board, "rows": rows}, scored)
    found = [_row_problem(layout, board, row, now[row["submission"]]) for row in rows]
    return now, [problem for problem in found if problem]


def _record_problem(
    layout: Layout, task: str, name: str, record: Record | None, standing: Record | None
) -> Problem | None:
    shown = layout.relative(layout.history)
    next_step = _HISTORY_CHECK_RESTORE.format(task=task)
    if standing is None:
        if record is None or record.event == REMOVED:
            return None
        return Problem(
            where=f"{shown}, {task}/{name}",
            expected=f"a last record that it was {REMOVED}, as it is not on the board",
            found=f"the event {record.event}",
            next_step=next_step,
        )
    where = layout.relative(layout.receipt(task, name))
    if record is None or record.event == REMOVED:
        return Problem(
            where=where,
            expected=f"a record of this score in {shown}",
            found="none",
            next_step=f"Run `ionladder leaderboard {task}`.",
        )
    keys = differing_keys(record, standing)
    if not keys:
        return None
    return Problem(
        where=where,
        expected=f"{_listed(record, keys)}, as in {shown}",
        found=_listed(standing, keys),
        next_step=next_step,
    )


def _listed(standing: Record, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {getattr(standing, key)}" for key in keys)


def _row_problem(
    layout: Layout, board: Mapping[str, Any], row: Mapping[str, Any], standing: Record
) -> Problem | None:
    metric = board["primary"]["metric"]
    shown = [row[metric], row[f"{metric}_ci_low"], row[f"{metric}_ci_high"]]
    scored = [getattr(standing, key) for key in NUMBERS]
    if shown == scored:
        return None
    return Problem(
        where=f"{layout.relative(layout.leaderboard_json(standing.task))}, {standing.submission}",
        expected=f"{metric} {scored}, as in its receipt",
        found=str(shown),
        next_step=_HISTORY_CHECK_RESTORE.format(task=standing.task),
    )
