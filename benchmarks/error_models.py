"""Synthetic test sets and errors of models on them: what intervals and tie groups are tried on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ionladder.stats.intervals import Groups, degrees_of_freedom, make_groups

Array = npt.NDArray[np.float64]

MEAN_ERROR = 1.5
"""Mean error of every model, in decades: what good models of OBELiX score."""

_INSULATOR_GROUPS, _INSULATOR_ROWS = 0.08, 0.7
_INSULATOR_ERROR = (5.0, 8.0)
_LOG_SPREAD = 0.8 * math.sqrt(2.0)
_TRUTH_SEED, _TRUTH_ROWS, _BLOCK = 99, 8_000_000, 1_000_000
_CELLS = 4_000_000


def _heavy(rows: int, *, power: float, largest: float) -> tuple[int, ...]:
    """Group sizes that fall off as a power of their place, filled up with single entries."""
    sizes: list[int] = []
    while sum(sizes) < rows:
        place = len(sizes) + 1
        size = max(int(largest * rows / place**power), 1)
        sizes.append(min(size, rows - sum(sizes)))
    return tuple(sizes)


def _counted(counts: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(size for size, times in counts.items() for _ in range(times))


SIZES: Mapping[str, tuple[int, ...]] = {
    # The components of the test sets of OBELiX 1.2.0 and BVEL-proto 1.2.0, largest first.
    "obelix": _counted({12: 2, 7: 2, 6: 2, 5: 2, 4: 3, 3: 5, 2: 8, 1: 18}),
    "bvel-proto": _counted({8: 11, 7: 2, 5: 3, 4: 9, 3: 5, 2: 1, 1: 1}),
    "500 rows": _heavy(500, power=0.8, largest=0.10),
    "10,000 rows": _heavy(10_000, power=0.8, largest=0.05),
}


@dataclass(frozen=True)
class TestSet:
    """A test set that has only rows and groups.

    Attributes:
        name: Key of ``SIZES``.
        groups: Its groups.
        df: Their degrees of freedom.
    """

    name: str
    groups: Groups
    df: float

    @property
    def described(self) -> dict[str, object]:
        """What a reader needs to know of it, for JSON."""
        sizes = self.groups.sizes
        return {
            "test_set": self.name,
            "rows": int(sizes.sum()),
            "groups": len(sizes),
            "largest_group": int(sizes.max()),
            "df": round(self.df, 3),
        }


def make_test_set(name: str) -> TestSet:
    """One of the test sets of ``SIZES``."""
    sizes = np.array(SIZES[name])
    groups = make_groups(np.repeat(np.arange(len(sizes)), sizes))
    return TestSet(name, groups, degrees_of_freedom(groups.sizes))


@dataclass(frozen=True, kw_only=True)
class ErrorModel:
    """How errors of a model are distributed.

    Attributes:
        name: Key.
        title: In a table.
        has_heavy_tails: Student's t with three degrees of freedom instead of the normal.
        group_share: Part of the variance of signed residuals that entries of a group share. Errors,
            their absolute values, are less alike.
        is_exponential: Lognormal errors; otherwise absolute values of signed residuals.
        has_insulators: Some groups hold insulators, on which every model errs by decades.
    """

    name: str
    title: str
    has_heavy_tails: bool = False
    group_share: float = 0.5
    is_exponential: bool = False
    has_insulators: bool = False

    def residuals(self, rng: np.random.Generator, groups: Groups, shape: tuple[int, ...]) -> Array:
        """Signed residuals in arbitrary units, shape (*shape, n_entries)."""
        noise = self._noise(rng, (*shape, len(groups.index)))
        if self.group_share:
            noise *= np.sqrt(1.0 - self.group_share)
            shared = np.sqrt(self.group_share) * self._noise(rng, (*shape, groups.n_groups))
            noise += shared[..., groups.index]
        return noise

    def correlated(
        self, rng: np.random.Generator, groups: Groups, *, boards: int, models: int, rho: float
    ) -> Array:
        """Residuals of models that err alike, shape (boards, models, n_entries)."""
        own = self.residuals(rng, groups, (boards, models))
        if not rho:
            return own
        shared = self.residuals(rng, groups, (boards, 1))
        mixed: Array = np.sqrt(rho) * shared + np.sqrt(1.0 - rho) * own
        return mixed

    def errors(
        self, rng: np.random.Generator, groups: Groups, residuals: Array, scale: float | Array
    ) -> Array:
        """Errors from residuals of shape (boards, models, n_entries), in decades.

        Insulators are the same entries for all models of a board, and missed by the same whatever
        the ``scale``, one number or one for each model, shape (models, 1).
        """
        errors = np.exp(_LOG_SPREAD * residuals) if self.is_exponential else np.abs(residuals)
        errors *= scale
        if self.has_insulators:
            boards, _, n = residuals.shape
            holds = rng.random((boards, 1, groups.n_groups)) < _INSULATOR_GROUPS
            mask = holds[..., groups.index] & (rng.random((boards, 1, n)) < _INSULATOR_ROWS)
            shared = rng.uniform(*_INSULATOR_ERROR, size=(boards, 1, n))
            errors = np.where(mask, shared + 0.5 * rng.normal(size=residuals.shape), errors)
        return errors

    def _noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return rng.standard_t(3, size=shape) if self.has_heavy_tails else rng.normal(size=shape)


MODELS = (
    ErrorModel(name="normal", title="normal, groups err alike"),
    ErrorModel(name="t3", title="Student t₃ (heavy tails), groups err alike", has_heavy_tails=True),
    ErrorModel(name="lognormal", title="lognormal, groups err alike", is_exponential=True),
    ErrorModel(
        name="censored",
        title="t₃, and insulators missed by 5 to 8 decades in 8 % of groups",
        has_heavy_tails=True,
        has_insulators=True,
    ),
    ErrorModel(
        name="alike",
        title="t₃, entries of a group err nearly alike",
        has_heavy_tails=True,
        group_share=0.9,
    ),
    ErrorModel(
        name="independent", title="t₃, every row on its own", has_heavy_tails=True, group_share=0.0
    ),
)


def independent_residuals(
    model: ErrorModel, *, models: int = 1, rho: float = 0.0, rows: int = _TRUTH_ROWS
) -> Iterator[tuple[np.random.Generator, Groups, Array]]:
    """Residuals of rows that are all groups of their own: where true values come from."""
    rng = np.random.default_rng([_TRUTH_SEED, round(1000 * rho)])
    groups = make_groups(np.arange(_BLOCK // models))
    for _ in range(max(rows // _BLOCK, 1)):
        yield rng, groups, model.correlated(rng, groups, boards=1, models=models, rho=rho)


def calibrate(model: ErrorModel, *, rho: float = 0.0, rows: int = _TRUTH_ROWS) -> float:
    """The scale at which the mean error is ``MEAN_ERROR``."""
    elsewhere = replace(model, has_insulators=False)
    unscaled = [
        elsewhere.errors(rng, groups, residuals, 1.0).mean()
        for rng, groups, residuals in independent_residuals(elsewhere, rho=rho, rows=rows)
    ]
    share = _INSULATOR_GROUPS * _INSULATOR_ROWS if model.has_insulators else 0.0
    return float(scaled_error(model) / ((1.0 - share) * np.mean(unscaled)))


def scaled_error(model: ErrorModel) -> float:
    """The part of ``MEAN_ERROR`` that follows the scale: what insulators do not add."""
    if not model.has_insulators:
        return MEAN_ERROR
    on_insulators = sum(_INSULATOR_ERROR) / 2.0
    return MEAN_ERROR - _INSULATOR_GROUPS * _INSULATOR_ROWS * on_insulators


def blocks(boards: int, cells: int) -> Iterator[int]:
    """Numbers of boards that sum to ``boards`` and whose arrays stay small."""
    step = max(_CELLS // cells, 1)
    for begin in range(0, boards, step):
        yield min(step, boards - begin)
