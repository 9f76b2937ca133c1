"""Predicted energies and forces of frames: reading and checking them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.data.store import read_blocks
from ionladder.errors import Problem, first_few
from ionladder.repo import write_text
from ionladder.submit.parquet import (
    DAMAGED,
    footer_bytes,
    opened,
    plain_texts,
    text_problems,
    unpacked_bytes,
    unreadable,
)
from ionladder.submit.predictions import OFFSETS_FILE, coverage_problems

# Energies, forces and stresses of one submission: judged by its table of contents, streamed


PREDICTIONS_FILE = "predictions.parquet"
ID, N_ATOMS, ENERGY = "id", "n_atoms", "energy_ev"
FORCES, STRESS = "forces_ev_per_ang", "stress_ev_per_ang3"

_MAX_FOOTER_BYTES = 5_000_000
_BYTES_PER_NUMBER = 12  # eight of a float64, and what lists add to it
_BYTES_PER_ROW = 400  # id, energy, stress
_SPARE_BYTES = 1_000_000
_BATCH_ROWS = 1024
_SIX = 6  # components of a stress


@dataclass(frozen=True, kw_only=True)
class FrameColumns:
    """What a file must and may hold.

    Attributes:
        required: Column → whether a type will do, and what is asked for in words.
        optional: The same for columns that may be left out.
    """

    required: Mapping[str, tuple[Callable[[pa.DataType], bool], str]]
    optional: Mapping[str, tuple[Callable[[pa.DataType], bool], str]]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_real(kind: pa.DataType) -> bool:
    return bool(pa.types.is_float32(kind) or pa.types.is_float64(kind))


def _is_list(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(is_list and _is_real(kind.value_type))


def _is_six(kind: pa.DataType) -> bool:
    return _is_list(kind) or bool(
        pa.types.is_fixed_size_list(kind) and kind.list_size == _SIX and _is_real(kind.value_type)
    )


_IDS = {ID: (_is_text, "text"), ENERGY: (_is_real, "a float64 number")}
FRAMES = FrameColumns(
    required={**_IDS, FORCES: (_is_list, "a list of float32 numbers")},
    optional={
        N_ATOMS: (pa.types.is_integer, "a whole number"),
        STRESS: (_is_six, "a list of six numbers"),
    },
)
OFFSETS = FrameColumns(required=_IDS, optional={N_ATOMS: (pa.types.is_integer, "a whole number")})


def write_template(folder: Path, given: Path, ids: Collection[str]) -> str:
    """Write the ids to predict with their numbers of atoms, and a README that says what to add.

    Args:
        folder: The submission.
        given: The table of frames with the configurations.
        ids: Configurations to predict.

    Returns:
        Name of the file of predictions.
    """
    return write_frame_template(folder, given, frozenset(ids))


def frame_file_problems(
    path: Path, asked: FrameColumns, *, n_rows: int, n_numbers: int, shown_as: str
) -> list[Problem]:
    """What a file says of itself that keeps it from being read.

    Args:
        path: The file; there.
        asked: Its columns.
        n_rows: Rows it should have.
        n_numbers: Force components it should have in all; sets how large it may be.
        shown_as: Its path in letters.
    """
    if path.is_symlink() or not path.is_file():
        found = "a link or special file"
        return [_problem(shown_as, "a regular file", found, "Put the file itself here.")]
    limit = n_numbers * _BYTES_PER_NUMBER + n_rows * _BYTES_PER_ROW + _SPARE_BYTES
    if path.stat().st_size > limit or footer_bytes(path) > _MAX_FOOTER_BYTES:
        return [_too_large(shown_as, limit, path.stat().st_size)]
    try:
        with path.open("rb") as data, opened(data) as file:
            schema, metadata = file.schema_arrow, file.metadata
        problems = _column_problems(schema, asked, shown_as)
        if metadata.num_rows > 2 * n_rows:
            found = f"{metadata.num_rows:,}"
            problems.append(_problem(shown_as, f"{n_rows:,} rows", found, "Keep one row per id."))
        if problems:
            return problems
        # The table of contents may lie; the headers of pages are what is unpacked by.
        most = 2 * (n_numbers + (_SIX + 1) * n_rows)
        lists = {place: most for place, field in enumerate(schema) if _is_six(field.type)}
        unpacked = unpacked_bytes(path, range(len(schema)), lists=lists)
    except DAMAGED as error:
        return [unreadable(shown_as, "a parquet file", str(error))]
    return [_too_large(shown_as, limit, unpacked)] if unpacked > limit else []


def id_problems(
    found: pa.Array, expected: pa.Array, *, elsewhere: Collection[str], shown_as: str
) -> list[Problem]:
    """Ids that are missing, unknown, repeated or out of order; none where they are as asked for.

    Args:
        found: Ids of the file, in its order.
        expected: Ids of the task, ascending.
        elsewhere: Ids of training entries, to recognise a mix-up.
        shown_as: The file in letters.
    """
    if found.cast(pa.string()).equals(expected):
        return []
    empty = pc.sum(pc.is_null(found)).as_py() or 0
    if empty:
        where = f"{shown_as}, column `{ID}`"
        return [_problem(where, "an id in every row", f"{empty:,} empty", "Fill in the ids.")]
    ids, asked = found.to_pylist(), expected.to_pylist()
    problems = coverage_problems(
        ids, expected=asked, where=shown_as, elsewhere={"training": elsewhere}
    )
    if problems:
        return problems
    row = next(place for place, pair in enumerate(zip(ids, asked, strict=True)) if len({*pair}) > 1)
    where = f"{shown_as}, row {row + 1}"
    next_step = "Sort the rows by id: files of this size are read once, from start to end."
    return [_problem(where, f"the id {asked[row]}", first_few([ids[row]]), next_step)]


def read_column(path: Path, name: str, *, shown_as: str) -> tuple[pa.Array | None, list[Problem]]:
    """One short column of a file whose table of contents was judged."""
    try:
        # Read so, every different text is stored once: a long one repeated fills no memory.
        with path.open("rb") as data, opened(data, read_dictionary=[ID]) as file:
            table = file.read(columns=[name], use_threads=False)
        problems = text_problems(table, shown_as)
        if problems:
            return None, problems
        column = plain_texts(table).column(0)
        column.validate(full=True)
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0), []


class FrameStream:
    """Rows of a parquet file handed out in portions of any size, whatever its row groups are.

    Args:
        path: The file.
        columns: Columns to read.

    Raises:
        pa.ArrowException: Its bytes are damaged; also later, when rows are taken.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._data = path.open("rb")
        self._file = pq.ParquetFile(self._data, pre_buffer=False, buffer_size=1 << 20)
        self._batches = self._file.iter_batches(
            batch_size=_BATCH_ROWS, columns=list(columns), use_threads=False
        )
        self._rest: list[pa.RecordBatch] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._data.close()

    def take(self, n_rows: int) -> pa.RecordBatch:
        """The next rows, fewer only at the end of the file."""
        parts, missing = [], n_rows
        while missing:
            batch = self._rest.pop() if self._rest else self._next()
            if batch is None:
                break
            if batch.num_rows > missing:
                self._rest.append(batch.slice(missing))
                batch = batch.slice(0, missing)
            parts.append(batch)
            missing -= batch.num_rows
        return parts[0] if len(parts) == 1 else pa.concat_batches(parts)

    def _next(self) -> pa.RecordBatch | None:
        try:
            return next(self._batches, None)
        except DAMAGED as error:
            raise pa.ArrowInvalid(str(error)) from error


