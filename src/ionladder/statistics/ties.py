"""Tie groups: who cannot be told from the leader, with all comparisons of a board allowed for.

The leader of a board is its smallest error, chosen after the errors were seen. Comparing each
submission with it at 95 % would then separate equal ones on far more than 5 % of boards. So a
submission is separated only when its studentised difference to the leader is larger than the
largest such difference is, in 95 % of draws, among submissions that are all equal and whose
leader is chosen the same way. ``benchmarks/separation.py`` measures what this achieves.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ionladder.statistics.groups import Array
from ionladder.statistics.resamples import Resamples, quantile
from ionladder.statistics.standing import Standings

_SCORES = 4_000_000
"""Scores drawn at most, unless ``_FEWEST`` draws need more; what bounds memory."""
_MULTIPLIERS = 40_000_000
_FEWEST = 1_000
_STREAM = 3
_GROUPS_AT_ONCE = 4_096
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

    Returns:
        Shape (n,). With fewer than two groups of entries nothing can be separated.

    Reference:
        Step-down: Romano and Wolf 2005, doi 10.1198/016214504000000539; normal multipliers for
        the maximum: Chernozhukov, Chetverikov and Kato 2013, doi 10.1214/13-AOS1161; the set of
        models that cannot be told from the best: Hansen, Lunde and Nason 2011,
        doi 10.3982/ECTA5771; Student's t for all comparisons together: Hothorn, Bretz and
        Westfall 2008, doi 10.1002/bimj.200810425
    """
    order = np.argsort(standings.values, kind="stable")
    if not standings.df > 0:
        return np.ones(len(order), dtype=np.int64)
    ranked = standings.without_samples().take(order)
    noise, scale = _draws_when_equal(ranked, standings.seed_noise, order, resamples)
    numbers = np.zeros(len(order), dtype=np.int64)
    number = 0
    while (numbers == 0).any():
        number += 1
        rest = np.flatnonzero(numbers == 0)
        tied = _tied_with_first(ranked.take(rest), noise[rest], scale[rest], confidence)
        numbers[rest[tied]] = number
    groups = np.empty_like(numbers)
    groups[order] = numbers
    return groups


def _draws_when_equal(
    standings: Standings, seed_noise: Array, order: Rows, resamples: Resamples
) -> tuple[Array, Array]:
    """Scores that submissions would get if all were equal, and errors in units of the true one.

    What each group adds to a score is multiplied by a normal draw, the same for all submissions,
    which keeps the correlation of submissions. Unlike resampled groups, these draws do not lose
    the tail where one group makes up most of a difference. The standard error of each comparison
    is uncertain too: among many, some are too small, and drawing one such luck for all of them
    would separate equal submissions of a large board far too often.

    Args:
        standings: The submissions, best first, so that no other order enters.
        seed_noise: What other seeds would add, rows in the order of the board.
        order: Rows of ``seed_noise`` of the submissions, best first.
        resamples: Names the randomness.

    Returns:
        Two arrays of shape (n, n_draws): scores, the mean over seeds of each submission varying
        on its own, and draws of √(χ²/df), which turn normal differences into Student's t.
    """
    n, n_groups = standings.jackknife.shape
    affordable = min(_SCORES // max(n, 1), _MULTIPLIERS // n_groups)
    n_draws = min(max(affordable, _FEWEST), seed_noise.shape[1])
    rng = np.random.default_rng([resamples.seed, _STREAM, n_groups])
    noise = np.zeros((n, n_draws))
    for begin in range(0, n_groups, _GROUPS_AT_ONCE):
        part = standings.jackknife[:, begin : begin + _GROUPS_AT_ONCE]
        noise += part @ rng.normal(size=(part.shape[1], n_draws))
    noise += seed_noise[order, :n_draws]
    scale: Array = np.sqrt(rng.chisquare(standings.df, size=(n, n_draws)) / standings.df)
    return noise, scale


def _tied_with_first(
    standings: Standings, noise: Array, scale: Array, confidence: float
) -> npt.NDArray[np.bool_]:
    """Which submissions cannot be told from the first, which is the best of them."""
    resolution = _ROUNDING * float(np.abs(standings.values).max())
    errors, freedom = standings.errors_to(0, range(len(standings.values)))
    statistic = _on_scale_of(
        standings.df,
        _studentised(standings.values - standings.values[0], errors, resolution),
        freedom,
    )
    tied = np.ones(len(statistic), dtype=bool)
    while tied.sum() > 1:
        rows = np.flatnonzero(tied)
        largest = _largest_differences(standings.take(rows), noise[rows], scale[rows], resolution)
        still = tied & ~(statistic > quantile(largest, confidence))
        if still.sum() == tied.sum():
            break
        tied = still
    return tied


def _largest_differences(
    standings: Standings, noise: Array, scale: Array, resolution: float
) -> Array:
    """Largest studentised difference to the leader in each draw, shape (n_draws,)."""
    differences = noise - noise.min(axis=0)
    names, places = np.unique(noise.argmin(axis=0), return_inverse=True)
    errors = _distances(standings.jackknife, standings.jackknife[names])
    if standings.seed_variances.any():
        seeds = standings.seed_variances
        errors = np.sqrt(errors**2 + seeds[:, None] + seeds[names])
    studentised = _studentised(differences, errors[:, places], resolution) / scale
    largest: Array = studentised.max(axis=0)
    return largest


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

    if (freedom == df).all():
        return t
    moved: Array = np.where(t > 0, -stdtrit(df, stdtr(freedom, -t)), 0.0)
    return moved


def _distances(rows: Array, others: Array) -> Array:
    from scipy.spatial.distance import cdist

    distances: Array = cdist(rows, others)
    return distances
