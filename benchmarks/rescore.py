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
TASK, DATASET, TARGET = "obelix", "obelix", "log10_sigma"
NOISE_DECADES = 0.5
LIMIT_SIZE, LIMIT_CPU_S = 1000, 15.0


def main() -> None:
    """Score 10, 100 and 1,000 synthetic submissions; exit 1 when 1,000 take more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10, 100, 1000])
    sizes = parser.parse_args().sizes

    program = shutil.which("ionladder")
    if program is None:
        sys.exit("ionladder is not on PATH: run `make setup` and activate .venv first.")
    models = committed_predictions()

    over = False
    print(f"{'submissions':>11}{'CPU s':>8}{'ms each':>9}{'peak MB':>9}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            repository = synthetic_repository(Path(folder), models, size)
            cost = measure_or_exit(
                (program, "leaderboard", TASK),
                folder=repository,
                variables={"IONLADDER_ROOT": str(repository)},
            )
            written = len(list((repository / "leaderboard" / "scores" / TASK).glob("*.json")))
        if written != size:
            sys.exit(f"{size} submissions went in, {written} receipts came out:\n{cost.output}")
        over |= size == LIMIT_SIZE and cost.cpu_s > LIMIT_CPU_S
        print(
            f"{size:>11}{cost.cpu_s:>8.2f}{1000 * cost.cpu_s / size:>9.1f}{cost.peak_rss_mb:>9.0f}"
        )
    print(f"Limit at {LIMIT_SIZE:,} submissions: {LIMIT_CPU_S:g} CPU-seconds.")
    sys.exit(over)


def committed_predictions() -> list[dict[str, float]]:
    """The first seed of every committed submission, as id → prediction."""
    found = []
    for path in sorted((ROOT / "submissions" / TASK).glob("*/predictions.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        first_seed = rows[0].get("seed")
        found.append(
            {row["id"]: float(row[TARGET]) for row in rows if row.get("seed") == first_seed}
        )
    if not found:
        sys.exit(f"There is no predictions.csv under submissions/{TASK}/ to make variants of.")
    return found


def synthetic_repository(folder: Path, models: list[dict[str, float]], size: int) -> Path:
    """A repository with the ingested tables of this one and ``size`` noisy copies of its models."""
    shutil.copy(ROOT / "params.yaml", folder)
    versions = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["tasks"]
    version = Path("data") / DATASET / versions[TASK]["version"]
    if not (ROOT / version / "labels.parquet").is_file():
        sys.exit(f"{version} holds no tables: run `make leaderboard` first.")
    shutil.copytree(ROOT / version, folder / version, ignore=shutil.ignore_patterns("raw"))

    noise = random.Random(0)
    for number in range(size):
        write_submission(
            folder / "submissions" / TASK / f"synthetic-{number:04d}",
            models[number % len(models)],
            noise,
        )
    return folder


def write_submission(folder: Path, model: dict[str, float], noise: random.Random) -> None:
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
        writer.writerow(["id", TARGET])
        for entry, value in model.items():
            writer.writerow([entry, f"{value + noise.gauss(0.0, NOISE_DECADES):.6f}"])


if __name__ == "__main__":
    main()
