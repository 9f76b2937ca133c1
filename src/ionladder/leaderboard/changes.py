"""What moved between consecutive records of the history, by how much, and why; it knows no files.

A change has every cause that applies:

===============  =================================================================================
``data``         the dataset version, the labels or the split are others
``scorer``       the scorer version is another
``submission``   the submission entered, left, or came with other predictions
``others``       only its place changed, because of other submissions in the same publication
``kind``         the task now counts it among the references, or no longer does
``unexplained``  a number changed, or a place in a publication without any other change, although
                 nothing that it rests on has a new version
===============  =================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ionladder.leaderboard.history import (
    REMOVED,
    Record,
    identity_values,
    number_values,
)

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
