"""How often verdicts separate models that are equal, and how often one that is better.

Boards are drawn from error models and from the residuals of the boards themselves, whose rows are
permuted within groups: models are then equal and alike. Prints Markdown tables; a full run also
writes ``benchmarks/results/separation.json``, which the methods page shows.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from error_models import MEAN_ERROR, MODELS, Array, calibrate, make_test_set, scaled_error
from reports import ROOT, markdown, share_with_error, write_results

from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.git import files_at
from ionladder.repo import Layout
from ionladder.score import TaskScorer, submission_folders
from ionladder.stats import ranking
from ionladder.stats.ranking import GroupScore, Resamples, Rows, Standings

SEED = 20250221
CONFIDENCE, N_RESAMPLES = 0.95, 10_000
LEVEL = 1.0 - CONFIDENCE
BOARDS, POWER_SHARE = 1000, 0.2
"""Boards of equal models; for power, which need not be known as exactly, a share of it."""
SIZES = (2, 5, 20, 100)
GAPS = (0.3, 0.5, 1.0)
RHO = 0.5
POOL, NOW = "ef83b4e", "-now"
PINNED = ("obelix", "obelix-cif", "obelix-cv")
"""Boards whose residuals are those of the submissions at a commit, and what is added to the name
of one of them for the present ones."""
TASKS = (*PINNED, "bvel-proto", f"obelix-cif{NOW}")
SEED_SPREADS, SEED_COUNTS, SEED_SIZES = (
    ((0.05, 0.05), (0.3, 0.3), (0.05, 0.3)),
    (2, 3, 5, 10),
    (2, 20),
)
BEFORE = ROOT / "benchmarks" / "separation_version_2.csv"
"""What the rule of scorer version 2 (studentised, step-down) separated on boards of these kinds, as
this program found while it was in force, and an independent audit on the residuals of boards."""

Row = dict[str, Any]
Board = tuple[Array, Array]
"""Errors summed within groups, shape (models, n_groups), and entries in each group."""


@dataclass(frozen=True)
class Source:
    """Where boards of equal models come from: its name, their mean error, and a board of n."""

    name: str
    mean_error: float
    board: Callable[[np.random.Generator, int], Board]


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
        ("unlike", unlike_rows),
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
            "mean_error": MEAN_ERROR,
            "test_set": make_test_set("obelix").described,
            "tables": tables,
        }
        write_results("separation.json", results)


# --- Where boards come from


@cache
def sources() -> tuple[Source, ...]:
    """The error models on test sets like OBELiX's, and the residuals of the boards."""
    return (*map(_simulated, ("normal", "t3", "censored")), *map(_permuted, TASKS))


def _simulated(name: str) -> Source:
    model = next(each for each in MODELS if each.name == name)
    groups, scale = make_test_set("obelix").groups, calibrate(model, rho=RHO)

    def board(rng: np.random.Generator, models: int) -> Board:
        residuals = model.correlated(rng, groups, boards=1, models=models, rho=RHO)
        return groups.sums(model.errors(rng, groups, residuals, scale))[0], groups.sizes

    return Source(name, scaled_error(model), board)


@cache
def residuals(name: str) -> Board:
    """Errors of every seed of every trained submission, summed within groups.

    Submissions are those at commit ``POOL``, so that a new one changes no simulation, or, of
    boards that are not ``PINNED``, the present ones.
    """
    layout, task = Layout(ROOT), get_task(name.removesuffix(NOW))
    params = load_params(layout)
    scorer = TaskScorer.open(layout, task, params.tasks[task.name].version, params.scoring)
    with tempfile.TemporaryDirectory() as folder:
        room = layout
        if name in PINNED:
            room = Layout(Path(folder))
            for path, data in files_at(ROOT, POOL, f"submissions/{task.name}").items():
                (room.root / path).parent.mkdir(parents=True, exist_ok=True)
                (room.root / path).write_bytes(data)
        found = scorer.score_all(submission_folders(room, task.name)).scored
    rows = scorer.prepared.rows(task.primary.subset)
    trained = [each for key, each in sorted(found.items()) if key not in task.references]
    errors = np.vstack([scorer.entry_errors(each)[:, rows.index] for each in trained])
    return rows.groups.sums(errors), rows.groups.sizes


