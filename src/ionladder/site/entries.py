"""Entry by entry: plots, the table of entries, small slices; or a sentence saying why not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ionladder.core.errors import DataMissingError, SubmissionError
from ionladder.core.paths import Layout
from ionladder.site.board import Board
from ionladder.site.charts.parity import Point
from ionladder.site.entry_choice import EntryChoice

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.scoring.entries import EntryReader
    from ionladder.scoring.entry_table import EntryTable
    from ionladder.scoring.slices import PreparedSlices, Slices

LABELS_TABLE = "labels"
_POINT_COLUMNS = ("id", "y_true", "y_pred", "y_pred_sd", "upper_limit", "in_cif")


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Points of one submission by target, and how many entries of each have no label.

    When there are no points at all, ``note`` says why.
    """

    points: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    n_missing: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


class EntrySource:
    """Predictions beside labels, for the submissions of one task; each file is read once.

    Attributes:
        absent: What to say where the labels are not here, without a full stop.
        missing: The same as a reason why there are no plots.
    """

    def __init__(self, layout: Layout, board: Board) -> None:
        task, version = board.task, board.dataset_version
        self._reader: EntryReader | None = None
        self._layout = layout
        self._board = board
        self._task = task
        self._version = version
        self._slices: PreparedSlices | None = None
        self.absent = (
            f"The labels of {task.dataset} {version} were not on the machine that rendered this "
            "page"
        )
        self.missing = (
            f"{self.absent}, so there is no plot entry by entry. The scores above are the recorded "
            "ones."
        )
        if not layout.table(task.dataset, version, LABELS_TABLE).is_file():
            return
        from ionladder.scoring.entries import EntryReader

        with suppress(DataMissingError):
            self._reader = EntryReader(layout, task, version)

    def of(self, name: str) -> Entries:
        """The points of one submission, or why there are none."""
        if self._reader is None:
            return Entries(note=self.missing)
        try:
            tables = self._reader.read(name)
        except SubmissionError as error:
            return Entries(note=f"The predictions cannot be read now: {error}")
        points = {target: _points(table, self.names) for target, table in tables.items()}
        missing = {name: len(table) - len(points[name]) for name, table in tables.items()}
        return Entries(points=points, n_missing=missing)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Scored entry → its formula, where the dataset gives one; empty where it is not here."""
        from ionladder.site.facts import formulas

        if self._reader is None:
            return {}
        return formulas(self._layout, self._task.dataset, self._version, self._reader.test["id"])

    @cached_property
    def table(self) -> EntryTable | None:
        """All scored submissions on every entry, in the order of the board.

        None where the labels are not here, or where the primary metric has no error of one entry.
        """
        if self._reader is None:
            return None
        from ionladder.scoring.entry_errors import is_sliceable
        from ionladder.scoring.entry_table import build_entry_table

        if not is_sliceable(self._task):
            return None
        rows = {row.submission: row for row in self._board.scored if row.submission}
        verified = [name for name, row in rows.items() if row.kind == "verified"]
        return build_entry_table(self._reader, self._task, list(rows), verified=verified)

    @cached_property
    def choice(self) -> EntryChoice | None:
        """Which entries are listed and have pages; None where there is no table."""
        return None if self.table is None else EntryChoice(self._task, self.table)

    def slices(self, name: str, *, confidence: float) -> Slices:
        """Slices of one submission with the parts that its receipt only counts.

        Empty where the labels are not here.
        """
        if self._reader is None:
            return {}
        from ionladder.scoring.slices import prepare_slices, score_slices

        if self._slices is None:
            self._slices = prepare_slices(self._reader.labels, self._task, confidence=confidence)
        if self._slices is None:
            return {}
        try:
            return score_slices(self._slices, self._reader.aligned(name).y_pred)
        except SubmissionError:
            return {}


def _points(table: pd.DataFrame, names: Mapping[str, str]) -> tuple[Point, ...]:
    columns = [table[name].tolist() for name in _POINT_COLUMNS]
    return tuple(
        Point(
            id=str(entry),
            y_true=float(y_true),
            y_pred=float(y_pred),
            y_pred_sd=_known(spread),
            upper_limit=_known(limit),
            is_filled=bool(in_cif),
            name=names.get(str(entry), ""),
        )
        for entry, y_true, y_pred, spread, limit, in_cif in zip(*columns, strict=True)
        if _known(y_true) is not None
    )


def _known(value: object) -> float | None:
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)
