"""Repeated measurements of the same material, checked and sorted: what replicate floors rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.core.errors import MetricInputError
from ionladder.core.problems import Problem, first_few
from ionladder.specs.metric import Array

_Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Replicates:
    """Repeated measurements sorted by group, then value; one element per measurement.

    Attributes:
        values: Measured values.
        group: Number of the group, from 0.
        start: Index at which the group starts.
        size: Measurements in the group.
        place: Place within the group; 0 is its smallest value.
    """

    values: Array
    group: _Integers
    start: _Integers
    size: _Integers
    place: _Integers


def sort_replicates(values: npt.ArrayLike, groups: npt.ArrayLike) -> Replicates:
    """Sort measurements by group, then value.

    Args:
        values: Measured values, shape (n_entries,), finite.
        groups: Integer group of each measurement, same shape; each group has two or more.

    Raises:
        MetricInputError: Any of these does not hold; all problems of the content at once.

    Example:
        >>> sort_replicates([-3.0, -6.0, -5.0, -4.0], [7, 2, 7, 2]).values
        array([-6., -4., -5., -3.])
    """
    measured, labels = np.asarray(values), np.asarray(groups)
    problems = _form_problems(measured, labels) or _content_problems(measured, labels)
    if problems:
        raise MetricInputError(problems)
    order = np.lexsort((measured, labels))
    _, start, group, size = np.unique(
        labels[order], return_index=True, return_inverse=True, return_counts=True
    )
    return Replicates(
        values=measured[order].astype(np.float64),
        group=group,
        start=start[group],
        size=size[group],
        place=np.arange(order.size) - start[group],
    )


def _form_problems(
    values: npt.NDArray[np.generic], groups: npt.NDArray[np.generic]
) -> list[Problem]:
    has_form = values.ndim == 1 and values.shape == groups.shape and values.size > 0
    if has_form and values.dtype.kind in "fiu" and groups.dtype.kind in "iu":
        return []
    return [
        Problem(
            where="replicate floor",
            expected="at least two measurements, and one integer group for each",
            found=f"values of shape {values.shape} and type {values.dtype}, "
            f"groups of shape {groups.shape} and type {groups.dtype}",
            next_step="Hand over only rows that have a replicate group.",
        )
    ]


def _content_problems(
    values: npt.NDArray[np.generic], groups: npt.NDArray[np.generic]
) -> list[Problem]:
    problems = []
    is_finite = np.isfinite(values)
    if not is_finite.all():
        problems.append(
            Problem(
                where="replicate floor, values",
                expected="finite numbers",
                found="others at position " + first_few(np.flatnonzero(~is_finite)),
                next_step="Leave rows without a measured value out of the replicate groups.",
            )
        )
    names, sizes = np.unique(groups, return_counts=True)
    if (sizes < 2).any():
        problems.append(
            Problem(
                where="replicate floor, groups",
                expected="two or more measurements in every group",
                found="one in group " + first_few(names[sizes < 2]),
                next_step="Give a replicate group only to materials measured more than once.",
            )
        )
    return problems