def _permuted(name: str) -> Source:
    sums, sizes = residuals(name)
    n_rows, n_groups = sums.shape

    def board(rng: np.random.Generator, models: int) -> Board:
        chosen = rng.choice(n_rows, size=models, replace=models > n_rows)
        groups = rng.integers(n_groups, size=n_groups)
        order = rng.random((models, n_groups)).argsort(axis=0)
        return sums[chosen[order], groups], sizes[groups]

    return Source(name, float(sums.sum() / sizes.sum() / n_rows), board)


def _unlike(name: str, rng: np.random.Generator, models: int) -> Board:
    """Rows of a board as they are, scaled to one mean error; only groups are drawn."""
    sums, sizes = residuals(name)
    chosen = sums[rng.choice(len(sums), size=models, replace=False)]
    groups = rng.integers(len(sizes), size=len(sizes))
    return (chosen / chosen.sum(axis=1, keepdims=True) * sizes.sum())[:, groups], sizes[groups]


# --- The tables


def equal_rows(boards: int) -> Iterator[Row]:
    """Boards of equal models that err alike: any separation is wrong."""
    for source in sources():
        for size in SIZES:
            rng = _rng("equal", source.name, size)
            wrong = sum(_any(*source.board(rng, size)) for _ in range(boards))
            yield _row(source.name, size, boards, separated=wrong)


def unlike_rows(boards: int) -> Iterator[Row]:
    """Boards of models of equal mean that err unlike: some by rare catastrophes."""
    for name in TASKS:
        for size in (5, 20):
            if size <= len(residuals(name)[0]):
                rng = _rng("unlike", name, size)
                wrong = sum(_any(*_unlike(name, rng, size)) for _ in range(boards))
                yield _row(name, size, boards, separated=wrong)


def better_rows(boards: int) -> Iterator[Row]:
    """Boards of one model that is better than the others, which are equal.

    Gaps are in decades; where errors have another unit, in as large a share of the mean error.
    """
    boards = max(round(boards * POWER_SHARE), 1)
    with BEFORE.open(encoding="utf-8", newline="") as stream:
        before = {
            (row["errors"], int(row["models"]), float(row["gap"])): float(row["from_each"])
            for row in csv.DictReader(stream)
        }
    for gap in GAPS:
        for source in sources():
            part = gap / (MEAN_ERROR if source.name == "bvel-proto" else source.mean_error)
            for size in SIZES:
                rng = _rng(f"better {gap}", source.name, size)
                found = np.zeros(4)
                for _ in range(boards):
                    sums, sizes = source.board(rng, size)
                    sums[0] *= 1.0 - part
                    p, better, _ = _p(sums, sizes)
                    below, stepped = (p <= LEVEL)[better == 0], _by_holm(p)[better == 0]
                    n = below.sum()
                    found += n / (size - 1), n > 0, n == size - 1, stepped.sum() / (size - 1)
                each, one, every, holm_each = found
                named = {"gap": gap} | _row(
                    source.name, size, boards, from_each=each, from_one=one, from_every=every
                )
                others = {"holm_from_each": round(holm_each / boards, 3)}
                yield named | others | {"before": before.get((source.name, size, gap))}


