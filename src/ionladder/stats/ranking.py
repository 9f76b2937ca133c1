"""Paired differences, resamples, ranks and ties between submissions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ionladder.stats import intervals
from ionladder.stats.intervals import Array

# Group resamples: whole groups drawn with replacement, the same ones for every submission


_CELLS = 4_000_000
"""Counts held at a time: what bounds memory when there are many groups."""

_GROUPS, _SEEDS = 0, 1
"""Streams of randomness, so that seeds are drawn independently of groups."""


@dataclass(frozen=True, kw_only=True)
class Resamples:
    """One set of resamples, shared by all submissions of a board so that comparisons are paired.

    Attributes:
        n_resamples: How many.
        seed: Seed of the generator that draws them; the same seed gives the same resamples.
    """

    n_resamples: int
    seed: int

    def group_counts(self, n_groups: int) -> Iterator[tuple[slice, Array]]:
        """How often each group is drawn, a block of resamples at a time.

        Yields:
            The resamples of the block, and counts of shape (n_groups, block size), whose columns
            sum to ``n_groups``.

        Example:
            >>> blocks = Resamples(n_resamples=3, seed=0).group_counts(2)
            >>> [(block, counts.sum(axis=0).tolist()) for block, counts in blocks]
            [(slice(0, 3, None), [2.0, 2.0, 2.0])]
        """
        rng = np.random.default_rng([self.seed, _GROUPS, n_groups])
        step = max(_CELLS // n_groups, 1)
        for begin in range(0, self.n_resamples, step):
            block = slice(begin, min(begin + step, self.n_resamples))
            yield block, _counts(rng, n_groups, block.stop - block.start)

    def normal_draws(self, stream: int) -> Array:
        """Standard normal draws, one per resample, independent between streams.

        Args:
            stream: Any whole number of at most 64 bits, not negative.
        """
        rng = np.random.default_rng([self.seed, _SEEDS, stream])
        return rng.normal(size=self.n_resamples)


def _counts(rng: np.random.Generator, n: int, n_resamples: int) -> Array:
    """Draw n of n with replacement, n_resamples times; shape (n, n_resamples)."""
    drawn = rng.integers(n, size=(n_resamples, n))
    drawn += np.arange(n_resamples)[:, None] * n
    counts = np.bincount(drawn.ravel(), minlength=n * n_resamples)
    return np.ascontiguousarray(counts.reshape(n_resamples, n).T, dtype=np.float64)


def quantile(samples: Array, share: float) -> Array:
    """The value below which a share of the samples lies, along the last axis.

    Interpolates linearly between order statistics (type 7 of Hyndman and Fan 1996,
    doi 10.1080/00031305.1996.10473566). A full sort is several times as fast here as the
    partition inside ``numpy.quantile``.

    Args:
        samples: Shape (..., n_samples), no NaN.
        share: Between 0 and 1.

    Example:
        >>> float(quantile(np.arange(101.0), 0.25))
        25.0
    """
    ordered = np.sort(samples, axis=-1)
    last = ordered.shape[-1] - 1
    position = share * last
    below = min(int(position), max(last - 1, 0))
    above = min(below + 1, last)
    between: Array = ordered[..., below] + (position - below) * (
        ordered[..., above] - ordered[..., below]
    )
    return between


# Scores of many submissions made ready to be compared: paired variances, shared resamples


_SHARED = 1.0 / 3.0
"""Part of the variance of a difference of two submissions that entries of a group share, in the
working model behind its degrees of freedom. Chosen by ``benchmarks/separation.py``: tie groups
take standard errors of a board as independent, and would separate too seldom with less."""


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """One score as sums over groups: enough to resample it and to pair it with another.

    Attributes:
        sums: Per-entry errors, averaged over seeds and summed within groups, shape
            (n_targets, n_groups). The score is the mean over targets of the mean over entries.
        sizes: Entries in each group that count, same shape.
        per_seed: The score of each seed, shape (n_seeds,).
    """

    sums: Array
    sizes: Array
    per_seed: Array

    @property
    def left_out(self) -> Array:
        """The score with each group left out, shape (n_groups,)."""
        means: Array = intervals.left_out_means(self.sums, self.sizes).mean(axis=0)
        return means

    @property
    def seed_df(self) -> float:
        """Degrees of freedom of the variance over seeds; 0 with one seed."""
        return len(self.per_seed) - 1.0

    @property
    def seed_variance(self) -> float:
        """Variance of the mean over seeds, s²/k for k seeds; 0 with one seed, unknown as it is."""
        k = len(self.per_seed)
        return float(self.per_seed.var(ddof=1)) / k if k > 1 else 0.0


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Scores of one board, smaller being better.

    Attributes:
        values: Score of each submission, shape (n,).
        left_out: The same with each group left out, shape (n, n_groups).
        jackknife: Rows whose distance is the standard error of a paired difference that comes
            from groups, shape (n, n_groups).
        seed_variances: Variance that the choice of seeds gives each score, shape (n,).
        seed_dfs: Degrees of freedom of these variances, shape (n,).
        seed_noise: What other seeds would add to each score, shape (n, n_resamples); zero where
            there is one seed.
        samples: Scores under the shared resamples, seeds included, shape (n, n_resamples).
        df: Degrees of freedom that groups leave to a comparison.
    """

    values: Array
    left_out: Array
    jackknife: Array
    seed_variances: Array
    seed_dfs: Array
    seed_noise: Array
    samples: Array
    df: float

    def take(self, rows: npt.NDArray[np.int64]) -> Standings:
        """Some of the submissions, in the order given."""
        return Standings(
            values=self.values[rows],
            left_out=self.left_out[rows],
            jackknife=self.jackknife[rows],
            seed_variances=self.seed_variances[rows],
            seed_dfs=self.seed_dfs[rows],
            seed_noise=self.seed_noise[rows],
            samples=self.samples[rows],
            df=self.df,
        )

    def without_samples(self) -> Standings:
        """The same without samples and noise, which are large, where only errors are needed."""
        return replace(self, samples=self.samples[:, :0], seed_noise=self.seed_noise[:, :0])

    def errors_to(self, row: int, others: Sequence[int]) -> tuple[Array, Array]:
        """Standard errors of differences to one submission, and their degrees of freedom.

        Both submissions see the same groups, whose part is paired. Seeds of one are drawn
        independently of those of the other, so their variances add.

        Args:
            row: The submission.
            others: Those it is compared with.

        Returns:
            Two arrays of the length of ``others``.
        """
        rows = np.asarray(others, dtype=np.int64)
        from_groups = np.square(self.jackknife[rows] - self.jackknife[row]).sum(axis=1)
        own, other = self.seed_variances[row], self.seed_variances[rows]
        if not (own or other.any()):
            return np.sqrt(from_groups), np.full(len(rows), self.df)
        freedom = intervals.combined_freedom(
            [(from_groups, self.df), (own, self.seed_dfs[row]), (other, self.seed_dfs[rows])]
        )
        return np.sqrt(from_groups + own + other), freedom


