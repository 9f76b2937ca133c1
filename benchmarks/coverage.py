"""How often nominal 95 % intervals cover: ours, imported, beside those of the literature.

Prints Markdown tables; a full run also writes ``benchmarks/results/coverage.json``, which the
methods page shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from error_models import (
    MEAN_ERROR,
    MODELS,
    Array,
    ErrorModel,
    TestSet,
    blocks,
    calibrate,
    independent_residuals,
    make_test_set,
    scaled_error,
)
from interval_methods import METHODS, resample
from reports import coverage_row, markdown, write_results

from ionladder.stats.intervals import error_interval, left_out_means, share_interval
from ionladder.stats.ranking import GroupScore, Resamples, make_standings, paired_differences

SEED = 20250221
CONFIDENCE = 0.95
OURS = "jackknife t, log scale (used here)"
N_RESAMPLES = 1000
BLOCK = 100
BOARDS = {"obelix": 4000, "bvel-proto": 4000, "500 rows": 1000, "10,000 rows": 400}
PAIR_RATIO = 1.2
"""Errors of the second model of a pair, as a multiple of the first's."""
SEED_COUNTS = (2, 5, 20)
SEED_SPREADS = (0.05, 0.3)

Row = dict[str, Any]


def main() -> None:
    """Simulate, print, and write unless it was a quick run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 boards each, nothing written")
    parser.add_argument("--boards", type=int, help="boards of 121 rows; others in proportion")
    arguments = parser.parse_args()
    scale = 200 if arguments.quick else arguments.boards or BOARDS["obelix"]
    boards = {name: max(n * scale // BOARDS["obelix"], 20) for name, n in BOARDS.items()}

    sets = {name: make_test_set(name) for name in boards}
    tables = {
        "mae": [r for name in boards for r in mae_rows(sets[name], boards[name])],
        "rmse": [r for name in boards for r in rmse_rows(sets[name], boards[name])],
        "share": [r for name in boards for r in share_rows(sets[name], boards[name])],
        "pairs": list(pair_rows(sets["obelix"], boards["obelix"] // 2)),
        "seeds": list(seed_rows(sets["obelix"], boards["obelix"])),
    }
    for title, rows in tables.items():
        print(f"\n## {title}\n\n{markdown(rows)}")
    if not arguments.quick:
        results = {
            "program": "benchmarks/coverage.py",
            "seed": SEED,
            "confidence": CONFIDENCE,
            "resamples": N_RESAMPLES,
            "mean_error": MEAN_ERROR,
            "method": OURS,
            "test_sets": [test_set.described for test_set in sets.values()],
            "error_models": [{"name": m.name, "title": m.title} for m in MODELS],
            "tables": tables,
        }
        write_results("coverage.json", results)


def mae_rows(test_set: TestSet, boards: int) -> Iterator[Row]:
    """The interval of a mean error, by every method."""
    for model in MODELS:
        ends: dict[str, list[tuple[Array, Array]]] = {}
        rng = _rng("mae", test_set, model)
        for sums in _sums(model, test_set, boards, rng, np.positive):
            ends.setdefault(OURS, []).append(_ours(sums, test_set))
            for begin in range(0, len(sums), BLOCK):
                block = resample(
                    sums[begin : begin + BLOCK],
                    test_set.groups.sizes,
                    rng=rng,
                    n_resamples=N_RESAMPLES,
                    confidence=CONFIDENCE,
                )
                for name, method in METHODS.items():
                    ends.setdefault(name, []).append(method(block))
        for name, parts in ends.items():
            yield _names(test_set, model) | {"method": name} | coverage_row(parts, MEAN_ERROR)


def rmse_rows(test_set: TestSet, boards: int) -> Iterator[Row]:
    """The interval of a root mean squared error, ours."""
    for model in MODELS:
        truth = float(np.sqrt(_truth(model, np.square)))
        rng = _rng("rmse", test_set, model)
        parts = [
            _ours(sums, test_set, np.sqrt)
            for sums in _sums(model, test_set, boards, rng, np.square)
        ]
        yield _names(test_set, model) | coverage_row(parts, truth)


def share_rows(test_set: TestSet, boards: int) -> Iterator[Row]:
    """The interval of the share of entries within one decade, ours."""
    for model in MODELS:
        truth = _truth(model, _is_within_one_decade)
        rng = _rng("share", test_set, model)
        parts = [
            share_interval(*_value_and_left_out(sums, test_set), **_freedom(test_set))
            for sums in _sums(model, test_set, boards, rng, _is_within_one_decade)
        ]
        yield _names(test_set, model) | {"share": truth} | coverage_row(parts, truth)


def pair_rows(test_set: TestSet, boards: int) -> Iterator[Row]:
    """The interval of a paired difference of two correlated models, ours."""
    groups = test_set.groups
    resamples = Resamples(n_resamples=N_RESAMPLES, seed=SEED)
    factors = np.array([1.0, PAIR_RATIO])[:, None]
    for model in MODELS:
        for rho in (0.5, 0.9):
            scale = _scale(model, rho)
            truth = (PAIR_RATIO - 1.0) * scaled_error(model)
            rng = _rng(f"pairs {rho}", test_set, model)
            ends = []
            for n in blocks(boards, 8 * len(groups.index)):
                residuals = model.correlated(rng, groups, boards=n, models=2, rho=rho)
                errors = model.errors(rng, groups, residuals, scale * factors)
                for sums in groups.sums(errors):
                    standings = make_standings(
                        [_group_score(row, test_set) for row in sums], resamples
                    )
                    pair = paired_differences(standings, 1, [0], confidence=CONFIDENCE)
                    ends.append((pair.ci_low, pair.ci_high))
            named = _names(test_set, model) | {"correlation": rho, "difference": truth}
            yield named | coverage_row(ends, truth)


def seed_rows(test_set: TestSet, boards: int) -> Iterator[Row]:
    """The interval of a mean over seeds, a seed making a model better or worse as a whole.

    Its target is the mean over all possible seeds.
    """
    for model in MODELS[:2]:
        for n_seeds in SEED_COUNTS:
            for spread in SEED_SPREADS:
                rng = _rng(f"seeds {n_seeds} {spread}", test_set, model)
                ends: dict[bool, list[tuple[Array, Array]]] = {True: [], False: []}
                for sums in _sums(model, test_set, boards, rng, np.positive):
                    per_seed = spread * rng.normal(size=(len(sums), n_seeds))
                    moved = sums + per_seed.mean(axis=1, keepdims=True) * test_set.groups.sizes
                    variance = per_seed.var(axis=1, ddof=1) / n_seeds
                    for with_seeds, parts in ends.items():
                        parts.append(
                            error_interval(
                                *_value_and_left_out(moved, test_set),
                                **_freedom(test_set),
                                seed_variance=variance * with_seeds,
                                seed_df=n_seeds - 1.0,
                            )
                        )
                for with_seeds, parts in ends.items():
                    named = {"seeds": n_seeds, "seed_spread": spread, "seeds_enter": with_seeds}
                    yield _names(test_set, model) | named | coverage_row(parts, MEAN_ERROR)


def _sums(
    model: ErrorModel,
    test_set: TestSet,
    boards: int,
    rng: np.random.Generator,
    transform: Callable[[Array], Array],
) -> Iterator[Array]:
    """Transformed errors summed within groups, blocks of boards at a time."""
    groups = test_set.groups
    for n in blocks(boards, 4 * len(groups.index)):
        residuals = model.correlated(rng, groups, boards=n, models=1, rho=0.0)
        errors = model.errors(rng, groups, residuals, _scale(model))[:, 0]
        yield groups.sums(transform(errors))


def _ours(
    sums: Array, test_set: TestSet, finish: Callable[[Array], Array] = np.positive
) -> tuple[Array, Array]:
    value, left_out = _value_and_left_out(sums, test_set)
    return error_interval(finish(value), finish(left_out), **_freedom(test_set))


def _value_and_left_out(sums: Array, test_set: TestSet) -> tuple[Array, Array]:
    sizes = test_set.groups.sizes
    return sums.sum(axis=1) / sizes.sum(), left_out_means(sums, sizes)


def _freedom(test_set: TestSet) -> Mapping[str, Any]:
    n = test_set.groups.n_groups
    return {"present": n, "df": test_set.df, "confidence": CONFIDENCE}


def _group_score(sums: Array, test_set: TestSet) -> GroupScore:
    sizes = test_set.groups.sizes
    value = sums.sum() / sizes.sum()
    return GroupScore(sums=sums[None], sizes=sizes[None], per_seed=np.array([value]))


def _names(test_set: TestSet, model: ErrorModel) -> Row:
    return {"test_set": test_set.name, "errors": model.name}


def _rng(table: str, test_set: TestSet, model: ErrorModel) -> np.random.Generator:
    """A stream of its own for each cell, so that cells can be run on their own."""
    text = f"{table}|{test_set.name}|{model.name}".encode()
    return np.random.default_rng([SEED, *text])


@cache
def _scale(model: ErrorModel, rho: float = 0.0) -> float:
    return calibrate(model, rho=rho)


def _is_within_one_decade(errors: Array) -> Array:
    return (errors <= 1.0).astype(np.float64)


@cache
def _truth(model: ErrorModel, transform: Callable[[Array], Array]) -> float:
    """Mean of transformed errors over rows of their own: a large independent simulation."""
    means = [
        transform(model.errors(rng, groups, residuals, _scale(model))).mean()
        for rng, groups, residuals in independent_residuals(model)
    ]
    return float(np.mean(means))


if __name__ == "__main__":
    main()
