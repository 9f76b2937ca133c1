"""Out-of-fold predictions held to the frozen folds: every entry in its fold, once a repeat."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ionladder.core.problems import Problem, first_few
from ionladder.submissions.coverage import coverage_problems
from ionladder.submissions.known_ids import KnownIds, Places
from ionladder.submissions.table import frame_of

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Any]
"""``scheme, repeat, fold, id`` of rows: texts as an Arrow array, whole numbers as a NumPy array."""


class FrozenFolds:
    """The frozen folds of a dataset version, made ready to hold many files to them.

    Args:
        table: One row for every entry of every repeat: ``scheme, repeat, fold, id``.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    @property
    def n_rows(self) -> int:
        """Rows of all schemes and repeats."""
        return len(self.table)

    def exact_order(self, columns: Columns) -> Places | None:
        """The rows by scheme, repeat, fold and id, where they are the frozen ones; else None.

        Rows of a scheme must be all of it. Which rows are wrong costs far more to say: see
        :meth:`problems`.
        """
        keys = self._keys_of(columns)
        if keys is None:
            return None
        order: Places = np.argsort(keys, kind="stable")
        mine, per_scheme = keys[order], self._sizes[0] * self._sizes[1] * self._sizes[2]
        frozen = self._frozen[np.isin(self._frozen // per_scheme, np.unique(mine // per_scheme))]
        return order if np.array_equal(mine, frozen) else None

    @cached_property
    def _schemes(self) -> KnownIds:
        return KnownIds(_texts(self.table["scheme"]).unique().to_pylist())

    @cached_property
    def _ids(self) -> KnownIds:
        return KnownIds(_texts(self.table["id"]).unique().to_pylist())

    @cached_property
    def _sizes(self) -> tuple[int, int, int]:
        """One more than the last repeat and fold, and the number of ids."""
        if self.table.empty:
            return 1, 1, 1
        return (
            int(self.table["repeat"].max()) + 1,
            int(self.table["fold"].max()) + 1,
            len(self._ids),
        )

    @cached_property
    def _frozen(self) -> Places:
        """Keys of the frozen rows, ascending."""
        columns = {
            "scheme": _texts(self.table["scheme"]),
            "repeat": self.table["repeat"].to_numpy(np.int64),
            "fold": self.table["fold"].to_numpy(np.int64),
            "id": _texts(self.table["id"]),
        }
        keys = self._keys_of(columns)
        return np.sort(keys) if keys is not None else np.empty(0, dtype=np.int64)

    def _keys_of(self, columns: Columns) -> Places | None:
        """One number a row, which orders rows as their keys do; None where a key is not frozen."""
        schemes, ids = self._schemes.places(columns["scheme"]), self._ids.places(columns["id"])
        repeats, folds = columns["repeat"], columns["fold"]
        n_repeats, n_folds, n_ids = self._sizes
        if (
            schemes is None
            or ids is None
            or (repeats >= n_repeats).any()
            or (folds >= n_folds).any()
        ):
            return None
        keys: Places = ((schemes * n_repeats + repeats) * n_folds + folds) * n_ids + ids
        return keys

    def problems(self, columns: Columns, file: str) -> list[Problem]:
        """What keeps rows from being the frozen ones.

        Args:
            columns: The rows.
            file: The file as messages name it.

        Returns:
            Unknown schemes and repeats, entries missing, unknown or repeated, and entries in
            another fold.
        """
        folds = self.table
        rows = frame_of(columns)
        known = set(folds["scheme"])
        problems = []
        unknown_schemes = sorted(set(rows["scheme"]) - known)
        if unknown_schemes:
            problems.append(
                Problem(
                    where=f"{file}, column `scheme`",
                    expected=f"one of {', '.join(sorted(known))}",
                    found=first_few(map(repr, unknown_schemes)),
                    next_step="Use the frozen folds in folds.parquet of the dataset version.",
                )
            )
        frozen = folds[folds["scheme"].isin(rows["scheme"].unique())]
        for (scheme, repeat), part in frozen.groupby(["scheme", "repeat"], observed=True):
            mine = rows[(rows["scheme"] == scheme) & (rows["repeat"] == repeat)]
            where = f"{file}, scheme {scheme}, repeat {repeat}"
            cover = coverage_problems(mine["id"].tolist(), expected=set(part["id"]), where=where)
            problems += cover
            if cover:
                continue
            both = mine.merge(part, on="id", suffixes=("", "_frozen"))
            wrong = both[both["fold"] != both["fold_frozen"]]
            if len(wrong):
                problems.append(
                    Problem(
                        where=f"{where}, id {wrong['id'].iloc[0]}",
                        expected=f"fold {wrong['fold_frozen'].iloc[0]}",
                        found=f"fold {wrong['fold'].iloc[0]} ({len(wrong)} rows differ)",
                        next_step="Predict each entry from the training part of its frozen fold.",
                    )
                )
        extra = rows.merge(
            folds[["scheme", "repeat"]].drop_duplicates(), how="left", indicator=True
        )
        unknown = extra[(extra["_merge"] == "left_only") & extra["scheme"].isin(known)]
        if len(unknown):
            problems.append(
                Problem(
                    where=f"{file}, column `repeat`",
                    expected=f"repeats {sorted(set(folds['repeat']))}",
                    found=first_few(sorted(set(unknown["repeat"]))),
                    next_step="Remove the rows of the other repeats.",
                )
            )
        return problems


def _texts(column: pd.Series) -> pa.Array:
    """A column of text as one Arrow array; pandas hands it over in chunks or as objects."""
    texts = pa.array(column, type=pa.string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
