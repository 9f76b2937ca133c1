"""Writing energies, forces and stresses in the layout that scoring reads fastest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ionladder.submissions.frame_files import ENERGY, FORCES, ID, N_ATOMS, STRESS

Array = npt.NDArray[np.floating]

FORCE_DECIMALS = 4
"""A hundred times finer than the force error of any model, and half the bytes."""

_ID = pa.field(ID, pa.string(), nullable=False)
_ENERGY = pa.field(ENERGY, pa.float64(), nullable=False)
_N_ATOMS = pa.field(N_ATOMS, pa.int32(), nullable=False)
_REAL = pa.field("element", pa.float32(), nullable=False)
_FORCES = pa.field(FORCES, pa.list_(_REAL), nullable=False)
_STRESS = pa.field(STRESS, pa.list_(_REAL), nullable=False)
_COMPONENTS = 6


class FramePredictions:
    """Writes ``predictions.parquet`` block by block.

    Args:
        path: The file; made anew.
        has_stress: Whether stresses are predicted.

    Example:
        >>> with FramePredictions(path, has_stress=False) as file:  # doctest: +SKIP
        ...     file.write(["test-0000000"], np.array([-41.2]), [np.zeros((8, 3))])
    """

    def __init__(self, path: Path, *, has_stress: bool) -> None:
        fields = [_ID, _ENERGY, _FORCES, *([_STRESS] if has_stress else [])]
        self._schema = pa.schema(fields)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(
        self,
        ids: Sequence[str],
        energy_ev: Array,
        forces_ev_per_ang: Sequence[Array],
        stress_ev_per_ang3: Array | None = None,
    ) -> None:
        """Write some configurations.

        Args:
            ids: Their ids, ascending and after those written before.
            energy_ev: Total energies, shape (n,), eV.
            forces_ev_per_ang: Forces of each, shape (n_atoms, 3), eV/Å; rounded to 1e-4.
            stress_ev_per_ang3: Stresses xx, yy, zz, yz, xz, xy, shape (n, 6), eV/Å³.
        """
        lengths = np.array([3 * len(forces) for forces in forces_ev_per_ang], dtype=np.int64)
        flat = np.concatenate([np.ravel(forces) for forces in forces_ev_per_ang])
        columns = [
            pa.array(list(ids), pa.string()),
            pa.array(np.asarray(energy_ev, dtype=np.float64)),
            list_array(np.round(flat, FORCE_DECIMALS), lengths),
        ]
        if STRESS in self._schema.names:
            flat = np.ravel(np.asarray(stress_ev_per_ang3))
            columns.append(list_array(flat, np.full(len(ids), _COMPONENTS)))
        self._writer.write_table(pa.table(columns, schema=self._schema))


def list_array(values: Array, lengths: npt.NDArray[np.int64]) -> pa.ListArray:
    """Lists of float32 from their joined values and their lengths.

    Example:
        >>> list_array(np.array([1.0, 2.0, 3.0]), np.array([2, 1])).to_pylist()
        [[1.0, 2.0], [3.0]]
    """
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    items = pa.array(np.asarray(values, dtype=np.float32))
    return pa.ListArray.from_arrays(pa.array(offsets), items, type=pa.list_(_REAL))


def write_offset_predictions(path: Path, ids: Sequence[str], energy_ev: Array) -> None:
    """Write ``offset_predictions.parquet``: energies of the frozen offset set, eV, by id."""
    columns = [pa.array(list(ids), pa.string()), pa.array(np.asarray(energy_ev, dtype=np.float64))]
    pq.write_table(pa.table(columns, schema=pa.schema([_ID, _ENERGY])), path, compression="zstd")


def write_ids(path: Path, ids: Sequence[str], n_atoms: Sequence[int]) -> None:
    """Write the ids and their numbers of atoms; energies and forces are for others to add."""
    columns = [pa.array(list(ids), pa.string()), pa.array(list(n_atoms), pa.int32())]
    pq.write_table(pa.table(columns, schema=pa.schema([_ID, _N_ATOMS])), path, compression="zstd")
