"""A block of configurations, predicted and true: from arrays to one number a configuration."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ionladder.scoring.frame_errors import ForceSums, force_sums
from ionladder.scoring.frame_faults import Faults, shifted_rows
from ionladder.specs.metric import Array
from ionladder.submissions.frame_files import ENERGY, FORCES, N_ATOMS, STRESS

Integers = npt.NDArray[np.int64]

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
    lengths: Integers


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
    predicted: npt.NDArray[Any], true: npt.NDArray[Any], lengths: Integers
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
