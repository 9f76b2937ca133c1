"""Scoring predicted energies and forces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.data.labels import EvaluationLabels
from ionladder.data.store import SMALLEST_FORCE_EV_PER_ANG, read_blocks
from ionladder.errors import Problem, first_few
from ionladder.specs import Array, Task
from ionladder.submit.frames import (
    ENERGY,
    FORCES,
    FRAMES,
    ID,
    N_ATOMS,
    OFFSETS,
    PREDICTIONS_FILE,
    STRESS,
    FrameStream,
    frame_file_problems,
    id_problems,
    read_column,
)
from ionladder.submit.parquet import unreadable
from ionladder.submit.predictions import OFFSETS_FILE, PredictionTable, predictions_sha256
from ionladder.submit.validate import ArrayReader

if TYPE_CHECKING:
    import pandas as pd


# The zero of a model's energies: one constant an element, fitted on frozen training frames


N_NUMBERS = 256
"""Atomic numbers a byte can hold; 0 is the dummy atom."""
MAX_EV = 1e7


def fit_offsets(counts: Array, true_ev: Array, predicted_ev: Array) -> Array:
    """Energies per element that bring predicted energies closest to the true ones.

    Least squares of true - predicted = Σ n_el µ_el over configurations; where the compositions
    leave a combination of elements open, the solution of smallest norm.

    Args:
        counts: Atoms of each element, shape (n_configurations, n_elements).
        true_ev: True energies, shape (n_configurations,), eV.
        predicted_ev: Predicted energies, same shape and unit.

    Returns:
        µ, shape (n_elements,), eV; 0 for an element that occurs nowhere.

    Example:
        A model whose Li lies 1 eV too low, on Li and Li2:

        >>> fit_offsets(np.array([[1.0], [2.0]]), np.array([-2.0, -4.0]), np.array([-3.0, -6.0]))
        array([1.])
    """
    solution = np.linalg.lstsq(counts, true_ev - predicted_ev)[0]
    return np.where(counts.any(axis=0), solution, 0.0)


def element_counts(numbers: Sequence[npt.NDArray[np.uint8]]) -> Array:
    """Atoms of each atomic number, shape (n_configurations, 256).

    Example:
        >>> element_counts([np.array([3, 3, 8], dtype=np.uint8)])[0, [3, 8]]
        array([2., 1.])
    """
    return np.array([np.bincount(one, minlength=N_NUMBERS) for one in numbers], dtype=np.float64)


class OffsetSet:
    """The frozen training configurations that offsets are fitted on.

    Args:
        path: Their table of frames: ``id``, ``numbers``, ``energy_ev``.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        table = pa.concat_tables(read_blocks(path, (ID, "numbers", ENERGY))).combine_chunks()
        self.ids: pa.Array = table[ID].combine_chunks()
        self.energy_ev: Array = table[ENERGY].to_numpy()
        self.counts = element_counts([row.values.to_numpy() for row in table["numbers"]])

    def read(self, folder: Path, shown_as: str) -> tuple[Array | None, list[Problem]]:
        """Fit the offsets of a submission.

        Returns:
            µ by atomic number, eV, shape (256,); None where the submission has no such file; and
            the problems found.
        """
        path, file = folder / OFFSETS_FILE, f"{shown_as}/{OFFSETS_FILE}"
        if not path.is_symlink() and not path.exists():
            return None, []
        n_rows = len(self.ids)
        problems = frame_file_problems(path, OFFSETS, n_rows=n_rows, n_numbers=0, shown_as=file)
        if problems:
            return None, problems
        ids, problems = read_column(path, ID, shown_as=file)
        energies, found = read_column(path, ENERGY, shown_as=file)
        problems += found
        if ids is None or energies is None:
            return None, problems
        problems += id_problems(ids, self.ids, elsewhere=(), shown_as=file)
        values = energies.to_numpy(zero_copy_only=False).astype(np.float64)
        problems += number_problems(values, f"{file}, column `{ENERGY}`", limit=MAX_EV, unit="eV")
        if problems:
            return None, problems
        return fit_offsets(self.counts, self.energy_ev, values), []


