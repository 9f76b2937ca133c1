"""The zero of a model's energies: one constant an element, fitted on frozen training frames.

Models put the energy of an atom where their training data had it: with or without corrections, with
or without U. Raw energies of two models then differ by electronvolts an atom while both are right
about everything that can be measured, so the constants are fitted away before energies are
compared, for every model in the same way and on the same training configurations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ionladder.core.problems import Problem
from ionladder.datasets.streamed import read_blocks
from ionladder.specs.metric import Array
from ionladder.submissions.frame_files import (
    ENERGY,
    ID,
    OFFSETS,
    frame_file_problems,
    id_problems,
    read_column,
)
from ionladder.submissions.table import OFFSETS_FILE

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
