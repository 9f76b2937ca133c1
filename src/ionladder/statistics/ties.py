"""Tie groups: who cannot be told from the leader, with all comparisons of a board allowed for.

The leader of a board is its smallest error, chosen after the errors were seen. Comparing each
submission with it at 95 % would then separate equal ones on far more than 5 % of boards. So a
submission is separated only when its studentised difference to the leader is larger than the
largest such difference is, in 95 % of resamples, among submissions that are all equal and whose
leader is chosen the same way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.statistics.groups import Array
from ionladder.statistics.resamples import Resamples, quantile
from ionladder.statistics.standing import Standings

_CELLS = 4_000_000
_FEWEST = 1_000
_CHI_SQUARE_SEED = 3
_ROUNDING = 1e-12
"""Differences and errors below this share of the scores are rounding, not evidence."""

Rows = npt.NDArray[np.int64]


def tie_groups(standings: Standings, *, resamples: Resamples, confidence: float) -> Rows:
    """Number of the tie group of each submission, 1 for the leader's.

    The best submission not yet in a group leads the next one, and all that cannot be separated
    from it join, wherever they stand. Every submission is in one group, so there are no cycles.
    Within a group's comparison, submissions that are equal are separated with probability
    1 − ``confidence`` at most, however many there are; separated ones are set aside and the
    comparison repeated without them until nothing more is separated (step-down).

    Args:
        standings: The submissions.
        resamples: Names the randomness of the critical values.
        confidence: Level that holds for all comparisons of a group together.

    Reference:
        Step-down with resampled maxima: Romano and Wolf 2005, doi 10.1198/016214504000000539;
        the set of models that cannot be told from the best: Hansen, Lunde and Nason 2011,
        doi 10.3982/ECTA5771; Student's t for all comparisons together: Hothorn, Bretz and
        Westfall 2008, doi 10.1002/bimj.200810425
    """
    rest = np.argsort(standings.values, kind="stable")
    groups = np.zeros(len(rest), dtype=np.int64)
    n_used = min(max(_CELLS // max(len(rest), 1), _FEWEST), standings.samples.shape[1])
    scale = _student_scale(resamples, n_used, standings.df)
    number = 0
    while len(rest):
        number += 1
        tied = _tied_with_first(standings.take(rest), n_used, scale, confidence)
        groups[rest[tied]] = number
        rest = rest[~tied]
    return groups


def _tied_with_first(
    standings: Standings, n_used: int, scale: Array, confidence: float
) -> npt.NDArray[np.bool_]:
    """Which submissions cannot be told from the first, which is the best of them."""
    resolution = _ROUNDING * float(np.abs(standings.values).max())
    errors, freedom = standings.errors_to(0, range(len(standings.values)))
    statistic = _on_scale_of(
        standings.df,
        _studentised(standings.values - standings.values[0], errors, resolution),
        freedom,
    )
    centred = standings.samples[:, :n_used] - standings.values[:, None]
    tied = np.ones(len(statistic), dtype=bool)
    while tied.sum() > 1:
        rows = np.flatnonzero(tied)
        critical = _critical_value(
            centred[rows],
            standings.linear[rows],
            standings.seed_variances[rows],
            scale=scale,
            confidence=confidence,
            resolution=resolution,
        )
        still = tied & ~(statistic > critical)
        if still.sum() == tied.sum():
            break
        tied = still
    return tied


def _critical_value(
    centred: Array,
    linear: Array,
    seed_variances: Array,
    *,
    scale: Array,
    confidence: float,
    resolution: float,
) -> float:
    """What the largest studentised difference to the leader stays below, when all are equal."""
    leaders = centred.argmin(axis=0)
    differences = centred - centred.min(axis=0)
    names, places = np.unique(leaders, return_inverse=True)
    spread = _distances(linear, linear[names])
    if seed_variances.any():
        spread = np.sqrt(spread**2 + seed_variances[:, None] + seed_variances[names])
    largest = _studentised(differences, spread[:, places], resolution).max(axis=0)
    return float(quantile(largest / scale, confidence))


def _studentised(differences: Array, errors: Array, resolution: float) -> Array:
    """Differences in standard errors; equal submissions differ by nothing, whatever the error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(errors > resolution, differences / errors, np.inf)
    studentised: Array = np.where(differences <= resolution, 0.0, ratio)
    return studentised


def _on_scale_of(df: float, t: Array, freedom: Array) -> Array:
    """The t with ``df`` degrees of freedom that is as improbable as each t with its own.

    Few seeds leave few degrees of freedom to the comparisons of one submission; the others of
    the board are not to pay for it.
    """
    from scipy.special import stdtr, stdtrit

    if not df > 0 or (freedom == df).all():
        return t
    moved: Array = np.where(t > 0, -stdtrit(df, stdtr(freedom, -t)), 0.0)
    return moved


def _distances(rows: Array, others: Array) -> Array:
    from scipy.spatial.distance import cdist

    distances: Array = cdist(rows, others)
    return distances


def _student_scale(resamples: Resamples, n: int, df: float) -> Array:
    """Draws of √(χ²/df): dividing by them turns normal differences into Student's t."""
    if not df > 0:
        return np.zeros(n)
    rng = np.random.default_rng([resamples.seed, _CHI_SQUARE_SEED])
    scale: Array = np.sqrt(rng.chisquare(df, size=n) / df)
    return scale
