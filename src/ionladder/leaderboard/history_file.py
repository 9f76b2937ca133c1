"""``leaderboard/history.jsonl`` on disk: read strictly, only ever lengthened, never half-done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ionladder.core.errors import HistoryError
from ionladder.core.files import replacing
from ionladder.core.git import head_commit
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.leaderboard.history import (
    KEYS,
    REMOVED,
    Record,
    new_records,
    standings,
)

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
