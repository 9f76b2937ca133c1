"""The history of published scores: what was added, rescored or removed, when and why.

``leaderboard/history.jsonl`` has one line for every score ever published, in the order of
publication; lines are only ever added. A submission that comes, changes or goes adds one line, and
its neighbours none: their places follow from the scores. Lines of event ``moved``, which say that
only a place changed, were written until scorer version 2 and stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from ionladder.errors import HistoryError
from ionladder.receipt import DECIMALS
from ionladder.repo import Layout, replacing

REMOVED: Literal["removed"] = "removed"
NUMBERS = ("value", "ci_low", "ci_high")
PLACE = ("rank", "rank_low", "rank_high", "tie_group")
DATA = ("dataset_version", "labels_sha256", "split_sha256")
PREDICTIONS = {
    "predictions_sha256": "predictions",
    "cv_predictions_sha256": "cross-validation predictions",
}
IDENTITY = (*DATA, "scorer_version", *PREDICTIONS)
"""What a score rests on."""
MEASURE = ("metric", "unit")
SCORE = (*IDENTITY, *MEASURE, *NUMBERS, "kind")
"""What makes a new record when it changes."""

FEWEST_DIGITS, MOST_DIGITS = 2, 6


class Record(NamedTuple):
    """One line of the history, its keys in the order of the file.

    ``published`` counts the records of a submission, ``publication`` the runs that changed a
    board, both from 1. Numbers are those of the receipt, in ``unit``; null is "not defined", or
    that the submission left the board. ``rank`` to ``tie_group`` say where it stood when the
    record was written. ``commit`` was checked out then; null outside git.
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
_MODEL = TypeAdapter(Record)


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
    fixed = {
        "task": board["task"],
        "metric": f"{target}/{metric}/{subset}",
        "unit": primary["unit"],
        "published": 0,
        "publication": 0,
        "event": "added",
        "commit": None,
    }
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
class Change:
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
        """Whether a submission that stayed on the board is in a tie group of another number."""
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
        return {
            **{key: getattr(new, key) for key in ("task", "publication", "submission", "event")},
            "causes": list(self.why),
            "reasons": self.reasons,
            "difference": None if difference is None else round(difference, DECIMALS),
            "unit": new.unit,
            "has_moved": self.has_moved,
            "tie_group_changed": self.tie_group_changed,
            "from": old._asdict() if old else None,
            "to": new._asdict(),
        }


@dataclass(frozen=True)
class Publication:
    """What one run of ``ionladder leaderboard`` changed on one board.

    Attributes:
        task: The task.
        number: 1, 2, … for each task; the first began the board.
        commit: What was checked out; None outside git.
        changes: At least one, in the order of the history.
    """

    task: str
    number: int
    commit: str | None
    changes: Sequence[Change]

    @property
    def moved(self) -> list[Change]:
        """Changes that a reader of the board sees."""
        return [change for change in self.changes if change.has_moved]

    @property
    def unmoved(self) -> list[Change]:
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
        changes = [Change(old, new, _why(old, new, around)) for old, new in run]
        found.append(Publication(task, number, run[0][1].commit, changes))
    return found


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
    """Lengthen the history; what stood in it keeps its bytes, and no records change nothing."""
    if text := to_lines(records):
        former = layout.history.read_bytes() if layout.history.is_file() else b""
        with replacing(layout.history) as temporary:
            temporary.write_bytes(former + text)


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