def make_standings(scores: Sequence[GroupScore], resamples: Resamples) -> Standings:
    """Put scores of the same entries side by side.

    Args:
        scores: One per submission, all over the same groups and targets.
        resamples: The shared resamples. Groups are drawn with replacement. The mean over seeds
            of a submission that has several is drawn from a normal distribution with its
            standard error, on its own; submissions with the same seed scores share the draws, so
            that a copy of a submission never differs from it.
    """
    if not scores:
        nothing = np.empty((0, 0))
        return Standings(
            values=np.empty(0),
            left_out=nothing,
            jackknife=nothing,
            seed_variances=np.empty(0),
            seed_dfs=np.empty(0),
            seed_noise=np.empty((0, resamples.n_resamples)),
            samples=np.empty((0, resamples.n_resamples)),
            df=np.nan,
        )
    sums = np.stack([score.sums for score in scores])
    sizes = scores[0].sizes
    n_groups = sizes.shape[1]
    values = (sums.sum(axis=2) / sizes.sum(axis=1)).mean(axis=1)
    left_out = intervals.left_out_means(sums, sizes)
    shifts = left_out - (sums.sum(axis=2) / sizes.sum(axis=1))[:, :, None]
    seed_noise = _seed_noise(scores, resamples)
    return Standings(
        values=values,
        left_out=left_out.mean(axis=1),
        jackknife=np.sqrt((n_groups - 1.0) / n_groups) * shifts.mean(axis=1),
        seed_variances=np.array([score.seed_variance for score in scores]),
        seed_dfs=np.array([score.seed_df for score in scores]),
        seed_noise=seed_noise,
        samples=_group_samples(sums, sizes, values, resamples) + seed_noise,
        df=intervals.degrees_of_freedom(sizes.mean(axis=0), shared=_SHARED),
    )