def number_problems(values: Array, where: str, *, limit: float, unit: str) -> list[Problem]:
    """The first value that is missing, not finite, or larger than anything sensible."""
    bad = np.flatnonzero(~(np.abs(values) <= limit))
    if not len(bad):
        return []
    return [
        Problem(
            where=f"{where}, row {bad[0] + 1}",
            expected=f"a finite number within ±{limit:g} {unit}",
            found=f"{values[bad[0]]:g}" + (f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""),
            next_step=f"Predict a number in {unit} for every id.",
        )
    ]


# Forces of a block of configurations beside the true ones: sums, one number a configuration


Single = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_SMALLEST_SQUARED = SMALLEST_FORCE_EV_PER_ANG**2
_TINY = 1e-300


@dataclass(frozen=True, kw_only=True)
class ForceSums:
    """Sums over the force components of each configuration of a block, shape (n,), float64.

    Attributes:
        absolute: Of |p - t|, eV/Å.
        squared: Of (p - t)², eV²/Å².
        cosine: Of the cosines between predicted and true forces, over atoms with a direction.
        n_cosine: Number of these atoms.
        product: Of p·t.
        predicted: Of p²; not finite where a prediction is not.
        true: Of t².
    """

    absolute: Array
    squared: Array
    cosine: Array
    n_cosine: Array
    product: Array
    predicted: Array
    true: Array


