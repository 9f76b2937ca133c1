"""How often tie groups separate models that are equal, and how often one that is better.

Prints Markdown tables; a full run also writes ``benchmarks/results/separation.json``, which the
methods page shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from error_models import (
    MEAN_ERROR,
    MODELS,
    Array,
    ErrorModel,
    blocks,
    calibrate,
    make_test_set,
    scaled_error,
)
from reports import markdown, share_with_error, write_results

from ionladder.stats.ranking import GroupScore, Resamples, Standings, make_standings, tie_groups

SEED = 20250221
CONFIDENCE = 0.95
N_RESAMPLES = 1000
BOARDS = 1000
"""Boards of equal models; for power, which need not be known as exactly, ``POWER_SHARE`` of it."""
POWER_SHARE = 0.4
TEST_SET = make_test_set("obelix")
TRIED = tuple(m for m in MODELS if m.name in {"normal", "t3", "censored", "alike"})
SIZES = (2, 5, 20, 100)
LARGEST = 1000
RHOS = (0.5, 0.9)
GAPS = (0.5, 1.0)
CLEARLY_WORSE = 1.5
EQUAL_LEADERS = {5: 3, 20: 10, 100: 10}
SEED_SPREADS = (0.05, 0.3)
SEED_COUNTS = (1, 2, 5, 20)

Row = dict[str, Any]


def main() -> None:
    """Simulate, print, and write unless it was a quick run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50 boards each, nothing written")
    parser.add_argument("--boards", type=int, default=BOARDS, help=f"each (default {BOARDS})")
    arguments = parser.parse_args()
    boards = 50 if arguments.quick else arguments.boards
    tables = {}
    for name, rows in (
        ("equal", equal_rows),
        ("equal_leaders", equal_leader_rows),
        ("better", better_rows),
        ("seeds", seed_rows),
    ):
        tables[name] = list(rows(boards))
        print(f"\n## {name}\n\n{markdown(tables[name])}", flush=True)
    if not arguments.quick:
        results = {
            "program": "benchmarks/separation.py",
            "seed": SEED,
            "confidence": CONFIDENCE,
            "resamples": N_RESAMPLES,
            "mean_error": MEAN_ERROR,
            "clearly_worse": CLEARLY_WORSE,
            "test_set": TEST_SET.described,
            "error_models": [{"name": m.name, "title": m.title} for m in TRIED],
            "tables": tables,
        }
        write_results("separation.json", results)


