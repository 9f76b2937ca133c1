"""What every reader of foreign predictions yields: cells as text, not yet believed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import InterchangeError
from ionladder.submissions.reading import read_table

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """Predictions of a foreign file under our column names.

    Cells are the text of the file, so that the checks of submissions can quote them.

    Attributes:
        predictions: Column → cells: ``id``, targets, and where given ``<target>_std`` and
            ``seed``; empty where the file predicts no test entries.
        cv_predictions: The same for the frozen folds, with ``scheme``, ``repeat`` and ``fold``.
        notes: What the reader should know about the conversion, one sentence each.
    """

    predictions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cv_predictions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_text_table(text: bytes, *, shown_as: str) -> pa.Table:
    """A CSV in memory as a table of text, read as every contributed CSV is read.

    Raises:
        InterchangeError: All that keeps it from being a table.
    """
    with tempfile.TemporaryDirectory(prefix="ionladder-") as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(text)
        table, problems = read_table(path, shown_as=shown_as, allowed=(), max_rows=MAX_ROWS)
    if table is None:
        raise InterchangeError(problems)
    return table
