"""Predicted energies, forces and stresses of configurations: what their files hold, and writing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.data.store import read_blocks
from ionladder.errors import Problem, first_few, worded
from ionladder.repo import write_text
from ionladder.submit.arrays import ID, ArrayColumn, is_list
from ionladder.submit.predictions import coverage_problems

PREDICTIONS_FILE = "predictions.parquet"
N_ATOMS, ENERGY = "n_atoms", "energy_ev"
FORCES, STRESS = "forces_ev_per_ang", "stress_ev_per_ang3"

_ENERGIES = (
    ID,
    ArrayColumn(ENERGY, pa.types.is_floating, "a float64 number"),
    ArrayColumn(N_ATOMS, pa.types.is_integer, "a whole number", is_needed=False),
)
FRAME_COLUMNS = (
    *_ENERGIES,
    ArrayColumn(FORCES, is_list, "a list of float32 numbers"),
    ArrayColumn(STRESS, is_list, "a list of six numbers", is_needed=False),
)
OFFSET_COLUMNS = _ENERGIES

Array = npt.NDArray[np.floating]


def id_problems(
    found: pa.Array, expected: pa.Array, *, elsewhere: Collection[str], shown_as: str
) -> list[Problem]:
    """Ids that are missing, unknown, repeated or out of order; none where they are as asked for.

    Args:
        found: Ids of the file, in its order.
        expected: Ids of the task, ascending.
        elsewhere: Ids of training entries, to recognise a mix-up.
        shown_as: The file in errors.
    """
    if found.cast(pa.string()).equals(expected):
        return []
    if found.null_count:
        return [worded("ids-empty", f"{shown_as}, column `id`", n=found.null_count)]
    ids, asked = found.to_pylist(), expected.to_pylist()
    parts = {"training": elsewhere}
    if problems := coverage_problems(ids, expected=asked, where=shown_as, elsewhere=parts):
        return problems
    row = next(row for row, pair in enumerate(zip(ids, asked, strict=True)) if len({*pair}) > 1)
    facts = {"wanted": asked[row], "id": first_few([ids[row]])}
    return [worded("ids-unsorted", f"{shown_as}, row {row + 1}", **facts)]


# Writing energies, forces and stresses in the layout that scoring reads fastest


#: A hundred times finer than the force error of any model, and half the bytes.
FORCE_DECIMALS = 4

_REALS = pa.list_(pa.field("element", pa.float32(), nullable=False))
_FIELDS = {
    "id": pa.field("id", pa.string(), nullable=False),
    ENERGY: pa.field(ENERGY, pa.float64(), nullable=False),
    N_ATOMS: pa.field(N_ATOMS, pa.int32(), nullable=False),
    FORCES: pa.field(FORCES, _REALS, nullable=False),
    STRESS: pa.field(STRESS, _REALS, nullable=False),
}


class FramePredictions:
    """Writes ``predictions.parquet`` block by block.

    Args:
        path: The file; replaced.
        has_stress: Whether stresses are predicted.

    Example:
        >>> with FramePredictions(path, has_stress=False) as file:  # doctest: +SKIP
        ...     file.write(["test-0000000"], np.array([-41.2]), [np.zeros((8, 3))])
    """

    def __init__(self, path: Path, *, has_stress: bool) -> None:
        names = ["id", ENERGY, FORCES, *([STRESS] if has_stress else [])]
        self._schema = pa.schema([_FIELDS[name] for name in names])
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
        lengths = [3 * len(forces) for forces in forces_ev_per_ang]
        flat = np.concatenate([np.ravel(forces) for forces in forces_ev_per_ang])
        columns = [
            pa.array(list(ids), pa.string()),
            pa.array(np.asarray(energy_ev, dtype=np.float64)),
            _lists(np.round(flat, FORCE_DECIMALS), lengths),
        ]
        if STRESS in self._schema.names:
            columns.append(_lists(np.ravel(np.asarray(stress_ev_per_ang3)), [6] * len(ids)))
        self._writer.write_table(pa.table(columns, schema=self._schema))


def _lists(values: Array, lengths: Sequence[int]) -> pa.ListArray:
    """Lists of float32 from their joined values and their lengths."""
    offsets = pa.array(np.cumsum([0, *lengths]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(values.astype(np.float32)), type=_REALS)


# The template of a submission of frames: ids, numbers of atoms, and how to fill in the rest


def write_frame_template(folder: Path, given: Path, ids: Collection[str]) -> str:
    """Write the ids to predict with their numbers of atoms, and a README that says what to add.

    Args:
        folder: The submission.
        given: The table of frames with the configurations.
        ids: Configurations to predict.

    Returns:
        Name of the file of predictions.
    """
    asked = pa.array(sorted(ids), pa.string())
    schema = pa.schema([_FIELDS["id"], _FIELDS[N_ATOMS]])
    with pq.ParquetWriter(folder / PREDICTIONS_FILE, schema, compression="zstd") as writer:
        for block in read_blocks(given, ("id", "numbers")):
            chosen = block.filter(pc.is_in(block["id"], asked))
            n_atoms = pc.list_value_length(chosen["numbers"]).cast(pa.int32())
            writer.write_table(pa.table([chosen["id"], n_atoms], schema=schema))
    readme = Path(__file__).with_name("frames_readme.md").read_text("utf-8")
    write_text(folder / "README.md", readme)
    return PREDICTIONS_FILE
