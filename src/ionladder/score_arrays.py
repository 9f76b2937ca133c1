"""Scoring predicted paths, and predicted energies and forces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.data import store
from ionladder.data.labels import EvaluationLabels
from ionladder.data.litraj.xyz import PeriodicCell
from ionladder.errors import Problem, first_few, worded
from ionladder.specs import Array, Task
from ionladder.submit import frames
from ionladder.submit.arrays import array_file_problems, portions
from ionladder.submit.paths import PredictedPath, read_path_file
from ionladder.submit.predictions import OFFSETS_FILE, PredictionTable, predictions_sha256
from ionladder.submit.tables import read_columns, unreadable
from ionladder.submit.validate import ArrayReader

if TYPE_CHECKING:
    import pandas as pd

# Predicted energies, forces and stresses in one pass with the truth: numbers per configuration


Integers = npt.NDArray[np.int64]

MAX_EV = 1e7
#: Root of the sum of squares over a configuration; no model means more.
MAX_FORCE_EV_PER_ANG = 1e4
MAX_STRESS_EV_PER_ANG3 = 1e3

_AS_GIVEN = f"Energies are compared as given: there is no {OFFSETS_FILE}."
_FITTED = (
    f"Energies are compared after one constant per element, fitted on the frozen training "
    f"configurations of {OFFSETS_FILE}."
)
_SIX = 6  # components of a stress
_N_NUMBERS = 256  # atomic numbers a byte can hold; 0 is the dummy atom
_TINY = 1e-300


def frame_reader(labels: EvaluationLabels, task: Task) -> ArrayReader:
    """Reads submissions of energies, forces and stresses, and derives numbers from them.

    Args:
        labels: The labels of the task with the true frames, and the frames that offsets are fitted
            on; ``path_id`` among the columns of ``test`` says which configurations belong to one
            path.
        task: The task.

    Returns:
        A function of a folder and its path in errors, which reads, checks and reduces the folder;
        every problem of both files is reported at once.

    Raises:
        ValueError: The task names no true frames (an error of the task).
    """
    if labels.truth is None:
        raise ValueError(f"task {task.name!r} has no true frames")
    truth = labels.truth
    test = labels.test.sort_values("id", kind="stable", ignore_index=True)
    ids = pa.array(test["id"].tolist(), pa.string())
    train_ids = frozenset(labels.train["id"])
    paths = _path_numbers(test)
    offset_set = None if labels.offsets is None else _OffsetSet.open(labels.offsets)
    n_numbers = _n_components(truth)

    def read(folder: Path, shown_as: str) -> tuple[PredictionTable | None, list[Problem]]:
        path, file = folder / frames.PREDICTIONS_FILE, f"{shown_as}/{frames.PREDICTIONS_FILE}"
        offsets, problems = (None, []) if offset_set is None else offset_set.fit(folder, shown_as)
        if not path.is_symlink() and not path.exists():
            return None, [worded("frames-absent", shown_as), *problems]
        found = array_file_problems(
            path, frames.FRAME_COLUMNS, n_rows=len(ids), n_numbers=n_numbers, shown_as=file
        )
        table = None
        if not found:
            table, found = read_columns(path, ["id"], shown_as=file)
        if table is not None:
            given = table["id"].combine_chunks()
            found = frames.id_problems(given, ids, elsewhere=train_ids, shown_as=file)
        if found:
            return None, found + problems
        try:
            sums, shifted = _reduce(path, truth, offsets)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            return None, [unreadable(file, "a parquet file", str(error)), *problems]
        problems = _array_problems(sums, shifted, ids, file) + problems
        if problems:
            return None, problems
        difference, n_atoms = sums[_DIFFERENCE], sums[frames.N_ATOMS]
        columns: dict[str, Any] = {
            "id": ids,
            "seed": np.zeros(len(ids), dtype=np.int64),
            **{name: sums[name] for name in ("force_ev_per_ang", "force_rms_ev_per_ang")},
            **{name: sums[name] for name in ("force_cosine", frames.STRESS, "stress_given")},
            "energy_ev_per_atom": np.abs(difference) / n_atoms,
            "energy_in_path_ev_per_atom": np.abs(_less_mean(difference, paths)) / n_atoms,
        }
        remark = _AS_GIVEN if offsets is None else _FITTED
        digest = predictions_sha256(path)
        return PredictionTable(path=path, sha256=digest, columns=columns, remarks=(remark,)), []

    return read


def _n_components(truth: Path) -> int:
    """Force components of all configurations, as the table of contents counts them."""
    with pq.ParquetFile(truth) as file:
        metadata = file.metadata
        paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
        forces = next(i for i, path in enumerate(paths) if path.startswith(f"{frames.FORCES}."))
        groups = range(metadata.num_row_groups)
        return sum(metadata.row_group(group).column(forces).num_values for group in groups)


def _path_numbers(test: pd.DataFrame) -> Integers:
    """Number of the path of every entry; -1 where it is not known."""
    import pandas as pd

    if "path_id" not in test:
        return np.full(len(test), -1)
    return pd.factorize(test["path_id"])[0].astype(np.int64)


def _less_mean(values: Array, groups: Integers) -> Array:
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


# The zero of a model's energies: one constant an element, fitted on frozen training frames


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
    return np.where(counts.any(axis=0), np.linalg.lstsq(counts, true_ev - predicted_ev)[0], 0.0)


class _OffsetSet(NamedTuple):
    """Frozen training configurations: ids, atoms of each atomic number, true energies in eV."""

    ids: pa.Array
    counts: Array
    energy_ev: Array

    @classmethod
    def open(cls, path: Path) -> _OffsetSet:
        blocks = store.read_blocks(path, ("id", "numbers", frames.ENERGY))
        table = pa.concat_tables(blocks).combine_chunks()
        numbers = _lists(table["numbers"])
        rows = np.repeat(np.arange(len(table)), numbers.lengths)
        counts = np.zeros((len(table), _N_NUMBERS))
        np.add.at(counts, (rows, numbers.values), 1.0)
        return cls(table["id"].combine_chunks(), counts, table[frames.ENERGY].to_numpy())

    def fit(self, folder: Path, shown_as: str) -> tuple[Array | None, list[Problem]]:
        """Fit the offsets of a submission.

        Returns:
            µ by atomic number, eV, shape (256,); None where the submission has no such file; and
            the problems found.
        """
        path, file = folder / OFFSETS_FILE, f"{shown_as}/{OFFSETS_FILE}"
        if not path.is_symlink() and not path.exists():
            return None, []
        problems = array_file_problems(
            path, frames.OFFSET_COLUMNS, n_rows=len(self.ids), n_numbers=0, shown_as=file
        )
        if problems:
            return None, problems
        table, problems = read_columns(path, ["id", frames.ENERGY], shown_as=file)
        if table is None:
            return None, problems
        ids = table["id"].combine_chunks()
        problems = frames.id_problems(ids, self.ids, elsewhere=(), shown_as=file)
        values = _numbers(table[frames.ENERGY])
        problems += _energy_problems(values, file)
        if problems:
            return None, problems
        return fit_offsets(self.counts, self.energy_ev, values), []


def _energy_problems(values: Array, file: str) -> list[Problem]:
    """The first energy that is missing, not finite, or larger than anything sensible."""
    bad = np.flatnonzero(~(np.abs(values) <= MAX_EV))
    if not len(bad):
        return []
    where = f"{file}, column `{frames.ENERGY}`, row {bad[0] + 1}"
    found = f"{values[bad[0]]:g}" + (f", and {len(bad) - 1:,} more" if len(bad) > 1 else "")
    return [worded("energy-not-sensible", where, most=f"{MAX_EV:g}", found=found)]


# One pass over predictions and truth, some configurations at a time


_DIFFERENCE = "difference_ev"
#: Row, and step to the neighbour whose forces it has.
_SHIFTED = list[tuple[int, int]]


def _reduce(path: Path, truth: Path, offsets: Array | None) -> tuple[dict[str, Array], _SHIFTED]:
    """Both files once, in lock step: an array per quantity, one number a configuration."""
    with pq.ParquetFile(path) as file:
        present = set(file.schema_arrow.names)
    with pq.ParquetFile(truth) as file:
        groups = range(file.metadata.num_row_groups)
        sizes = [file.metadata.row_group(group).num_rows for group in groups]
    names = (frames.N_ATOMS, frames.ENERGY, frames.FORCES, frames.STRESS)
    given = [name for name in names if name in present]
    wanted = [frames.ENERGY, frames.FORCES, *([frames.STRESS] if frames.STRESS in present else [])]
    wanted += ["numbers"] if offsets is not None else []
    blocks: list[dict[str, Array]] = []
    shifted: _SHIFTED = []
    begin = 0
    pairs = zip(store.read_blocks(truth, wanted), portions(path, given, sizes), strict=True)
    for true, predicted in pairs:
        block, rows = _reduce_block(true.combine_chunks(), predicted, offsets)
        blocks.append(block)
        shifted += [(begin + row, step) for row, step in rows]
        begin += true.num_rows
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}, shifted


def _reduce_block(
    true: pa.Table, predicted: pa.Table, offsets: Array | None
) -> tuple[dict[str, Array], _SHIFTED]:
    """Reduce some configurations to numbers.

    Args:
        true: True ``energy_ev``, ``forces_ev_per_ang``, ``stress_ev_per_ang3`` where the
            submission has it too, and ``numbers`` where there are offsets.
        predicted: Rows of a submission, in the same order.
        offsets: Energy to add for an atom of each atomic number, eV, shape (256,), or None.

    Returns:
        Per configuration: ``n_atoms``; mean absolute and root mean square difference of the force
        components, eV/Å; mean cosine between forces, 1 where no force has a direction; energies as
        given, and their difference from the true ones after offsets, eV; mean absolute difference
        of the stress, eV/Å³, 0 where either is missing, and whether it is predicted; and what is
        checked afterwards: lengths of lists, and sizes of forces and stresses. And the rows whose
        forces are those of a neighbour.
    """
    forces, true_forces = _lists(predicted[frames.FORCES]), _lists(true[frames.FORCES])
    lengths, n_rows = true_forces.lengths, true.num_rows
    energy = _numbers(predicted[frames.ENERGY])
    n_atoms = lengths / 3
    block = {
        frames.N_ATOMS: n_atoms,
        frames.ENERGY: energy,
        _DIFFERENCE: energy - _numbers(true[frames.ENERGY]),
        frames.STRESS: np.zeros(n_rows),
        "stress_given": np.full(n_rows, float(frames.STRESS in predicted.column_names)),
        **{name: np.zeros(n_rows) for name in ("force_cosine", "force_size", "stress_size")},
        **{name: np.zeros(n_rows) for name in ("force_ev_per_ang", "force_rms_ev_per_ang")},
        f"length_{frames.FORCES}": forces.lengths,
        f"length_{frames.N_ATOMS}": n_atoms,
        f"length_{frames.STRESS}": np.full(n_rows, _SIX),
    }
    if offsets is not None:
        numbers = _lists(true["numbers"])
        block[_DIFFERENCE] += np.add.reduceat(offsets[numbers.values], _starts(numbers.lengths))
    if frames.N_ATOMS in predicted.column_names:
        block[f"length_{frames.N_ATOMS}"] = _numbers(predicted[frames.N_ATOMS])
    if frames.STRESS in predicted.column_names:
        stress = _lists(predicted[frames.STRESS])
        block[f"length_{frames.STRESS}"] = stress.lengths
        if (stress.lengths == _SIX).all():
            values = stress.values.reshape(-1, _SIX).astype(np.float64)
            block["stress_size"] = np.abs(values).max(axis=1)
            is_known = np.asarray(true[frames.STRESS].is_valid())
            known = _lists(true[frames.STRESS]).values.reshape(-1, _SIX)
            block[frames.STRESS][is_known] = np.abs(values[is_known] - known).mean(axis=1)
    if not np.array_equal(forces.lengths, lengths):
        return block, []
    sums = force_sums(forces.values, true_forces.values, lengths)
    block["force_size"] = np.sqrt(sums.predicted)
    block["force_ev_per_ang"] = sums.absolute / lengths
    block["force_rms_ev_per_ang"] = np.sqrt(sums.squared / lengths)
    cosines = sums.cosine / np.maximum(sums.n_cosine, 1.0)
    block["force_cosine"] = np.where(sums.n_cosine > 0, cosines, 1.0)
    return block, shifted_rows(sums, forces.values, true_forces.values, lengths)


class _Lists(NamedTuple):
    """A list column: joined values, and how many each row has (0 where it is missing)."""

    values: npt.NDArray[Any]
    lengths: Integers


def _lists(column: pa.ChunkedArray) -> _Lists:
    """The lists of a column, without a copy where no number in them is missing (else NaN)."""
    whole = column.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(whole), 0)
    values = whole.flatten().to_numpy(zero_copy_only=False)
    return _Lists(values, lengths.to_numpy(zero_copy_only=False).astype(np.int64))


def _numbers(column: pa.ChunkedArray) -> Array:
    """A column of numbers; NaN where one is missing."""
    values: Array = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def _starts(lengths: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(lengths)[:-1]])


class ForceSums(NamedTuple):
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


def force_sums(
    predicted: npt.NDArray[np.floating], true: npt.NDArray[np.floating], lengths: Integers
) -> ForceSums:
    """Sum up the errors of each configuration.

    Args:
        predicted: Force components of all configurations, joined, shape (3 Σ n_atoms,), eV/Å.
        true: True components, joined likewise.
        lengths: Components of each configuration, multiples of 3, at least 3.

    Example:
        One atom, pushed by 1 eV/Å along x instead of along y:

        >>> sums = force_sums(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([3]))
        >>> sums.absolute, sums.squared, sums.cosine
        (array([2.]), array([2.]), array([0.]))
    """
    # Whole rows of x, y and z are fast to work on.
    pair = (one.reshape(-1, 3).T for one in (predicted, true))
    p, t = (np.array(one, dtype=np.float64, order="C") for one in pair)
    with np.errstate(invalid="ignore"):  # what is not finite is found by its square
        pp, tt, pt = _dot(p, p), _dot(t, t), _dot(p, t)
        p -= t
        dd = _dot(p, p)
        np.abs(p, out=p)
        has_direction = tt >= store.SMALLEST_FORCE_EV_PER_ANG**2
        # A predicted force of exactly zero points nowhere: it counts as a right angle.
        cosine = pt / np.sqrt(np.maximum(pp * tt, _TINY))
        cosine *= has_direction
    parts = (p[0] + p[1] + p[2], dd, cosine, has_direction.astype(np.float64), pt, pp, tt)
    starts = _starts(lengths // 3)
    return ForceSums(*(np.add.reduceat(part, starts) for part in parts))


def _dot(one: Array, other: Array) -> Array:
    product: Array = one[0] * other[0]
    product += one[1] * other[1]
    product += one[2] * other[2]
    return product


# What can be wrong with predicted arrays once they are compared with the truth


#: Correlation with a row's own forces below which, and with its neighbour's above which, they are
#: taken for the neighbour's.
_UNLIKE, _ALIKE = 0.5, 0.95
_FEWEST_COMPONENTS = 12
_MOST_LOOKED_AT = 64


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
    starts = np.concatenate([[0], np.cumsum(lengths)])
    shifted = []
    for row in rows[:: max(len(rows) // _MOST_LOOKED_AT, 1)].tolist():
        forces = predicted[starts[row] : starts[row + 1]].astype(np.float64)
        for other in (row + 1, row - 1):
            is_there = 0 <= other < len(lengths) and lengths[other] == lengths[row]
            if is_there and sums.true[other] > 0:
                product = float(forces @ true[starts[other] : starts[other + 1]])
                if product / np.sqrt(sums.predicted[row] * sums.true[other]) > _ALIKE:
                    shifted.append((row, other - row))
                    break
    return shifted


def _array_problems(
    sums: Mapping[str, Array], shifted: _SHIFTED, ids: pa.Array, file: str
) -> list[Problem]:
    """Rows with other lengths, numbers that are not sensible, and forces of a neighbour."""

    def problem(
        rows: Integers | list[int], column: str, expected: str, found: str, step: str
    ) -> Problem:
        at = f"{file}, row {rows[0] + 1} ({ids[int(rows[0])].as_py()}), column `{column}`"
        return Problem(at, expected, found, step)

    def more(rows: Integers | list[int]) -> str:
        return f", and {len(rows) - 1:,} more rows" if len(rows) > 1 else ""

    problems = []
    for column, expected, words in (
        (frames.FORCES, 3 * sums[frames.N_ATOMS], " numbers"),
        (frames.N_ATOMS, sums[frames.N_ATOMS], ""),
        (frames.STRESS, np.full(len(ids), _SIX), " numbers"),
    ):
        found = sums[f"length_{column}"]
        bad = np.flatnonzero(found != expected)
        if len(bad):
            after, before = bad[bad + 1 < len(ids)], bad[bad > 0]
            fits = max(
                (found[after] == expected[after + 1]).sum(),
                (found[before] == expected[before - 1]).sum(),
            )
            step = "Write x, y, z of every atom, atoms in the order of the configuration."
            if 2 * fits > len(bad):
                step = "These rows fit the row before or after: was a row lost, or doubled?"
            said = f"{found[bad[0]]:.0f}{more(bad)}"
            problems.append(problem(bad, column, f"{expected[bad[0]]:.0f}{words}", said, step))
    for column, size, limit, unit in (
        (frames.FORCES, "force_size", MAX_FORCE_EV_PER_ANG, "eV/Å"),
        (frames.STRESS, "stress_size", MAX_STRESS_EV_PER_ANG3, "eV/Å³"),
    ):
        bad = np.flatnonzero(~(sums[size] <= limit))
        if len(bad):
            expected_words = f"finite numbers, within {limit:g} {unit}"
            step = "Predict finite numbers in the unit that the column names."
            said = f"{sums[size][bad[0]]:g}{more(bad)}"
            problems.append(problem(bad, column, expected_words, said, step))
    if shifted:
        (row, step_to), others = shifted[0], [place + 1 for place, _ in shifted[1:]]
        said = f"row {row + 1} looks like row {row + 1 + step_to}, {ids[row + step_to].as_py()}"
        said += f"; so do rows {first_few(others)}" if others else ""
        step = "Check that each row stands beside its own id: was a row lost, or doubled?"
        problems.append(problem([row], frames.FORCES, f"forces of {ids[row].as_py()}", said, step))
    return problems or _energy_problems(sums[frames.ENERGY], file)


# Predicted paths reduced to numbers: distances to the DFT path, barriers, and what failed


_COLUMNS = ("barrier_ev", "saddle_ev", "path_ang", "moving_ion_ang", "failed", "converged")


def path_reader(labels: EvaluationLabels, task: Task) -> ArrayReader:
    """Reads a submission of paths and derives one number per target and hop.

    A hop that did not converge is not left out. Its path counts as the initial one, and its
    barriers as the median label of the train subset: what anybody could have said without
    computing. So giving a hop up is worth no more than such a guess.

    Args:
        labels: The labels of the task, with the true and the given paths.
        task: The task.

    Returns:
        A function of a folder and its path in errors, which reads, checks and reduces the folder.

    Raises:
        ValueError: The task names no true or no given paths (an error of the task).
    """
    if labels.truth is None or labels.given is None:
        raise ValueError(f"task {task.name!r} needs true and given paths")
    ids = frozenset(labels.test["id"])
    given = {path.id: path for path in store.read_given_paths(labels.given, ids)}
    true = {path.id: path for path in store.read_true_paths(labels.truth, ids)}
    train_ids = frozenset(labels.train["id"])
    medians = [float(labels.train[name].median()) for name in _COLUMNS[:2]]

    @cache
    def failed(name: str) -> list[float]:
        """What a hop without a converged path counts as."""
        moved = displacements(given[name].positions_ang, true[name].positions_ang, given[name])
        return [*medians, *moved, 1.0, 0.0]

    def numbers(name: str, path: PredictedPath | None) -> list[float]:
        if path is None:
            return failed(name)
        moved = displacements(path.positions_ang, true[name].positions_ang, given[name])
        return [barrier(path.energies_ev), saddle(path.energies_ev), *moved, 0.0, 1.0]

    def read(folder: Path, shown_as: str) -> tuple[PredictionTable | None, list[Problem]]:
        import pyarrow as pa

        about = {"task": task.name, "shown_as": shown_as}
        file, problems = read_path_file(folder, given, train_ids=train_ids, **about)
        if file is None:
            return None, problems
        names = sorted(given)
        table = np.array([numbers(name, file.paths.get(name)) for name in names])
        columns = {
            "id": pa.array(names, pa.string()),
            "seed": np.zeros(len(names), dtype=np.int64),
            **dict(zip(_COLUMNS, table.T, strict=True)),
        }
        return PredictionTable(path=file.path, sha256=file.sha256, columns=columns), []

    return read


def displacements(
    predicted_ang: Array, true_ang: Array, given: store.GivenPath
) -> tuple[float, float]:
    """Path-averaged distances between two paths of one hop, over all atoms and of the moving ion.

    Args:
        predicted_ang: Shape (n_images, n_atoms, 3), Å.
        true_ang: Same shape; images and atoms in the same order.
        given: The cell, and which ion moves.

    Returns:
        Mean over images of the mean over atoms of the shortest periodic distance, and the mean
        over images of that of the moving ion; Å.

    Reference:
        Dembitskiy et al. 2025, https://doi.org/10.1038/s41524-025-01571-z (PA_MAE in metrics.py
        of LiTraj), for paths of equal length.
    """
    distances = PeriodicCell(given.cell_ang).distances(predicted_ang, true_ang)
    return float(distances.mean()), float(distances[:, given.moving_ion].mean())


def barrier(energies_ev: Array) -> float:
    """Largest minus smallest energy over all images, eV: upstream's definition of a barrier.

    Example:
        >>> import numpy as np
        >>> barrier(np.array([0.5, 1.0, 0.25]))
        0.75
    """
    return float(energies_ev.max() - energies_ev.min())


def saddle(energies_ev: Array) -> float:
    """Largest energy minus that of the first image, eV: the barrier seen from the start.

    Example:
        >>> import numpy as np
        >>> saddle(np.array([0.5, 1.0, 0.25]))
        0.5
    """
    return float(energies_ev.max() - energies_ev[0])
