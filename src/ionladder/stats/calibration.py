"""How far predicted standard deviations can be trusted: coverage, sharpness, likelihood, area."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: Nominal levels at which a calibration curve is tabulated.
CURVE_LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))

#: The numbers of a :class:`Calibration`, as receipts and boards name them.
SCORES = ("coverage_68", "coverage_95", "sharpness", "nll", "miscalibration_area")

_LEVELS = (0.68, 0.95)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The quality of Gaussian predictive distributions, as means over seeds.

    Attributes:
        coverage_68: Share of labels inside the central 68 % interval of their prediction.
        coverage_95: The same for 95 %.
        sharpness: Mean predicted standard deviation, in the unit of an error.
        nll: Mean negative log-likelihood of a label, in nats.
        miscalibration_area: Area between calibration curve and diagonal, from 0 to 0.5.
        observed: Share of labels inside the central interval of each of ``CURVE_LEVELS``.
    """

    coverage_68: float
    coverage_95: float
    sharpness: float
    nll: float
    miscalibration_area: float
    observed: tuple[float, ...]


def calibrate(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, y_std: npt.ArrayLike) -> Calibration:
    """Judge predicted standard deviations as those of Gaussians around the predictions.

    Args:
        y_true: Labels, shape (n_entries,), in the target's unit, finite; at least one.
        y_pred: Predictions, shape (n_entries,) or (n_seeds, n_entries), same unit.
        y_std: Their standard deviations, of the shape of ``y_pred``, in the unit of an error,
            larger than 0.

    Returns:
        Every number computed seed by seed, then averaged. The miscalibration area is exact, not
        that of a grid of levels. It is never quite 0: n entries that follow their predicted
        Gaussians independently have about 0.31 / √n.

    Raises:
        ValueError: Shapes differ, there is no entry, a value is not finite, or a standard
            deviation is not positive.

    Reference:
        Kuleshov, Fenner & Ermon 2018, https://proceedings.mlr.press/v80/kuleshov18a.html
        (calibration curve); Tran et al. 2020, https://doi.org/10.1088/2632-2153/ab7e1a
        (miscalibration area, sharpness; the latter is a root mean square there).

    Example:
        Two errors of one predicted standard deviation each are outside the 68 % interval (which
        ends at 0.99 of them) and inside that of 95 %:

        >>> found = calibrate([0.0, 0.0], [1.0, -0.5], [1.0, 0.5])
        >>> found.coverage_68, found.coverage_95, found.sharpness, round(found.nll, 4)
        (0.0, 1.0, 0.75, 1.0724)
    """
    true, pred, std = _checked(y_true, y_pred, y_std)
    z = np.abs(pred - true) / std
    reached = _central_level(z)
    low, high = ((z <= _half_width(level)).mean(axis=1).mean() for level in _LEVELS)
    return Calibration(
        coverage_68=float(low),
        coverage_95=float(high),
        sharpness=float(std.mean()),
        nll=float((0.5 * math.log(2.0 * math.pi) + np.log(std) + 0.5 * z**2).mean()),
        miscalibration_area=float(np.mean([_area(seed) for seed in reached])),
        observed=tuple(float((reached <= level).mean()) for level in CURVE_LEVELS),
    )


def _checked(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, y_std: npt.ArrayLike
) -> tuple[Array, Array, Array]:
    true = np.asarray(y_true, dtype=np.float64)
    pred = np.atleast_2d(np.asarray(y_pred, dtype=np.float64))
    std = np.atleast_2d(np.asarray(y_std, dtype=np.float64))
    if true.ndim != 1 or not true.size or pred.shape != std.shape or pred.shape[1:] != true.shape:
        msg = f"shapes do not fit: y_true {true.shape}, y_pred {pred.shape}, y_std {std.shape}"
        raise ValueError(msg)
    if not all(np.isfinite(values).all() for values in (true, pred, std)):
        raise ValueError("y_true, y_pred and y_std must be finite")
    if not (std > 0).all():
        raise ValueError(f"standard deviations must be larger than 0, the smallest is {std.min()}")
    return true, pred, std


def _half_width(level: float) -> float:
    """Half the width of the central interval of a standard Gaussian."""
    return NormalDist().inv_cdf((1.0 + level) / 2.0)


def _central_level(z: Array) -> Array:
    """The level of the central interval that ends at a distance of ``z`` standard deviations."""
    flat = [math.erf(value / math.sqrt(2.0)) for value in z.ravel().tolist()]
    return np.array(flat).reshape(z.shape)


def _area(reached: Array) -> float:
    """Area between the diagonal and the step curve: share of entries reached by each level."""
    edges = np.concatenate([[0.0], np.sort(reached), [1.0]])
    shares = np.linspace(0.0, 1.0, reached.size + 1)
    to, since = edges[1:] - shares, edges[:-1] - shares
    return float(0.5 * (to * np.abs(to) - since * np.abs(since)).sum())