def force_sums(predicted: Single | Array, true: Single | Array, lengths: Integers) -> ForceSums:
    """Sum up the errors of each configuration.

    Args:
        predicted: Force components of all configurations, joined, shape (3 Σ n_atoms,), eV/Å.
        true: The same of the truth.
        lengths: Components of each configuration, multiples of 3, at least 3.

    Example:
        One atom, pushed by 1 eV/Å along x instead of along y:

        >>> sums = force_sums(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([3]))
        >>> sums.absolute, sums.squared, sums.cosine
        (array([2.]), array([2.]), array([0.]))
    """
    atoms = np.concatenate([[0], np.cumsum(lengths // 3)[:-1]])
    p, t = _by_axis(predicted), _by_axis(true)
    pp, tt, pt = _dot(p, p), _dot(t, t), _dot(p, t)
    p -= t
    dd = _dot(p, p)
    np.abs(p, out=p)
    absolute = p[0] + p[1]
    absolute += p[2]
    has_direction = tt >= _SMALLEST_SQUARED
    # A predicted force of exactly zero points nowhere: it counts as a right angle.
    with np.errstate(invalid="ignore"):  # what is not finite is found by its square
        cosine = pt / np.sqrt(np.maximum(pp * tt, _TINY))
        cosine *= has_direction
    return ForceSums(
        absolute=np.add.reduceat(absolute, atoms),
        squared=np.add.reduceat(dd, atoms),
        cosine=np.add.reduceat(cosine, atoms),
        n_cosine=np.add.reduceat(has_direction.astype(np.float64), atoms),
        product=np.add.reduceat(pt, atoms),
        predicted=np.add.reduceat(pp, atoms),
        true=np.add.reduceat(tt, atoms),
    )


def _by_axis(components: Single | Array) -> Array:
    """Components x, y, z of every atom, shape (3, n_atoms): whole rows are fast to work on."""
    return np.array(components.reshape(-1, 3).T, dtype=np.float64, order="C")


def _dot(one: Array, other: Array) -> Array:
    found: Array = one[0] * other[0]
    found += one[1] * other[1]
    found += one[2] * other[2]
    return found


# What can be wrong with predicted arrays once they stand beside the truth: rows, and letters


FrameFaultsIntegers = npt.NDArray[np.int64]

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

    def wrong_lengths(
        self, column: str, found: FrameFaultsIntegers, expected: FrameFaultsIntegers
    ) -> None:
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
    sums: ForceSums,
    predicted: npt.NDArray[Any],
    true: npt.NDArray[Any],
    lengths: FrameFaultsIntegers,
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


# A block of configurations, predicted and true: from arrays to one number a configuration


FrameBlocksIntegers = npt.NDArray[np.int64]

FORCE = "force_ev_per_ang"
FORCE_RMS = "force_rms_ev_per_ang"
COSINE = "force_cosine"
STRESS_ERROR = "stress_ev_per_ang3"
STRESS_GIVEN = "stress_given"
"""Column of predictions: 1 where a submission predicts the stress, 0 where it does not."""
RAW_ENERGY = "raw_ev"
ENERGY_DIFFERENCE = "difference_ev"
NUMBERS = "numbers"

MAX_FORCE_EV_PER_ANG = 1e4
"""Root of the sum of squares over a configuration; no model means more."""
MAX_STRESS_EV_PER_ANG3 = 1e3
_SIX = 6
_PART_ROWS = 256
"""Configurations worked on at a time: what is in hand then stays in the processor's cache."""


def reduce_block(
    true: pa.Table, predicted: pa.RecordBatch, offsets: Array | None, faults: Faults
) -> dict[str, Array]:
    """Reduce some configurations to numbers, and tell ``faults`` what is wrong with them.

    Args:
        true: True ``energy_ev``, ``forces_ev_per_ang``, ``stress_ev_per_ang3`` where the
            submission has it too, and ``numbers`` where there are offsets.
        predicted: Rows of a submission, in the same order.
        offsets: Energy to add for an atom of each atomic number, eV, shape (256,), or None.
        faults: Collects.

    Returns:
        Per configuration: ``n_atoms``; mean absolute and root mean square difference of the force
        components, eV/Å; mean cosine between forces, 1 where no force has a direction; energies as
        given, and their difference from the true ones after offsets, eV; mean absolute difference
        of the stress, eV/Å³, 0 where either is missing, and whether it is predicted. Empty where
        lengths do not fit.
    """
    whole = true.combine_chunks().to_batches()[0]
    forces, true_forces = rows_of(predicted[FORCES]), rows_of(whole[FORCES])
    lengths = true_forces.lengths
    faults.wrong_lengths(FORCES, forces.lengths, lengths)
    if N_ATOMS in predicted.schema.names:
        faults.wrong_lengths(N_ATOMS, numbers_of(predicted[N_ATOMS]).astype(np.int64), lengths // 3)
    stress = _stress_errors(whole, predicted, faults)
    if not np.array_equal(forces.lengths, lengths):
        return {}
    sums = _force_sums(forces.values, true_forces.values, lengths)
    norms = np.sqrt(sums.predicted)
    faults.implausible(FORCES, norms, limit=MAX_FORCE_EV_PER_ANG, unit="eV/Å")
    faults.shifted(shifted_rows(sums, forces.values, true_forces.values, lengths))
    energy = numbers_of(predicted[ENERGY])
    shift = 0.0 if offsets is None else _energies(offsets, rows_of(whole[NUMBERS]))
    return {
        N_ATOMS: lengths / 3,
        FORCE: sums.absolute / lengths,
        FORCE_RMS: np.sqrt(sums.squared / lengths),
        COSINE: np.where(sums.n_cosine > 0, sums.cosine / np.maximum(sums.n_cosine, 1.0), 1.0),
        RAW_ENERGY: energy,
        ENERGY_DIFFERENCE: energy + shift - numbers_of(whole[ENERGY]),
        **stress,
    }


class Rows(NamedTuple):
    """A list column: joined values, and how many each row has (0 where it is missing)."""

    values: npt.NDArray[Any]
    lengths: FrameBlocksIntegers


def rows_of(column: pa.Array) -> Rows:
    """The lists of a column, without a copy where no number in them is missing (else NaN)."""
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    values = column.flatten().to_numpy(zero_copy_only=False)
    return Rows(values, lengths.to_numpy(zero_copy_only=False).astype(np.int64))


def numbers_of(column: pa.Array) -> Array:
    """A column of numbers; NaN where one is missing."""
    values: Array = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def _force_sums(
    predicted: npt.NDArray[Any], true: npt.NDArray[Any], lengths: FrameBlocksIntegers
) -> ForceSums:
    """Sums over forces, some configurations at a time."""
    ends = np.concatenate([[0], np.cumsum(lengths)])
    parts = []
    for begin in range(0, len(lengths), _PART_ROWS):
        end = min(begin + _PART_ROWS, len(lengths))
        inside = slice(ends[begin], ends[end])
        parts.append(vars(force_sums(predicted[inside], true[inside], lengths[begin:end])))
    return ForceSums(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _energies(offsets: Array, numbers: Rows) -> Array:
    """Sum of the offsets of the atoms of every configuration."""
    starts = np.concatenate([[0], np.cumsum(numbers.lengths)[:-1]])
    found: Array = np.add.reduceat(offsets[numbers.values], starts)
    return found


def _stress_errors(
    true: pa.RecordBatch, predicted: pa.RecordBatch, faults: Faults
) -> dict[str, Array]:
    n_rows = true.num_rows
    errors, is_given = np.zeros(n_rows), np.zeros(n_rows)
    if STRESS in predicted.schema.names:
        is_given[:] = 1.0
        stress = rows_of(predicted[STRESS])
        faults.wrong_lengths(STRESS, stress.lengths, np.full(n_rows, _SIX))
        if (stress.lengths == _SIX).all():
            values = stress.values.reshape(-1, _SIX).astype(np.float64)
            largest = np.abs(values).max(axis=1)
            faults.implausible(STRESS, largest, limit=MAX_STRESS_EV_PER_ANG3, unit="eV/Å³")
            is_known = np.asarray(true[STRESS].is_valid())
            known = rows_of(true[STRESS]).values.reshape(-1, _SIX)
            errors[is_known] = np.abs(values[is_known] - known).mean(axis=1)
    return {STRESS_ERROR: errors, STRESS_GIVEN: is_given}


# Predicted energies, forces and stresses: one pass beside the truth, one number a configuration


PATH_ID = "path_id"
ENERGY_PER_ATOM = "energy_ev_per_atom"
ENERGY_IN_PATH = "energy_in_path_ev_per_atom"

AS_GIVEN = f"Energies are compared as given: there is no {OFFSETS_FILE}."
FITTED = (
    f"Energies are compared after one constant per element, fitted on the frozen training "
    f"configurations of {OFFSETS_FILE}."
)


def reader(labels: EvaluationLabels, task: Task) -> ArrayReader:
    """The reader of a task's frames; see :func:`ionladder.score.array_reader`."""
    if labels.truth is None:
        msg = f"task {task.name!r} has no true frames"
        raise ValueError(msg)
    return FrameReader(labels, labels.truth, labels.offsets)


class FrameReader:
    """Reads submissions of one task beside the truth.

    Args:
        labels: The labels of the task; ``path_id`` among the columns of ``test`` says which
            configurations belong to one path.
        truth: The true frames of its entries.
        offsets: The frames that offsets are fitted on, or None.
    """

    def __init__(self, labels: EvaluationLabels, truth: Path, offsets: Path | None) -> None:
        self._truth = truth
        test = labels.test.sort_values("id", kind="stable", ignore_index=True)
        self._ids = pa.array(test["id"].tolist(), pa.string())
        self._train_ids = frozenset(labels.train["id"])
        self._paths = _path_numbers(test)
        self._offsets = None if offsets is None else OffsetSet(offsets)
        self._n_numbers = _n_components(truth)

    def __call__(self, folder: Path, shown_as: str) -> tuple[PredictionTable | None, list[Problem]]:
        """Read, check and reduce one folder; every problem of both files is found at once."""
        path, file = folder / PREDICTIONS_FILE, f"{shown_as}/{PREDICTIONS_FILE}"
        offsets: Array | None = None
        problems: list[Problem] = []
        if self._offsets is not None:
            offsets, problems = self._offsets.read(folder, shown_as)
        if not path.is_symlink() and not path.exists():
            return None, [_absent(shown_as), *problems]
        found = frame_file_problems(
            path, FRAMES, n_rows=len(self._ids), n_numbers=self._n_numbers, shown_as=file
        )
        if not found:
            found = self._id_problems(path, file)
        if found:
            return None, found + problems
        try:
            sums, found = self._reduce(path, file, offsets)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            found = [unreadable(file, "a parquet file", str(error))]
        if found or problems:
            return None, found + problems
        return self._table(path, sums, is_fitted=offsets is not None), []

    def _id_problems(self, path: Path, file: str) -> list[Problem]:
        ids, problems = read_column(path, ID, shown_as=file)
        if ids is None:
            return problems
        return id_problems(ids, self._ids, elsewhere=self._train_ids, shown_as=file)

    def _reduce(
        self, path: Path, file: str, offsets: Array | None
    ) -> tuple[dict[str, Array], list[Problem]]:
        """Both files once, in lock step: a number per quantity and configuration."""
        with pq.ParquetFile(path) as opened:
            present = set(opened.schema_arrow.names)
        columns = [name for name in (N_ATOMS, ENERGY, FORCES, STRESS) if name in present]
        wanted = [ENERGY, FORCES, *([STRESS] if STRESS in present else [])]
        wanted += ["numbers"] if offsets is not None else []
        faults, parts = Faults(file, self._ids), []
        with FrameStream(path, columns) as predicted:
            for true in read_blocks(self._truth, wanted):
                parts.append(reduce_block(true, predicted.take(true.num_rows), offsets, faults))
                faults.next_block(true.num_rows)
        problems = faults.problems()
        if problems:
            return {}, problems
        sums = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        where = f"{file}, column `{ENERGY}`"
        return sums, number_problems(sums[RAW_ENERGY], where, limit=MAX_EV, unit="eV")

    def _table(self, path: Path, sums: dict[str, Array], *, is_fitted: bool) -> PredictionTable:
        difference, n_atoms = sums[ENERGY_DIFFERENCE], sums[N_ATOMS]
        columns: dict[str, Any] = {
            "id": self._ids,
            "seed": np.zeros(len(self._ids), dtype=np.int64),
            FORCE: sums[FORCE],
            FORCE_RMS: sums[FORCE_RMS],
            COSINE: sums[COSINE],
            ENERGY_PER_ATOM: np.abs(difference) / n_atoms,
            ENERGY_IN_PATH: np.abs(_less_mean(difference, self._paths)) / n_atoms,
            STRESS_ERROR: sums[STRESS_ERROR],
            STRESS_GIVEN: sums[STRESS_GIVEN],
        }
        digest, remark = predictions_sha256(path), FITTED if is_fitted else AS_GIVEN
        return PredictionTable(path=path, sha256=digest, columns=columns, remarks=(remark,))


def _path_numbers(test: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Number of the path of every entry; -1 where it is not known."""
    import pandas as pd

    if PATH_ID not in test:
        return np.full(len(test), -1)
    numbers: npt.NDArray[np.int64] = pd.factorize(test[PATH_ID])[0].astype(np.int64)
    return numbers


def _less_mean(values: Array, groups: npt.NDArray[np.int64]) -> Array:
    """Values less the mean of their group; 0 for those in none (-1).

    Example:
        >>> _less_mean(np.array([1.0, 3.0, 7.0]), np.array([0, 0, -1]))
        array([-1.,  1.,  0.])
    """
    is_in = groups >= 0
    if not is_in.any():
        return np.zeros_like(values)
    sizes = np.bincount(groups[is_in])
    means = np.bincount(groups[is_in], weights=values[is_in]) / np.maximum(sizes, 1)
    return np.where(is_in, values - means[groups], 0.0)


def _n_components(truth: Path) -> int:
    """Force components of all configurations, as the table of contents counts them."""
    with pq.ParquetFile(truth) as file:
        metadata = file.metadata
        columns = range(metadata.num_columns)
        named = (c for c in columns if metadata.schema.column(c).path.startswith(f"{FORCES}."))
        place = next(named)
        groups = range(metadata.num_row_groups)
        return sum(metadata.row_group(group).column(place).num_values for group in groups)


def _absent(shown_as: str) -> Problem:
    return Problem(
        where=shown_as,
        expected=f"a file {PREDICTIONS_FILE}",
        found="none",
        next_step="`ionladder new TASK NAME` makes a template with all ids.",
    )