def _column_problems(schema: pa.Schema, asked: FrameColumns, shown_as: str) -> list[Problem]:
    known = {**asked.required, **asked.optional}
    names = list(schema.names)
    problems = [
        _problem(
            shown_as,
            f"a column `{name}`: {words}",
            f"columns {first_few(names, limit=8)}",
            f"Add the column `{name}`.",
        )
        for name, (_, words) in asked.required.items()
        if name not in names
    ]
    unknown = [name for name in names if name not in known]
    if unknown:
        found = f"also {first_few(unknown)}"
        expected = f"only the columns {', '.join(known)}"
        problems.append(_problem(shown_as, expected, found, "Remove or rename these columns."))
    if len(set(names)) < len(names):
        problems.append(_problem(shown_as, "every column once", "one twice", "Rename the columns."))
    return problems + [
        _problem(
            f"{shown_as}, column `{field.name}`",
            words,
            f"values of type {field.type}",
            "Write the column with that type; `ionladder new` makes a README that shows how.",
        )
        for field in schema
        for will_do, words in [known.get(field.name, (lambda _: True, ""))]
        if not will_do(field.type)
    ]


def _too_large(shown_as: str, limit: int, found: int) -> Problem:
    return _problem(
        shown_as,
        f"at most {limit // 1_000_000 + 1} MB, packed and unpacked",
        f"{found // 1_000_000} MB",
        "Keep only the columns and rows that the task asks for, forces as float32.",
    )


def _problem(where: str, expected: str, found: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=next_step)


# Writing energies, forces and stresses in the layout that scoring reads fastest


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


# The template of a submission of frames: ids, numbers of atoms, and how to fill in the rest


_README = f"""\
# What goes into this folder

`{PREDICTIONS_FILE}` lists the test configurations. Replace it by a file with the same ids in the
same order, and these columns:

| column | type | unit |
|---|---|---|
| id | string | as listed |
| energy_ev | float64 | eV, of the whole cell |
| forces_ev_per_ang | list of float32, x y z of every atom, atoms in order | eV/Å |
| stress_ev_per_ang3 | list of six float32, xx yy zz yz xz xy; for all rows or none | eV/Å³ |

Forces may be rounded to 1e-4 eV/Å, which halves the file. Configurations stand in the frames of the
dataset, block by block:

```python
import numpy as np
import pyarrow.parquet as pq
from ionladder.submit.frames import FramePredictions

with FramePredictions("{PREDICTIONS_FILE}", has_stress=True) as file:
    for block in pq.ParquetFile(".../frames/frames_test.parquet").iter_batches(1024):
        ...  # energies (n,), one (n_atoms, 3) array of forces each, stresses (n, 6)
        file.write(block["id"].to_pylist(), energies, forces, stresses)
```

`{OFFSETS_FILE}` (optional: id, energy_ev) holds the energies that the model gives for the
configurations of `frames/frames_offset.parquet`. With it, one constant per element is fitted on
them before energies are compared, as models put the energy zero of an element in different places;
without it, energies are compared as they are. Remove this README, or write your own.
"""


def write_frame_template(folder: Path, given: Path, ids: frozenset[str]) -> str:
    """Write both files; see :func:`ionladder.submit.frames.write_template`."""
    names: list[str] = []
    n_atoms: list[int] = []
    for block in read_blocks(given, (ID, "numbers")):
        lengths = np.asarray(pc.list_value_length(block["numbers"]))
        for name, length in zip(block[ID].to_pylist(), lengths.tolist(), strict=True):
            if name in ids:
                names.append(name)
                n_atoms.append(length)
    write_ids(folder / PREDICTIONS_FILE, names, n_atoms)
    write_text(folder / "README.md", _README)
    return PREDICTIONS_FILE
