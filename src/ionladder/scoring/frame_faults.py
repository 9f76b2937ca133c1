"""What can be wrong with predicted arrays once they stand beside the truth: rows, and letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ionladder.core.problems import Problem, first_few
from ionladder.scoring.frame_errors import ForceSums
from ionladder.specs.metric import Array

Integers = npt.NDArray[np.int64]

_UNLIKE, _ALIKE = 0.5, 0.95
"""Correlation with a row's own forces below which, and with its neighbour's above which, they are
taken for the neighbour's."""
_FEWEST_COMPONENTS = 12
_MOST_LOOKED_AT = 64


class Faults:
    """Collects what is wrong, block by block; rows are counted from 1 in letters.

    Args:
        file: The file in letters.
        ids: Its ids, in order.
    """

    def __init__(self, file: str, ids: pa.Array) -> None:
        self._file, self._ids = file, ids
        self._begin = 0
        self._lengths: dict[str, list[tuple[int, int, int]]] = {}
        self._values: dict[str, list[tuple[int, float]]] = {}
        self._limits: dict[str, str] = {}
        self._shifted: list[tuple[int, int]] = []
        self._shifted_lengths: dict[str, int] = {}

    def next_block(self, n_rows: int) -> None:
        """Rows found from now on lie so many further down."""
        self._begin += n_rows

    def wrong_lengths(self, column: str, found: Integers, expected: Integers) -> None:
        """Note rows with another number than expected."""
        bad = np.flatnonzero(found != expected)
        rows = self._lengths.setdefault(column, [])
        rows += [(self._begin + int(k), int(found[k]), int(expected[k])) for k in bad]
        after = bad[bad + 1 < len(expected)]
        before = bad[bad > 0]
        fits = max(
            (found[after] == expected[after + 1]).sum(),
            (found[before] == expected[before - 1]).sum(),
        )
        self._shifted_lengths[column] = self._shifted_lengths.get(column, 0) + int(fits)

    def implausible(self, column: str, sizes: Array, *, limit: float, unit: str) -> None:
        """Note rows whose size is not finite or beyond the limit."""
        bad = np.flatnonzero(~(sizes <= limit))
        rows = self._values.setdefault(column, [])
        rows += [(self._begin + int(k), float(sizes[k])) for k in bad]
        self._limits[column] = f"finite numbers, within {limit:g} {unit}"

    def shifted(self, rows: Sequence[tuple[int, int]]) -> None:
        """Note rows whose forces are those of a neighbour, as (row, step to the neighbour)."""
        self._shifted += [(self._begin + row, step) for row, step in rows]

    def problems(self) -> list[Problem]:
        """Everything found, one letter a kind."""
        problems = [
            self._length_problem(name, rows) for name, rows in self._lengths.items() if rows
        ]
        for name, found in self._values.items():
            if found:
                row, size = found[0]
                problems.append(
                    Problem(
                        where=self._place(row, name),
                        expected=self._limits[name],
                        found=f"{size:g}{_more(found)}",
                        next_step="Predict finite numbers in the unit that the column names.",
                    )
                )
        return problems + ([self._shift_problem()] if self._shifted else [])

    def _length_problem(self, column: str, rows: list[tuple[int, int, int]]) -> Problem:
        row, found, expected = rows[0]
        next_step = "Write x, y, z of every atom, atoms in the order of the configuration."
        if 2 * self._shifted_lengths[column] > len(rows):
            next_step = "These rows fit the row before or after: was a row lost, or doubled?"
        return Problem(
            where=self._place(row, column),
            expected=f"{expected} numbers" if column != "n_atoms" else f"{expected}",
            found=f"{found}{_more(rows)}",
            next_step=next_step,
        )

    def _shift_problem(self) -> Problem:
        row, step = self._shifted[0]
        neighbour = self._ids[row + step].as_py()
        others = [place + 1 for place, _ in self._shifted[1:]]
        more = f"; so do rows {first_few(others)}" if others else ""
        return Problem(
            where=self._place(row, "forces_ev_per_ang"),
            expected=f"forces of {self._ids[row].as_py()}",
            found=f"row {row + 1} looks like row {row + 1 + step}, {neighbour}{more}",
            next_step="Check that each row stands beside its own id: was a row lost, or doubled?",
        )

    def _place(self, row: int, column: str) -> str:
        return f"{self._file}, row {row + 1} ({self._ids[row].as_py()}), column `{column}`"


def shifted_rows(
    sums: ForceSums, predicted: npt.NDArray[Any], true: npt.NDArray[Any], lengths: Integers
) -> list[tuple[int, int]]:
    """Configurations whose predicted forces are unlike their own and like those of a neighbour.

    A model may be wrong, but not so that its forces follow another configuration's: forces of row k
    that correlate with the truth of row k by less than 0.5, and with that of row k + 1 or k - 1 by
    more than 0.95, belong to that row. Only rows of equal length can be compared; others show by
    their length. At most 64 rows of a block are looked at, spread over it.

    Args:
        sums: Sums over the components of each row.
        predicted: Predicted components of all rows, joined.
        true: True ones.
        lengths: Components of each row.

    Returns:
        Row of the block, and the step (1 or -1) to the row it looks like.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        own = sums.product / np.sqrt(sums.predicted * sums.true)
    is_unlike = (own < _UNLIKE) & (sums.predicted > 0) & (lengths >= _FEWEST_COMPONENTS)
    rows = np.flatnonzero(is_unlike)
    rows = rows[:: max(len(rows) // _MOST_LOOKED_AT, 1)]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    found = []
    for row in rows.tolist():
        mine = predicted[starts[row] : starts[row + 1]].astype(np.float64)
        for other in (row + 1, row - 1):
            if (
                0 <= other < len(lengths)
                and lengths[other] == lengths[row]
                and sums.true[other] > 0
            ):
                theirs = true[starts[other] : starts[other + 1]]
                alike = float(mine @ theirs) / np.sqrt(sums.predicted[row] * sums.true[other])
                if alike > _ALIKE:
                    found.append((row, other - row))
                    break
    return found


def _more(rows: Sequence[object]) -> str:
    return f", and {len(rows) - 1:,} more rows" if len(rows) > 1 else ""
