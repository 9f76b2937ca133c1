"""The history of scores: one record for every score ever published, in the order of publication.

``leaderboard/history.jsonl`` holds one JSON object a line, in the key order of ``KEYS``. Lines are
only ever added. A *publication* is one run of ``ionladder leaderboard`` that changed something on
the board of a task; it adds a record for each submission whose standing is no longer that of its
last record, and nothing for the others. The same board again adds nothing.

======================================  ==========================================================
task, submission                        whose score it is
published                               1, 2, … for each task and submission
publication                             1, 2, … for each task: records of one run share it
event                                   ``added``: entered the board; ``rescored``: its number or
                                        something it rests on changed; ``moved``: only its place
                                        changed; ``removed``: left the board, or is now refused
dataset_version, labels_sha256,         the data it rests on
split_sha256
scorer_version                          the rules it rests on
predictions_sha256,                     the submission it rests on; null: no such file
cv_predictions_sha256
metric, unit                            what ranks, as ``target/metric/subset``, and its unit
value, ci_low, ci_high                  the number and its interval; null: undefined, or removed
rank, rank_low, rank_high, tie_group    its place; null: not ranked (references), or removed
kind                                    ``verified`` or ``reference``
commit                                  what was checked out when the score was computed; null
                                        outside git
======================================  ==========================================================

A record of a removal repeats what the submission last rested on. This module knows no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Literal, NamedTuple

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