def _group_samples(sums: Array, sizes: Array, values: Array, resamples: Resamples) -> Array:
    """Scores under every resample of groups, shape (n, n_resamples)."""
    # A matrix product may round equal rows differently, so each of them is computed once.
    flat, first, places = np.unique(
        sums.reshape(len(sums), -1), axis=0, return_index=True, return_inverse=True
    )
    distinct, means = flat.reshape(-1, *sums.shape[1:]), values[first]
    samples = np.empty((len(distinct), resamples.n_resamples))
    for block, counts in resamples.group_counts(sizes.shape[1]):
        drawn = sizes @ counts
        # A resample without a single labelled entry of some target says nothing about it.
        empty = (drawn == 0).any(axis=0)
        drawn[:, empty] = 1.0
        totals = [distinct[:, target] @ (counts / drawn[target]) for target in range(len(sizes))]
        samples[:, block] = np.mean(totals, axis=0)
        samples[:, block][:, empty] = means[:, None]
    return samples[places.ravel()]


def _seed_noise(scores: Sequence[GroupScore], resamples: Resamples) -> Array:
    """Normal draws with the standard error of each mean over seeds, shape (n, n_resamples)."""
    noise = np.zeros((len(scores), resamples.n_resamples))
    for row, score in enumerate(scores):
        if score.seed_variance > 0:
            noise[row] = np.sqrt(score.seed_variance) * resamples.normal_draws(
                _stream(score.per_seed)
            )
    return noise


def _stream(per_seed: Array) -> int:
    """Name of the draws of a submission: its seed scores, so that no order of rows enters."""
    text = " ".join(f"{score:.9f}" for score in np.sort(per_seed))
    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16)


# Paired differences: how much better one submission is than another on the same entries


@dataclass(frozen=True, kw_only=True)
class PairedDifferences:
    """One submission against several.

    Attributes:
        difference: Its score minus theirs, shape (n,).
        ci_low: Lower end of the interval of the difference, shape (n,).
        ci_high: Upper end.
        probability_smaller: Share of the shared resamples in which its score is the smaller one,
            equal scores counting half, shape (n,).
    """

    difference: Array
    ci_low: Array
    ci_high: Array
    probability_smaller: Array


def paired_differences(
    standings: Standings, row: int, others: list[int], *, confidence: float
) -> PairedDifferences:
    """Compare one submission with others.

    The interval is that of a jackknife over groups with Student's t, and holds for the one pair;
    tie groups allow for all comparisons of a board together.

    Args:
        standings: The submissions.
        row: The one compared.
        others: Those it is compared with.
        confidence: Level of the intervals.
    """
    difference = standings.values[row] - standings.values[others]
    errors, freedom = standings.errors_to(row, others)
    half = intervals.student_t(freedom, confidence) * errors
    gap = standings.samples[others] - standings.samples[row]
    return PairedDifferences(
        difference=difference,
        ci_low=difference - half,
        ci_high=difference + half,
        probability_smaller=((gap > 0).mean(axis=1) + 0.5 * (gap == 0).mean(axis=1)),
    )


# Tie groups: who cannot be told from the leader, with all comparisons of a board allowed for


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
    return np.where(differences <= resolution, 0.0, ratio)


