"""Validating synthetic submissions of up to a million rows: time and memory, and how they grow."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from measure import measure_or_exit
from scale import CARD, TASK

from ionladder.errors import SubmissionError, letter
from ionladder.specs import CrossValidation
from ionladder.submit.predictions import KnownIds
from ionladder.submit.validate import Expectations, read_submission

SIZES = (10_000, 100_000, 1_000_000)
LIMIT_S, LIMIT_MB = 3.0, 600.0
N_SEEDS, N_REPEATS, N_FOLDS = 20, 5, 5
# Shape → the file with the rows. Real submissions have one row per id, or 20 seeds of each id, and
# may bring predictions on frozen folds; in the last one a cell and two ids are wrong.
SHAPES = {
    "ids.csv": "predictions.csv",
    "ids.parquet": "predictions.parquet",
    "seeds.csv": "predictions.csv",
    "seeds.parquet": "predictions.parquet",
    "folds.csv": "cv_predictions.csv",
    "folds.parquet": "cv_predictions.parquet",
    "broken.csv": "predictions.csv",
}
SCHEME = "kfold"
KEYS = ["scheme", "repeat", "fold", "id"]
NAME, IDS, FOLDS = "large", "ids.parquet", "folds.parquet"


def main() -> None:
    """Make each shape and measure its check in a process of its own; exit 1 beyond a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", default=sorted(SHAPES), help="default: all")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="rows")
    parser.add_argument(
        "--runs", type=int, default=3, help="runs of each, of which the best counts"
    )
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.make, arguments.shapes[0], arguments.sizes[0])
        return
    if arguments.check:
        check(arguments.check, arguments.shapes[0])
        return
    over = False
    print(f"{'shape':>14}{'rows':>11}{'CPU s':>8}{'peak MB':>9}")
    for shape in arguments.shapes:
        for size in arguments.sizes:
            with tempfile.TemporaryDirectory() as folder:
                program, room = (sys.executable, __file__, shape), Path(folder)
                # In a process of its own: a child's peak begins with what its parent holds.
                measure_or_exit((*program, "--sizes", str(size), "--make", folder), folder=room)
                checking = (*program, "--check", folder)
                costs = [measure_or_exit(checking, folder=room) for _ in range(arguments.runs)]
            cost = min(costs, key=lambda cost: cost.cpu_s)
            over |= cost.cpu_s > LIMIT_S or cost.peak_rss_mb > LIMIT_MB
            print(f"{shape:>14}{size:>11,}{cost.cpu_s:>8.2f}{cost.peak_rss_mb:>9.0f}")
    print(f"Limit: {LIMIT_S:g} CPU-seconds and {LIMIT_MB:g} MB.")
    sys.exit(over)


def rows_of(shape: str, size: int) -> pd.DataFrame:
    """Rows of a shape, valid and in order."""
    kind = shape.partition(".")[0]
    times = {"seeds": N_SEEDS, "folds": N_REPEATS}.get(kind, 1)
    n_ids = size // times
    rng = np.random.default_rng(0)
    place = np.tile(np.arange(n_ids), times)
    turn = np.repeat(np.arange(times), n_ids)
    ids = np.array([f"e{row:07d}" for row in range(n_ids)], dtype=object)
    columns = {"id": ids[place], "y_ev": rng.normal(size=len(place)).round(4)}
    if kind == "seeds":
        columns |= {"seed": turn, "y_ev_std": rng.uniform(0.1, 1.0, size=len(place)).round(4)}
    if kind == "folds":
        columns = {"scheme": SCHEME, "repeat": turn, "fold": place % N_FOLDS, **columns}
    return pd.DataFrame(columns)


def make(folder: Path, shape: str, size: int) -> None:
    """Write a submission of a shape, its rows shuffled as a program may leave them."""
    rows = rows_of(shape, size)
    rows[["id"]].drop_duplicates().to_parquet(folder / IDS, index=False)
    if shape.startswith("folds"):
        rows[KEYS].to_parquet(folder / FOLDS, index=False)
    rows = rows.sample(frac=1.0, random_state=1)
    if shape.startswith("broken"):
        rows = rows.astype({"y_ev": str})
        rows.iloc[size // 2, rows.columns.get_loc("y_ev")] = "0.3 eV"
        rows.iloc[size // 3, rows.columns.get_loc("id")] = "unknown"
    submission = folder / NAME
    submission.mkdir()
    (submission / "submission.yaml").write_text(CARD, encoding="utf-8")
    path = submission / SHAPES[shape]
    if path.suffix == ".csv":
        rows.to_csv(path, index=False)
    else:
        rows.to_parquet(path, index=False)


def check(folder: Path, shape: str) -> None:
    """Read what a submission must cover, and check it as ``ionladder validate`` does."""
    ids = KnownIds(pd.read_parquet(folder / IDS)["id"].tolist())
    is_folds = shape.startswith("folds")
    expected = Expectations(
        test_ids=() if is_folds else ids,
        train_ids=ids if is_folds else (),
        folds=pd.read_parquet(folder / FOLDS) if is_folds else pd.DataFrame(columns=KEYS),
    )
    scored = (
        CrossValidation(scheme=SCHEME, title=SCHEME, is_primary=True, note="") if is_folds else None
    )
    try:
        read_submission(folder / NAME, replace(TASK, scored_folds=scored), expected, shown_as=NAME)
    except SubmissionError as error:
        if not shape.startswith("broken"):
            sys.exit(letter(error.problems))
    else:
        if shape.startswith("broken"):
            sys.exit("A broken submission passed.")


if __name__ == "__main__":
    main()
