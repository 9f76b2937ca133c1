"""Crystal structures of a dataset as pymatgen objects and as CIF text, whatever its tables hold."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from ionladder.core.errors import DataMissingError
from ionladder.core.problems import Problem
from ionladder.datasets.registry import get_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from pymatgen.core.structure import Structure

Row = dict[str, Any]


class CrystalReader(Protocol):
    """What ``datasets/<name>/crystals.py`` offers; rows are those of one entry, as dicts."""

    def structure(self, entry: Row, row: Row) -> Structure:
        """The structure of an entry, from its rows of ``entries`` and ``structures``."""

    def cif(self, entry: Row, row: Row) -> str:
        """The same as the text of a CIF."""


def crystal_reader(dataset: str) -> CrystalReader | None:
    """The module ``datasets/<name>/crystals.py``; None where the dataset has no structures."""
    name = f"ionladder.datasets.{get_dataset(dataset).name}.crystals"
    if find_spec(name) is None:
        return None
    module: Any = importlib.import_module(name)
    reader: CrystalReader = module
    return reader


def read_structures(
    dataset: str, entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Mapping[str, Structure]:
    """Structures of some entries, in the order asked for.

    Args:
        dataset: Name of the dataset.
        entries: Its ``entries``, indexed by id.
        structures: Its ``structures``, likewise, or None.
        ids: Entries that have a structure.

    Raises:
        DataMissingError: The dataset has no structures, or an entry has none.
    """
    reader = _require(dataset, structures, ids)
    return {
        name: reader.structure(entry, row) for name, entry, row in _rows(entries, structures, ids)
    }


def cif_texts(
    dataset: str, entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Id and CIF text of the same, one at a time."""
    reader = _require(dataset, structures, ids)
    for name, entry, row in _rows(entries, structures, ids):
        yield name, reader.cif(entry, row)


def _rows(
    entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Iterator[tuple[str, Row, Row]]:
    if structures is None:
        return
    for name in ids:
        entry: Row = {"id": name} | _cells(entries, name)
        row: Row = {"id": name} | _cells(structures, name)
        yield name, entry, row


def _cells(table: pd.DataFrame, name: str) -> Row:
    return {str(column): value for column, value in table.loc[name].items()}


def _require(dataset: str, structures: pd.DataFrame | None, ids: Sequence[str]) -> CrystalReader:
    from ionladder.core.problems import first_few

    reader = crystal_reader(dataset)
    known = set() if structures is None else set(structures.index)
    absent = [name for name in ids if name not in known]
    if reader is not None and not absent:
        return reader
    raise DataMissingError(
        Problem(
            where=f"structures of {dataset}",
            expected="a crystal structure for every entry asked for",
            found=f"none for {len(absent)} of {len(ids)} ({first_few(absent)})",
            next_step="`task.structure_ids` lists the entries that have one.",
        )
    )