def _on_scale_of(df: float, t: Array, freedom: Array) -> Array:
    """The t with ``df`` degrees of freedom that is as improbable as each t with its own.

    Few seeds leave few degrees of freedom to the comparisons of one submission; the others of
    the board are not to pay for it.
    """
    from scipy.special import stdtr, stdtrit

    if (freedom == df).all():
        return t
    return np.where(t > 0, -stdtrit(df, stdtr(freedom, -t)), 0.0)


def _distances(rows: Array, others: Array) -> Array:
    from scipy.spatial.distance import cdist

    distances: Array = cdist(rows, others)
    return distances


# Ranks that admit doubt: rank ranges and the probability of being best, from shared resamples


_RANKS_CELLS = 1_000_000
"""Scores ranked at a time, which bounds the memory of a board with many submissions."""


@dataclass(frozen=True, kw_only=True)
class RankRow:
    """Where one submission stands.

    Attributes:
        rank: 1 for the best score; equal scores share the smaller rank.
        rank_low: Best rank in the central ``confidence`` share of the resamples.
        rank_high: Worst such rank.
        tie_group: 1 for the leader and all that cannot be told from it, and so on.
        probability_best: Share of the resamples in which it has the best score; those that share
            it share the resample.
    """

    rank: int
    rank_low: int
    rank_high: int
    tie_group: int
    probability_best: float


def rank_rows(standings: Standings, *, resamples: Resamples, confidence: float) -> list[RankRow]:
    """Rank scores for which smaller is better.

    Args:
        standings: The submissions.
        resamples: The resamples that ``standings`` rests on.
        confidence: Level of the rank ranges and of the comparisons that make tie groups.

    Returns:
        One row per submission, in the order given.
    """
    if not len(standings.values):
        return []
    low, high, best = _resampled_ranks(standings.samples, (1.0 - confidence) / 2.0)
    groups = tie_groups(standings, resamples=resamples, confidence=confidence)
    ordered = np.sort(standings.values)
    ranks = 1 + np.searchsorted(ordered, standings.values, side="left")
    return [
        RankRow(
            rank=int(ranks[row]),
            rank_low=int(low[row]),
            rank_high=int(high[row]),
            tie_group=int(groups[row]),
            probability_best=float(best[row]),
        )
        for row in range(len(ranks))
    ]


def _resampled_ranks(
    samples: Array, tail: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    """Ranks that the central resamples stay within, observed ones, and how often each is best."""
    n_submissions, n_resamples = samples.shape
    ranks = np.empty((n_submissions, n_resamples), dtype=np.int32)
    best = np.zeros(n_submissions)
    step = max(_RANKS_CELLS // n_submissions, 1)
    for begin in range(0, n_resamples, step):
        block = slice(begin, begin + step)
        ranks[:, block] = _ranks(np.ascontiguousarray(samples[:, block].T)).T
        is_best = ranks[:, block] == 1
        best += (is_best / is_best.sum(axis=0)).sum(axis=1)
    ranks.sort(axis=1)
    # Rounded, since 2.5 % of 1,000 is 25 and not the 26 that the next float above 0.025 gives.
    low = max(math.ceil(round(tail * n_resamples, 6)), 1) - 1
    high = max(math.ceil(round((1.0 - tail) * n_resamples, 6)), 1) - 1
    return (ranks[:, low].astype(np.int64), ranks[:, high].astype(np.int64), best / n_resamples)


def _ranks(values: Array) -> npt.NDArray[np.int32]:
    """Rank along the last axis: 1 + how many are smaller, so that equal values share a rank."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    starts = np.zeros(values.shape, dtype=np.int32)
    positions = np.arange(1, values.shape[1], dtype=np.int32)
    starts[:, 1:] = np.where(ordered[:, 1:] > ordered[:, :-1], positions, 0)
    ranks = np.empty_like(starts)
    np.put_along_axis(ranks, order, 1 + np.maximum.accumulate(starts, axis=1), axis=1)
    return ranks