def equal_rows(boards: int) -> Iterator[Row]:
    """Boards of equal models: any separation is wrong."""
    for model, size, rho in _conditions():
        wrong, naive = 0, 0
        for standings in _boards("equal", model, size, rho, boards, np.ones(size)):
            wrong += _tied(standings).max() > 1
            naive += _is_separated_naively(standings)
        yield _row(model, size, rho, boards, separated=wrong, separated_naively=naive)
    for model in TRIED:
        wrong, naive, few = 0, 0, max(boards // 10, 1)
        for standings in _boards("equal", model, LARGEST, 0.5, few, np.ones(LARGEST)):
            wrong += _tied(standings).max() > 1
            naive += _is_separated_naively(standings)
        yield _row(model, LARGEST, 0.5, few, separated=wrong, separated_naively=naive)


def equal_leader_rows(boards: int) -> Iterator[Row]:
    """Boards of some equal models, and others clearly worse: separating an equal one is wrong."""
    for model, size, rho in _conditions():
        if size not in EQUAL_LEADERS:
            continue
        leaders = EQUAL_LEADERS[size]
        worse = 1.0 + CLEARLY_WORSE / scaled_error(model)
        factors = np.where(np.arange(size) < leaders, 1.0, worse)
        wrong, kept = 0, 0
        for standings in _boards("equal leaders", model, size, rho, boards, factors):
            groups = _tied(standings)
            wrong += groups[:leaders].max() > 1
            kept += (groups[leaders:] == 1).sum()
        named = {"equal": leaders} | _row(model, size, rho, boards, separated=wrong)
        yield named | {"worse_still_tied": round(kept / (boards * (size - leaders)), 3)}


def better_rows(boards: int) -> Iterator[Row]:
    """Boards of one model that is better than the others, which are equal."""
    boards = max(round(boards * POWER_SHARE), 1)
    for gap in GAPS:
        for model, size, rho in _conditions():
            factors = np.where(np.arange(size) == 0, 1.0 - gap / scaled_error(model), 1.0)
            every, one, share = 0, 0, 0.0
            for standings in _boards(f"better {gap}", model, size, rho, boards, factors):
                below = (_tied(standings)[1:] > 1) & (standings.values[0] < standings.values[1:])
                every += below.all()
                one += below.any()
                share += below.mean()
            named = {"gap": gap} | _row(
                model, size, rho, boards, from_every=every, from_one=one, from_each=share
            )
            yield named


def seed_rows(boards: int) -> Iterator[Row]:
    """Boards of models that are equal on average over seeds, with few seeds of each."""
    model, rho = MODELS[0], 0.9
    for size in (2, 20):
        for spread in SEED_SPREADS:
            for n_seeds in SEED_COUNTS:
                wrong = 0
                rng = np.random.default_rng([SEED, 1, size, n_seeds, round(1000 * spread)])
                for sums in _sums(rng, model, size, rho, boards, np.ones(size)):
                    seeds = spread * rng.normal(size=(size, n_seeds))
                    wrong += _tied(_standings(sums, seeds)).max() > 1
                named = {"seeds": n_seeds, "seed_spread": spread}
                yield named | _row(model, size, rho, boards, separated=wrong)


def _conditions() -> Iterator[tuple[ErrorModel, int, float]]:
    return ((model, size, rho) for model in TRIED for size in SIZES for rho in RHOS)


def _boards(
    table: str, model: ErrorModel, size: int, rho: float, boards: int, factors: Array
) -> Iterator[Standings]:
    rng = np.random.default_rng([SEED, *f"{table}|{model.name}|{size}|{rho}".encode()])
    for sums in _sums(rng, model, size, rho, boards, factors):
        yield _standings(sums, np.zeros((size, 1)))


def _sums(
    rng: np.random.Generator, model: ErrorModel, size: int, rho: float, boards: int, factors: Array
) -> Iterator[Array]:
    """Errors of each model summed within groups, shape (size, n_groups), board by board."""
    groups, scale = TEST_SET.groups, _scale(model, rho) * factors[:, None]
    for n in blocks(boards, 4 * size * len(groups.index)):
        residuals = model.correlated(rng, groups, boards=n, models=size, rho=rho)
        yield from groups.sums(model.errors(rng, groups, residuals, scale))


def _standings(sums: Array, seeds: Array) -> Standings:
    """Standings of models whose seeds make them better or worse as a whole."""
    sizes = TEST_SET.groups.sizes
    moved = sums + seeds.mean(axis=1, keepdims=True) * sizes
    means = sums.sum(axis=1) / sizes.sum()
    scores = [
        GroupScore(sums=row[None], sizes=sizes[None], per_seed=mean + seed)
        for row, mean, seed in zip(moved, means, seeds, strict=True)
    ]
    return make_standings(scores, _resamples(means))


def _tied(standings: Standings) -> np.ndarray:
    resamples = _resamples(standings.values)
    return tie_groups(standings, resamples=resamples, confidence=CONFIDENCE)


def _resamples(values: Array) -> Resamples:
    """Others on every board, so that no luck of the draws is shared by all boards."""
    return Resamples(n_resamples=N_RESAMPLES, seed=int(1e9 * float(np.abs(values).sum())))


def _is_separated_naively(standings: Standings) -> bool:
    """Whether the percentile interval of some difference to the leader lies above zero."""
    leader = standings.values.argmin()
    others = np.arange(len(standings.values)) != leader
    gaps = standings.samples[others] - standings.samples[leader]
    return bool((np.quantile(gaps, (1.0 - CONFIDENCE) / 2.0, axis=1) > 0).any())


def _row(model: ErrorModel, size: int, rho: float, boards: int, **counts: float) -> Row:
    row: Row = {"models": size, "errors": model.name, "correlation": rho, "boards": boards}
    for name, count in counts.items():
        found = share_with_error(float(count), boards)
        row |= {name: found["share"], f"{name}_standard_error": found["standard_error"]}
    return row


@cache
def _scale(model: ErrorModel, rho: float) -> float:
    return calibrate(model, rho=rho)


if __name__ == "__main__":
    main()
