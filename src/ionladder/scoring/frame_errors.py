"""Forces of a block of configurations beside the true ones: sums, one number a configuration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.datasets.frames import SMALLEST_FORCE_EV_PER_ANG
from ionladder.specs.metric import Array

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
