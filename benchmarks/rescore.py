"""How scoring grows with the number of submissions: N synthetic ones in a temporary repository."""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from measure import measure_or_exit

ROOT = Path(__file__).resolve().parents[1]
NOISE = 0.5  # standard deviation, in the unit of the target
# Task → number of submissions, and the CPU-seconds that scoring them may take.
LIMITS = {"obelix": (1000, 15.0), "bvel-proto": (100, 5.0)}
NOT_TARGETS = ("id", "seed")

Model = dict[str, dict[str, float]]
"""Entry id → target → prediction."""


def main() -> None:
    """Score synthetic submissions of one task; exit 1 when its limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", help="default: powers of ten to the limit's")
    parser.add_argument("--task", choices=sorted(LIMITS), default="obelix")
    arguments = parser.parse_args()
    task = arguments.task
    limit_size, limit_cpu_s = LIMITS[task]
    sizes = arguments.sizes or [size for size in (10, 100, 1000) if size <= limit_size]

    program = shutil.which("ionladder")
    if program is None:
        sys.exit("ionladder is not on PATH: run `make setup` and activate .venv first.")
    models = committed_predictions(task)

    over = False
    print(f"{'submissions':>11}{'CPU s':>8}{'ms each':>9}{'peak MB':>9}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            repository = synthetic_repository(Path(folder), task, models, size)
            cost = measure_or_exit(
                (program, "leaderboard", task),
                folder=repository,
                variables={"IONLADDER_ROOT": str(repository)},
            )
            written = len(list((repository / "leaderboard" / "scores" / task).glob("*.json")))
        if written != size:
            sys.exit(f"{size} submissions went in, {written} receipts came out:\n{cost.output}")
        over |= size == limit_size and cost.cpu_s > limit_cpu_s
        print(
            f"{size:>11}{cost.cpu_s:>8.2f}{1000 * cost.cpu_s / size:>9.1f}{cost.peak_rss_mb:>9.0f}"
        )
    print(f"Limit at {limit_size:,} submissions: {limit_cpu_s:g} CPU-seconds.")
    sys.exit(over)


def committed_predictions(task: str) -> list[Model]:
    """The first seed of every committed submission."""
    found = []
    for path in sorted((ROOT / "submissions" / task).glob("*/predictions.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        first_seed = rows[0].get("seed")
        found.append(
            {
                row["id"]: {name: float(row[name]) for name in row if name not in NOT_TARGETS}
                for row in rows
                if row.get("seed") == first_seed
            }
        )
    if not found:
        sys.exit(f"There is no predictions.csv under submissions/{task}/ to make variants of.")
    return found


def synthetic_repository(folder: Path, task: str, models: list[Model], size: int) -> Path:
    """A repository with the ingested tables of this one and ``size`` noisy copies of its models."""
    shutil.copy(ROOT / "params.yaml", folder)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    version = Path("data") / params["tasks"][task]["dataset"] / params["tasks"][task]["version"]
    if not (ROOT / version / "labels.parquet").is_file():
        sys.exit(f"{version} holds no tables: run `make leaderboard` first.")
    shutil.copytree(ROOT / version, folder / version, ignore=shutil.ignore_patterns("raw"))

    noise = random.Random(0)
    for number in range(size):
        write_submission(
            folder / "submissions" / task / f"synthetic-{number:04d}",
            models[number % len(models)],
            noise,
        )
    return folder


def write_submission(folder: Path, model: Model, noise: random.Random) -> None:
    """One valid submission: a committed model with Gaussian noise on every prediction."""
    folder.mkdir(parents=True)
    card = {
        "model": folder.name,
        "description": "A committed submission with noise, made for the benchmark.",
        "authors": [{"name": "IonLadder benchmarks"}],
        "training_data": "none",
        "inputs": "composition",
        "licence": "CC0-1.0",
    }
    (folder / "submission.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    with (folder / "predictions.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", *next(iter(model.values()))])
        for entry, values in model.items():
            noisy = (f"{value + noise.gauss(0.0, NOISE):.6f}" for value in values.values())
            writer.writerow([entry, *noisy])


if __name__ == "__main__":
    main()
