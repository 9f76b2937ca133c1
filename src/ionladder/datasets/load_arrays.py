"""What a model that predicts arrays may see: tables, and frames without held-out labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ionladder.core.errors import BaselineError
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.frames import require_frames
from ionladder.datasets.load import TaskInputs, load_inputs
from ionladder.datasets.registry import get_dataset
from ionladder.datasets.streamed import read_blocks
from ionladder.specs.dataset import Table
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_GIVEN = ("key", "input")


@dataclass(frozen=True, kw_only=True)
class ArrayInputs:
    """Inputs of every entry, and the labels and true arrays of training entries only.

    Attributes:
        task: The task to predict.
        tables: What models that predict numbers see of the same version.
        frames: Table of frames → its file and its columns.
    """

    task: Task
    tables: TaskInputs
    frames: Mapping[str, tuple[Path, Table]]

    @property
    def entries(self) -> pd.DataFrame:
        """Inputs of all entries, indexed by id."""
        return self.tables.entries

    @property
    def split(self) -> pd.DataFrame:
        """``subset`` and what else the split knows of every entry, indexed by id."""
        return self.tables.split

    @property
    def train_ids(self) -> tuple[str, ...]:
        return self.tables.train_ids

    @property
    def test_ids(self) -> tuple[str, ...]:
        return self.tables.test_ids

    @property
    def train_labels(self) -> pd.DataFrame:
        """Columns of ``labels`` for training entries, indexed by id."""
        return self.tables.train_labels

    def blocks(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        subset: Literal["train", "test"] = "train",
    ) -> Iterator[pa.Table]:
        """Rows of a table of frames, block by block, in the order of its key.

        Args:
            table: The table.
            columns: Its columns to read; None: all that may be seen.
            subset: ``train``: rows of training entries, labels included; ``test``: rows of the
                entries to predict, keys and inputs only.

        Raises:
            BaselineError: There is no such table or column, or it is a label of held-out entries.

        Example:
            >>> for block in inputs.blocks("paths_init", subset="test"):  # doctest: +SKIP
            ...     positions = block["positions_ang"]
        """
        path, names = self._columns(table, columns, subset)
        ids = frozenset(self.train_ids if subset == "train" else self.test_ids)
        read = list(dict.fromkeys(["id", *names]))
        for block in read_blocks(path, read):
            mask = [name in ids for name in block["id"].to_pylist()]
            if any(mask):
                chosen = block if all(mask) else block.filter(mask)
                yield chosen.select(names)

    def _columns(
        self, table: str, columns: Sequence[str] | None, subset: str
    ) -> tuple[Path, list[str]]:
        if table not in self.frames:
            known = first_few(sorted(self.frames)) or "no table of frames"
            raise BaselineError(_problem(table, f"one of {known}", repr(table)))
        path, spec = self.frames[table]
        seen = [c.name for c in spec.columns if subset == "train" or c.role in _GIVEN]
        refused = [name for name in columns or () if name not in seen]
        if refused:
            raise BaselineError(
                _problem(table, f"columns of {subset} rows: {', '.join(seen)}", first_few(refused))
            )
        return path, seen if columns is None else list(columns)


def load_array_inputs(layout: Layout, task: Task, version: str) -> ArrayInputs:
    """Read what a model of a task may see.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    dataset = get_dataset(task.dataset)
    frames = {
        spec.name: (require_frames(layout, dataset.name, version, spec.name), spec)
        for spec in dataset.frames
    }
    return ArrayInputs(task=task, tables=load_inputs(layout, task, version), frames=frames)


def _problem(table: str, expected: str, found: str) -> Problem:
    return Problem(
        where=f"frames {table}",
        expected=expected,
        found=found,
        next_step="Mend the model: what is held out is never read.",
    )
