"""Predicted energies, forces and stresses: one pass beside the truth, one number a configuration.

Predictions and truth are streamed in lock step; the numbers of a block are dropped as soon as they
are summed up, in float64. The same pass checks every value, and whether rows belong to their ids.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ionladder.core.problems import Problem
from ionladder.datasets.labels import EvaluationLabels
from ionladder.datasets.streamed import read_blocks
from ionladder.scoring.energy_offsets import MAX_EV, OffsetSet, number_problems
from ionladder.scoring.frame_blocks import (
    COSINE,
    ENERGY_DIFFERENCE,
    FORCE,
    FORCE_RMS,
    RAW_ENERGY,
    STRESS_ERROR,
    STRESS_GIVEN,
    reduce_block,
)
from ionladder.scoring.frame_faults import Faults
from ionladder.specs.metric import Array
from ionladder.specs.task import Task
from ionladder.submissions.frame_files import (
    ENERGY,
    FORCES,
    FRAMES,
    ID,
    N_ATOMS,
    PREDICTIONS_FILE,
    STRESS,
    FrameStream,
    frame_file_problems,
    id_problems,
    read_column,
)
from ionladder.submissions.shapes import unreadable
from ionladder.submissions.table import OFFSETS_FILE, PredictionTable, predictions_sha256
from ionladder.submissions.validate import ArrayReader

if TYPE_CHECKING:
    import pandas as pd


PATH_ID = "path_id"
ENERGY_PER_ATOM = "energy_ev_per_atom"
ENERGY_IN_PATH = "energy_in_path_ev_per_atom"

AS_GIVEN = f"Energies are compared as given: there is no {OFFSETS_FILE}."
FITTED = (
    f"Energies are compared after one constant per element, fitted on the frozen training "
    f"configurations of {OFFSETS_FILE}."
)


def reader(labels: EvaluationLabels, task: Task) -> ArrayReader:
    """The reader of a task's frames; see :func:`ionladder.scoring.arrays.array_reader`."""
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
