"""Verdicts between submissions: sign flips over groups, and what a board reads from them.

Of two submissions one errs less. Were they alike, each group of related entries could as well have
favoured the other: the p-value of a pair is the share of sign patterns of the group differences
whose sum is at least as far from zero as the observed one (Fisher 1935, The Design of Experiments,
section 21). What other seeds would give enters every pattern. All pairs of a board are judged
together: p is multiplied by their number (Bonferroni). Rank ranges, groups and words are read from
this one table, so that they cannot contradict one another.

Nothing that a submission does to its own predictions or seeds for the worse improves its verdicts:

- p against a better submission falls when any group difference grows. A test that divides by a
  standard error (Student's t) does not have this property: one wild group would hide a model.
- The seed variance of the submission that seems worse is pooled over the *others* of the board;
  that of the one that seems better is its own. Its own disagreement never shields a submission.
- Steps such as Holm's would let a submission gain when a verdict between others is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.stats import intervals
from ionladder.stats.intervals import Array

Rows = npt.NDArray[np.int64]

#: Submissions up to which sign patterns are drawn; beyond it, tails are approximated.
MOST_DRAWN = 50
#: Draws for each pair of a family, so that p of 0.05 / pairs is a share of 25 of them.
_PER_PAIR = 1_000
#: Groups beyond this number are joined to so many blocks, which keep or change sign together.
_MOST_BLOCKS = 512
_AT_ONCE = 16_384
_CELLS = 1_000_000
_PAIRS_AT_ONCE, _SCREENED_AT_ONCE = 1_000, 1_000
_MANY_PAIRS = 100
#: Streams of randomness.
_RESAMPLED, _SIGNS, _POWER = 0, 4, 5
#: Sums below this share of the scores are rounding, not evidence.
_ROUNDING = 1e-12
_NEWTON = 40


@dataclass(frozen=True, kw_only=True)
class Resamples:
    """The randomness that all submissions of a board share, so that comparisons are paired.

    Attributes:
        n_resamples: How many group resamples, and how many sign patterns at least.
        seed: Seed of the generators; the same seed gives the same draws.
    """

    n_resamples: int
    seed: int

    def group_counts(self, n_groups: int, n_scores: int) -> Iterator[Array]:
        """How often each group is drawn, a block of resamples at a time.

        Args:
            n_groups: Groups to draw from, as many draws.
            n_scores: Scores that are computed from a draw, which bounds the size of blocks.

        Yields:
            Counts of shape (n_groups, block size), whose columns sum to ``n_groups``.

        Example:
            >>> blocks = Resamples(n_resamples=3, seed=0).group_counts(2, 1)
            >>> [counts.sum(axis=0).tolist() for counts in blocks]
            [[2.0, 2.0, 2.0]]
        """
        rng = np.random.default_rng([self.seed, _RESAMPLED, n_groups])
        for size in _block_sizes(self.n_resamples, max(_CELLS // max(n_groups, n_scores), 1)):
            drawn = rng.integers(n_groups, size=(size, n_groups))
            drawn += np.arange(size)[:, None] * n_groups
            counts = np.bincount(drawn.ravel(), minlength=n_groups * size)
            yield np.ascontiguousarray(counts.reshape(size, n_groups).T, dtype=np.float64)

    def sign_patterns(self, n_groups: int, n_draws: int) -> Iterator[tuple[Array, Array]]:
        """Which groups change sign, and a standard normal draw for the seeds, a block at a time.

        All patterns, equally often, where there are no more of them than draws; else the pattern
        that changes nothing, with a normal draw of 0, and random ones: p of the observed order
        is then never 0, and the test never separates equals too often.

        Yields:
            0 or 1 of shape (n_groups, block size), and normal draws of shape (block size,).

        Example:
            >>> ((signs, normal),) = Resamples(n_resamples=4, seed=0).sign_patterns(2, 4)
            >>> signs.T.tolist()
            [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
        """
        rng = np.random.default_rng([self.seed, _SIGNS, n_groups])
        n_patterns = 2**n_groups if n_groups < 40 else np.inf
        begin = 0
        if n_patterns <= n_draws:
            n_draws = int(n_draws // n_patterns * n_patterns)
        for size in _block_sizes(n_draws, _AT_ONCE):
            bits: npt.NDArray[np.integer[Any]]
            if n_patterns <= n_draws:
                numbers = np.arange(begin, begin + size) % int(n_patterns)
                bits = (numbers >> np.arange(n_groups)[:, None]) & 1
            else:
                drawn = np.frombuffer(rng.bytes(_AT_ONCE // 8 * n_groups), dtype=np.uint8)
                bits = np.unpackbits(drawn).reshape(n_groups, _AT_ONCE)[:, :size]
            signs, normal = bits.astype(np.float64), rng.normal(size=_AT_ONCE)[:size]
            if begin == 0:
                signs[:, 0], normal[0] = 0.0, 0.0
            begin += size
            yield signs, normal


def _block_sizes(total: int, step: int) -> Iterator[int]:
    return (min(step, total - begin) for begin in range(0, total, step))


# Scores of many submissions side by side


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """One score as sums over groups: enough to pair it with another.

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
    def seed_variance(self) -> float:
        """Variance of the mean over seeds, s²/k for k seeds; 0 with one seed, unknown as it is."""
        k = len(self.per_seed)
        return float(self.per_seed.var(ddof=1)) / k if k > 1 else 0.0


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Scores of one board, smaller being better.

    Attributes:
        sums: Errors summed within groups, shape (n, n_targets, n_groups).
        sizes: Entries in each group, shape (n_targets, n_groups).
        seed_variances: Variance of each score from its own seeds, s²/k for k seeds, shape (n,);
            0 with one seed, unknown as it is.
        pooled_variances: The same with the mean s² of the others of the board, shape (n,); 0 with
            one seed.
        resamples: The shared randomness.
    """

    sums: Array
    sizes: Array
    seed_variances: Array
    pooled_variances: Array
    resamples: Resamples

    @property
    def parts(self) -> Array:
        """What each group adds to each score, shape (n, n_groups)."""
        parts: Array = (self.sums / self.sizes.sum(axis=1)[:, None]).mean(axis=1)
        return parts

    @property
    def weights(self) -> Array:
        """Share of each group in a score, shape (n_groups,); sums to 1."""
        weights: Array = (self.sizes / self.sizes.sum(axis=1)[:, None]).mean(axis=0)
        return weights

    @property
    def values(self) -> Array:
        """Score of each submission, shape (n,)."""
        values: Array = (self.sums.sum(axis=2) / self.sizes.sum(axis=1)).mean(axis=1)
        return values

    @property
    def left_out(self) -> Array:
        """Scores with each group left out, shape (n, n_groups)."""
        means: Array = intervals.left_out_means(self.sums, self.sizes).mean(axis=1)
        return means

    def seed_errors(self, worse: Rows, better: Rows) -> Array:
        """Standard errors of differences from seeds, by the rule in the head of this module."""
        errors: Array = np.sqrt(self.pooled_variances[worse] + self.seed_variances[better])
        return errors


def make_standings(scores: Sequence[GroupScore], resamples: Resamples) -> Standings:
    """Put scores of the same entries side by side.

    Args:
        scores: One per submission, all over the same groups and targets.
        resamples: The shared randomness.
    """
    n = len(scores)
    counts = np.array([len(score.per_seed) for score in scores])
    own, several = np.array([score.seed_variance for score in scores]), counts > 1
    spread = own * counts
    # Sums before and after each: no difference of sums, which a wild submission would blur.
    before, after = np.cumsum(spread), np.cumsum(spread[::-1])[::-1]
    of_others = np.append(0.0, before[:-1])[:n] + np.append(after[1:], 0.0)[:n]
    pooled = np.where(several, of_others / max(several.sum() - 1, 1), 0.0)
    return Standings(
        sums=np.stack([score.sums for score in scores]) if n else np.empty((0, 1, 0)),
        sizes=scores[0].sizes if n else np.empty((1, 0)),
        seed_variances=own,
        pooled_variances=pooled / np.maximum(counts, 1),
        resamples=resamples,
    )


def _blocks(values: Array) -> Array:
    """Groups as they change sign: joined to ``_MOST_BLOCKS`` where there are more."""
    n_groups = values.shape[-1]
    if n_groups <= _MOST_BLOCKS:
        return values
    width = [(0, 0)] * (values.ndim - 1) + [(0, -n_groups % _MOST_BLOCKS)]
    joined: Array = np.pad(values, width).reshape(*values.shape[:-1], -1, _MOST_BLOCKS).sum(axis=-2)
    return joined


# The verdicts of a board


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Every verdict of a board.

    Attributes:
        p: Adjusted p-values of pairs, symmetric, shape (n, n); NaN where nothing is judged: two
            references, a submission and itself.
        better: Whether the row is significantly better than the column, shape (n, n).
        n_pairs: Pairs of ranked submissions, which p is multiplied by.
    """

    p: Array
    better: npt.NDArray[np.bool_]
    n_pairs: int


def judge(standings: Standings, ranked: npt.NDArray[np.bool_], *, confidence: float) -> Verdicts:
    """Judge all pairs of ranked submissions, and, as a family of their own, those with references.

    Args:
        standings: Submissions and references.
        ranked: Which of them are ranked, shape (n,).
        confidence: If all submissions are alike, none is separated from any with this probability.

    Example:
        Six groups, all of which favour the first: two of 64 sign patterns go so far.

        >>> sizes = np.ones((1, 6))
        >>> scores = [
        ...     GroupScore(sums=error * sizes, sizes=sizes, per_seed=np.array([error]))
        ...     for error in (1.0, 2.0)
        ... ]
        >>> made = make_standings(scores, Resamples(n_resamples=100, seed=0))
        >>> float(judge(made, np.ones(2, dtype=bool), confidence=0.95).p[0, 1])
        0.03125
    """
    values = standings.values
    rows, others = np.flatnonzero(ranked), np.flatnonzero(~ranked)
    own = np.triu_indices(len(rows), 1)
    families = [
        (rows[own[0]], rows[own[1]], len(rows)),
        (np.repeat(rows, len(others)), np.tile(others, len(rows)), len(rows) + len(others)),
    ]
    p = np.full((len(values), len(values)), np.nan)
    for one, other, size in families:
        if len(one):
            is_worse = values[one] > values[other]
            worse, better = np.where(is_worse, one, other), np.where(is_worse, other, one)
            n_draws = _PER_PAIR * len(one) if size <= MOST_DRAWN else 0
            single = p_values(standings, worse, better, n_draws=n_draws)
            p[one, other] = p[other, one] = np.minimum(single * len(one), 1.0)
    is_better = (values[:, None] < values) & (p <= 1.0 - confidence + _ROUNDING)
    return Verdicts(p=p, better=is_better, n_pairs=len(families[0][0]))


def p_values(standings: Standings, worse: Rows, better: Rows, *, n_draws: int) -> Array:
    """Two-sided p of each pair for itself, shape (n_pairs,).

    Of many pairs, one whose p times their number is 1 or more may have a p of 1.

    Args:
        standings: The submissions.
        worse: Those with the larger scores, shape (n_pairs,).
        better: Those that they are compared with.
        n_draws: Patterns of signs to draw, the number of resamples at least; 0 for the
            approximation of the tail.
    """
    parts = _blocks(standings.parts[:, (standings.weights > 0)])
    errors = standings.seed_errors(worse, better)
    if n_draws:
        shares = _drawn_shares(standings, parts, worse, better, errors, n_draws)
    else:
        shares, is_many = np.full(len(worse), 0.5), len(worse) >= _MANY_PAIRS
        # Within one standard deviation no tail is below a tenth, so that p of many pairs is 1.
        beyond = 1.0 if is_many else -np.inf
        left = _undecided(parts, worse, better, errors) if is_many else np.arange(len(worse))
        for begin in range(0, len(left), _PAIRS_AT_ONCE):
            at = left[begin : begin + _PAIRS_AT_ONCE]
            shares[at] = _tails(parts[worse[at]] - parts[better[at]], errors[at], beyond)
    return np.minimum(2.0 * shares, 1.0)


def _undecided(parts: Array, worse: Rows, better: Rows, errors: Array) -> Rows:
    """Pairs whose p, times their number, is not surely 1: those of which a tail is computed.

    The cumulant function is convex: at a place to the right of the saddlepoint, its value and slope
    bound the approximation of the tail from below. Single precision will do for a factor of two.
    """
    single, n, found = (parts - parts.mean(axis=0)).astype(np.float32), len(worse), []
    erfcx = intervals.special().erfcx
    for begin in range(0, n, _SCREENED_AT_ONCE):
        at = slice(begin, begin + _SCREENED_AT_ONCE)
        away = single[worse[at]] - single[better[at]]
        scale = np.sqrt(np.einsum("ij,ij->i", away, away) + errors[at] ** 2)
        scale = np.where(scale > 0, scale, 1.0)
        s2, sums = (errors[at] / scale) ** 2, away.sum(axis=1) / scale
        t = 3.0 * np.maximum(sums, 0.0) + 1.0
        away = np.abs(away, out=away) * (t / scale).astype(np.float32)[:, None]
        grown = 1.0 + np.exp(-2.0 * away)  # from 1 to 2
        slope = np.einsum("ij,ij->i", away, (2.0 - grown) / grown) / t + s2 * t - sums
        grown = away.sum(axis=1) + np.log(grown * 0.5).sum(axis=1) + s2 * t**2 / 2.0
        least = grown - t * sums - slope * (t - sums)
        is_one = (slope >= 0) & (n * np.exp(least) * erfcx(t / np.sqrt(2.0)) > 2.0)
        found.append(begin + np.flatnonzero(~is_one))
    return np.concatenate(found)


def _drawn_shares(
    standings: Standings, parts: Array, worse: Rows, better: Rows, errors: Array, n_draws: int
) -> Array:
    """Share of sign patterns in which the worse one is as much worse as it is, or more.

    The sum changes by twice that of the groups that change sign, so it is as large as observed
    where these groups, without the others, do not favour the better one.
    """
    n_draws = max(standings.resamples.n_resamples, n_draws)
    slack = _ROUNDING * float(np.abs(standings.values).max())
    reached, total = np.zeros(len(worse), dtype=np.int64), 0
    places = [(row, np.flatnonzero(worse == row)) for row in np.unique(worse)]
    for signs, normal in standings.resamples.sign_patterns(parts.shape[1], n_draws):
        sums, total = parts @ signs, total + len(normal)
        for row, pairs in places:
            limit = slack + sums[better[pairs]]
            if errors[pairs].any():
                limit += errors[pairs, None] / 2.0 * normal
            reached[pairs] += np.count_nonzero(sums[row] <= limit, axis=1)
    return reached / total


def _tails(differences: Array, errors: Array, beyond: float = -np.inf) -> Array:
    """Probability that a sum of differences of random signs, and noise, reaches that observed.

    Args:
        differences: Of the groups, shape (n_pairs, n_groups); their sums are not negative.
        errors: Standard errors from seeds, shape (n_pairs,).
        beyond: Standard deviations from which on a sum's tail is computed.

    Returns:
        Shape (n_pairs,): the saddlepoint approximation, mostly within a fifth of the exact tail;
        a half for sums that are not ``beyond`` so many standard deviations.

    Reference:
        Robinson 1982, J. R. Statist. Soc. B 44, 91 (sign-flip tests); Daniels 1954,
        doi 10.1214/aoms/1177728652
    """
    erfcx = intervals.special().erfcx
    scale = np.sqrt(np.einsum("ij,ij->i", differences, differences) + errors**2)
    scale = np.where(scale > 0, scale, 1.0)
    x, s2 = differences / scale[:, None], (errors / scale) ** 2
    sums = differences.sum(axis=1) / scale
    shares: Array = np.full(len(sums), 0.5)
    far = np.flatnonzero(sums > beyond)
    x, s2, sums = x[far], s2[far], sums[far]
    # The derivative of the cumulant function is concave, so Newton's steps from the left of the
    # solution never pass it; where every group favours one side they grow without end. The
    # exponent is stationary there, so what is left to go changes it by its square only.
    t, slope, active = np.maximum(sums, 0.0), np.ones(len(x)), np.arange(len(x))
    for _ in range(_NEWTON):
        tanh = np.tanh(t[active, None] * x[active])
        rest = sums[active] - np.einsum("ij,ij->i", x[active], tanh) - s2[active] * t[active]
        tanh *= x[active]
        slope[active] = np.maximum(1.0 - np.einsum("ij,ij->i", tanh, tanh), 1e-12)
        is_far = rest**2 > 1e-4 * slope[active]
        active, rest = active[is_far], rest[is_far]
        if not len(active):
            break
        t[active] += rest / slope[active]
    away = np.abs(t[:, None] * x)
    grown = (away + np.log1p(np.exp(-2.0 * away)) - np.log(2.0)).sum(axis=1) + s2 * t**2 / 2.0
    shares[far] = np.exp(grown - t * sums) * 0.5 * erfcx(t * np.sqrt(slope / 2.0))
    return shares


# One pair for itself


@dataclass(frozen=True, kw_only=True)
class PairedDifferences:
    """One submission against several, each pair for itself.

    Attributes:
        difference: Its score minus theirs, shape (n,).
        ci_low: Lower end of the interval of the difference, shape (n,); −∞ with too few groups.
        ci_high: Upper end.
        p: Two-sided p-value; at most 1 − confidence where the interval does not hold 0.
    """

    difference: Array
    ci_low: Array
    ci_high: Array
    p: Array


def paired_differences(
    standings: Standings, row: int, others: Sequence[int], *, confidence: float
) -> PairedDifferences:
    """Compare one submission with others.

    The interval holds the differences that the sign-flip test does not reject: the central ones
    of the differences on random halves of the groups.

    Args:
        standings: The submissions.
        row: The one compared.
        others: Those it is compared with.
        confidence: Level of the intervals, for one pair alone.

    Reference:
        Hartigan 1969, doi 10.1080/01621459.1969.10501057
    """
    rest = np.asarray(others, dtype=np.int64)
    values, present = standings.values, standings.weights > 0
    parts, weights = _blocks(standings.parts[:, present]), _blocks(standings.weights[present])
    is_worse = values[row] > values[rest]
    worse, better = np.where(is_worse, row, rest), np.where(is_worse, rest, row)
    errors, sign = standings.seed_errors(worse, better), np.where(is_worse, 1.0, -1.0)
    found, empty = [], []
    n_draws = standings.resamples.n_resamples
    for signs, normal in standings.resamples.sign_patterns(len(weights), n_draws):
        halves = (parts[row] - parts[rest]) @ signs - (sign * errors / 2.0)[:, None] * normal
        share = weights @ signs
        empty.append(share == 0)
        found.append(halves / np.where(share == 0, 1.0, share))
    at, samples = np.concatenate(empty), np.concatenate(found, axis=1)
    place = int((1.0 - confidence) / 2.0 * len(at) + _ROUNDING)
    samples[:, at] = -np.inf
    low = np.partition(samples, place, axis=1)[:, place]
    reached = np.count_nonzero(samples <= 0, axis=1)
    samples[:, at] = np.inf
    high = -np.partition(-samples, place, axis=1)[:, place]
    reached = np.where(is_worse, reached, np.count_nonzero(samples >= 0, axis=1))
    p = np.minimum(2.0 * reached / len(at), 1.0)
    return PairedDifferences(difference=values[row] - values[rest], ci_low=low, ci_high=high, p=p)


# What a board reads from the verdicts


@dataclass(frozen=True, kw_only=True)
class RankRow:
    """Where one submission is on its board.

    Attributes:
        rank: 1 for the best score; equal scores share the smaller rank.
        rank_low: 1 + the number of submissions that are significantly better.
        rank_high: The number of ranked submissions − those that are significantly worse.
        tie_group: 1 where none is significantly better: the top group. Else 1 + the largest group
            of those that are, so that no two of one group are separated.
        probability_best: Share of the resamples of groups in which it has the best score of the
            top group, ties shared; None below the top group.
    """

    rank: int
    rank_low: int
    rank_high: int
    tie_group: int
    probability_best: float | None


def rank_rows(standings: Standings, verdicts: Verdicts, rows: Rows) -> list[RankRow]:
    """Read ranks from verdicts.

    Args:
        standings: The submissions.
        verdicts: Their verdicts.
        rows: Those that are ranked.

    Returns:
        One row per ranked submission, in the order of ``rows``.
    """
    values, better = standings.values[rows], verdicts.better[np.ix_(rows, rows)]
    groups = np.ones(len(rows), dtype=np.int64)
    for row in np.argsort(values, kind="stable"):
        groups[row] += groups[better[:, row]].max(initial=0)
    top = rows[groups == 1]
    shares = dict(zip(top.tolist(), _shares_best(standings, top), strict=True))
    ranks = 1 + np.searchsorted(np.sort(values), values, side="left")
    return [
        RankRow(
            rank=int(ranks[at]),
            rank_low=1 + int(better[:, at].sum()),
            rank_high=len(rows) - int(better[at].sum()),
            tie_group=int(groups[at]),
            probability_best=shares.get(int(row)),
        )
        for at, row in enumerate(rows)
    ]


def _shares_best(standings: Standings, rows: Rows) -> list[float]:
    """How often each of some submissions has the best score when groups are drawn again."""
    if len(rows) < 2:
        return [1.0] * len(rows)
    sizes, best, total = standings.sizes, np.zeros(len(rows)), 0
    # A matrix product may round equal rows differently, so each of them is computed once.
    sums = standings.sums[rows]
    flat, places = np.unique(sums.reshape(len(rows), -1), axis=0, return_inverse=True)
    by_target = flat.reshape(-1, *sums.shape[1:]).transpose(1, 0, 2)
    rng = np.random.default_rng([standings.resamples.seed, _POWER])
    errors = np.sqrt(standings.seed_variances[rows])[:, None]
    for counts in standings.resamples.group_counts(sizes.shape[1], len(rows)):
        drawn = sizes @ counts
        kept = (drawn > 0).all(axis=0)
        scores = sum(d @ counts[:, kept] / n[kept] for d, n in zip(by_target, drawn, strict=True))
        scores = scores[places.ravel()] / len(sizes)
        if errors.any():
            scores = scores + errors * rng.normal(size=scores.shape)
        is_best = scores == scores.min(axis=0)
        best += (is_best / is_best.sum(axis=0)).sum(axis=1)
        total += scores.shape[1]
    return [float(share) for share in best / total]


# What a board could tell apart


POWER = 0.8
_TYPICAL_PAIRS, _TEST_SETS, _HALVINGS = 3, 300, 14


def smallest_detectable(standings: Standings, rows: Rows, *, confidence: float) -> float:
    """The difference that would be separated on ``POWER`` of test sets like this one.

    Args:
        standings: The submissions.
        rows: Those that are ranked.
        confidence: Of the verdicts, for all pairs together.

    Returns:
        In the unit of the scores, for pairs whose group differences scatter as those of the median
        pair: groups are drawn with replacement, the pair set so far apart, and judged. NaN with
        fewer than two submissions; infinite where no difference would do, with so few groups.
    """
    one, other = np.triu_indices(len(rows), 1)
    if not len(one):
        return float("nan")
    present = standings.weights > 0
    weights = _blocks(standings.weights[present])
    centred = _blocks(standings.parts[:, present])[rows]
    centred = centred - centred.sum(axis=1, keepdims=True) * weights
    seeds, gram = standings.seed_variances[rows], centred @ centred.T
    spread = np.diag(gram)[one] + np.diag(gram)[other] - 2.0 * gram[one, other]
    order = np.argsort(spread + seeds[one] + seeds[other], kind="stable")
    middle = max(len(order) // 2 - _TYPICAL_PAIRS // 2, 0)
    typical = order[middle : middle + _TYPICAL_PAIRS]
    rng = np.random.default_rng([standings.resamples.seed, _POWER, len(weights)])
    drawn = rng.integers(len(weights), size=(_TEST_SETS, len(weights)))
    noise = (centred[one[typical]] - centred[other[typical]])[:, drawn].reshape(-1, len(weights))
    errors = np.repeat(np.sqrt(seeds[one[typical]] + seeds[other[typical]]), _TEST_SETS)
    shares = np.tile(weights[drawn], (len(typical), 1))
    moved = errors * rng.normal(size=len(errors))
    low, high = 0.0, float(np.abs(standings.values[rows]).max()) * 8.0

    def power(gap: float) -> float:
        differences = noise + (gap + moved[:, None]) * shares
        p = 2.0 * _tails(differences * (differences.sum(axis=1, keepdims=True) > 0), errors)
        return float(np.mean(p * len(one) <= 1.0 - confidence))

    if power(high) < POWER:
        return float("inf")
    for _ in range(_HALVINGS):
        middle_gap = (low + high) / 2.0
        low, high = (low, middle_gap) if power(middle_gap) >= POWER else (middle_gap, high)
    return high