def seed_rows(boards: int) -> Iterator[Row]:
    """Boards of models that are equal on average over seeds, with few seeds of each."""
    source = sources()[0]
    for size in SEED_SIZES:
        for spreads in SEED_SPREADS:
            for n_seeds in SEED_COUNTS:
                wrong, rng = 0, _rng(f"seeds {spreads} {n_seeds}", source.name, size)
                for _ in range(boards):
                    sums, sizes = source.board(rng, size)
                    seeds = rng.normal(size=(size, n_seeds)) * np.resize(spreads, size)[:, None]
                    wrong += _any(sums, sizes, seeds)
                said = " and ".join(f"{spread:g}" for spread in dict.fromkeys(spreads))
                named = {"seeds": n_seeds, "seed_spread": said}
                yield named | _row(source.name, size, boards, separated=wrong)


# --- Verdicts


def _standings(sums: Array, sizes: Array, seeds: Array | None = None) -> Standings:
    """Standings of models whose seeds make them better or worse as a whole."""
    seeds = np.zeros((len(sums), 1)) if seeds is None else seeds
    moved = sums + seeds.mean(axis=1, keepdims=True) * sizes
    scores = [
        GroupScore(sums=row[None], sizes=sizes[None], per_seed=row.sum() / sizes.sum() + seed)
        for row, seed in zip(moved, seeds - seeds.mean(axis=1, keepdims=True), strict=True)
    ]
    return ranking.make_standings(scores, _Kept(n_resamples=N_RESAMPLES, seed=SEED))


@dataclass(frozen=True, kw_only=True)
class _Kept(Resamples):
    """The same patterns for every board, made once."""

    def sign_patterns(self, n_groups: int, n_draws: int) -> Iterator[tuple[Array, Array]]:
        return iter(_patterns(n_groups, n_draws))


@cache
def _patterns(n_groups: int, n_draws: int) -> list[tuple[Array, Array]]:
    plain = Resamples(n_resamples=N_RESAMPLES, seed=SEED)
    return list(plain.sign_patterns(n_groups, n_draws))


def _p(sums: Array, sizes: Array, seeds: Array | None = None) -> tuple[Array, Rows, Rows]:
    """Adjusted p of every pair, not cut at 1, and its two models: the better, the worse.

    Tails are approximated, and signs drawn for the pairs whose p is near the level, as the board
    draws them up to 50 models.
    """
    standings = _standings(sums, sizes, seeds)
    one, other = np.triu_indices(len(sums), 1)
    is_worse = standings.values[one] > standings.values[other]
    worse, better = np.where(is_worse, one, other), np.where(is_worse, other, one)
    p = len(one) * ranking.p_values(standings, worse, better, n_draws=0)
    near = np.flatnonzero((p > 0.2 * LEVEL) & (p < 3.0 * LEVEL))
    if len(near) and len(sums) <= ranking.MOST_DRAWN:
        n_draws = max(1_000 * len(one), N_RESAMPLES)
        drawn = ranking.p_values(standings, worse[near], better[near], n_draws=n_draws)
        p[near] = len(one) * drawn
    return p, better, worse


def _any(sums: Array, sizes: Array, seeds: Array | None = None) -> bool:
    """Whether any two are separated."""
    return bool((_p(sums, sizes, seeds)[0] <= LEVEL).any())


def _by_holm(p: Array) -> npt.NDArray[np.bool_]:
    """Which pairs Holm's steps would separate."""
    order, n = p.argsort(kind="stable"), len(p)
    passed = p[order] * (n - np.arange(n)) <= LEVEL * n
    found = np.zeros(n, dtype=bool)
    found[order[: n if passed.all() else int(passed.argmin())]] = True
    return found


def _rng(table: str, name: str, size: int) -> np.random.Generator:
    return np.random.default_rng([SEED, *f"{table}|{name}|{size}".encode()])


def _row(name: str, size: int, boards: int, **counts: float) -> Row:
    row: Row = {"models": size, "errors": name, "boards": boards}
    for key, count in counts.items():
        found = share_with_error(float(count), boards)
        row |= {key: found["share"], f"{key}_standard_error": found["standard_error"]}
    return row


if __name__ == "__main__":
    main()
