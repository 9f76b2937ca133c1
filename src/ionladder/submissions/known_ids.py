"""Ids of a task in their order: made once, they place the rows of many files without reading one.

Ids stay where Arrow has them. A million of them as Python texts would cost more time and memory
than everything else that is done with a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Places = npt.NDArray[np.int64]


class KnownIds(frozenset[str]):
    """A set of ids that also knows their ascending order.

    Example:
        >>> known = KnownIds(["b", "a"])
        >>> known.places(pa.array(["b", "b", "a"])), known.places(pa.array(["c"]))
        (array([1, 1, 0]), None)
    """

    _given: Sequence[str]

    def __new__(cls, ids: Iterable[str] = ()) -> Self:
        """A set of ids, best given in their order: sorting a million texts takes a second."""
        given = list(ids)
        made = super().__new__(cls, given)
        made._given = given
        return made

    @classmethod
    def of(cls, ids: Collection[str]) -> KnownIds:
        """The ids as such a set, which they may be already."""
        return ids if isinstance(ids, cls) else cls(ids)

    @cached_property
    def in_order(self) -> pa.Array:
        """The ids, ascending."""
        ordered = sorted(self._given)
        return pa.array(ordered if len(ordered) == len(self) else sorted(self), type=pa.string())

    def in_turns(self, n_turns: int) -> pa.Array:
        """The ids, ascending, several times over; the same array for every file of one turn."""
        return self.in_order if n_turns == 1 else pa.concat_arrays([self.in_order] * n_turns)

    def places(self, ids: pa.Array) -> Places | None:
        """Place of every id in the ascending order; None where one of them is not known."""
        # A file often has them in order, which is seen at once.
        if ids.equals(self.in_order):
            return np.arange(len(ids))
        found = pc.index_in(ids, value_set=self.in_order)
        if found.null_count:
            return None
        places: Places = found.to_numpy().astype(np.int64)
        return places

    def exact_order(self, ids: pa.Array, turns: Places, n_turns: int) -> Places | None:
        """The rows by turn and id, where every turn has every id once; else None.

        Args:
            ids: Id of every row.
            turns: Turn of every row, 0 … n_turns − 1: which seed of the submission it is of.
            n_turns: Number of turns.
        """
        n_rows = n_turns * len(self)
        if len(ids) != n_rows:
            return None
        places = self.places(ids)
        if places is None:
            return None
        places += turns * len(self)
        # As many rows as places: none is left empty where none is taken twice.
        order = np.full(n_rows, -1)
        order[places] = np.arange(n_rows)
        return None if (order < 0).any() else order


def text_ranks(texts: pa.Array) -> Places:
    """Rank of every text among the different ones, from 0 upwards.

    Example:
        >>> text_ranks(pa.array(["b", "a", "b"]))
        array([1, 0, 1])
    """
    encoded = texts.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    of_rows: Places = ranks[encoded.indices.to_numpy()]
    return of_rows
