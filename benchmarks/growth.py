"""What N synthetic submissions cost, and one more: CPU, memory, what git sees, and the site."""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import yaml
from measure import measure_or_exit

ROOT = Path(__file__).resolve().parents[1]
NOISE = 0.5  # standard deviation, in the unit of the target
NOT_TARGETS = ("id", "seed")
NOT_COPIED = (".*", "site", "generated", "build", "raw", "tests", "__pycache__")
# Task → number of submissions at which its limits hold.
LIMITS_AT = {"obelix": 1000, "bvel-proto": 100}
# What is measured → the largest value there.
LIMITS = {
    "obelix": {
        "all, CPU s": 15.0,
        "one more, CPU s": 15.0,
        "one more, MB": 500.0,
        "score, CPU s": 2.5,
        "again, CPU s": 2.5,
        "lines of boards": 60,
        "pack kB": 30.0,
    },
    "bvel-proto": {"all, CPU s": 5.0},
}
SITE_LIMITS = {"whole, CPU s": 30.0, "one more, CPU s": 15.0, "again, CPU s": 8.0, "MB": 60.0}

Model = dict[str, dict[str, float]]
"""Entry id → target → prediction."""


def main() -> None:
    """Measure boards, or the site, of N submissions; exit 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", help="default: powers of ten to the limit's")
    parser.add_argument("--task", choices=sorted(LIMITS), default="obelix")
    parser.add_argument("--site", action="store_true", help="the whole site instead of the board")
    arguments = parser.parse_args()
    task, most = arguments.task, LIMITS_AT[arguments.task]
    limits = SITE_LIMITS if arguments.site else LIMITS[task]
    program = shutil.which("ionladder") or sys.exit("ionladder is not on PATH.")
    models, over = committed_predictions(task), False
    usual = [most] if arguments.site else [size for size in (10, 100, 1000) if size <= most]
    for size in arguments.sizes or usual:
        with tempfile.TemporaryDirectory() as name:
            found = (site if arguments.site else board)(program, Path(name), task, models, size)
        print({"submissions": size, **found}, flush=True)
        over |= size == most and any(found[key] > limit for key, limit in limits.items())
    print(f"Limits at {most:,}: {limits}.")
    sys.exit(over)


def run(program: str, root: Path, *command: str) -> tuple[float, float]:
    """CPU-seconds and MB of a command."""
    variables = {"IONLADDER_ROOT": str(root)}
    cost = measure_or_exit((program, *command), folder=root, variables=variables)
    return round(cost.cpu_s, 2), round(cost.peak_rss_mb)


def board(
    program: str, folder: Path, task: str, models: list[Model], size: int
) -> dict[str, float]:
    """What scoring costs: of all, of one more beside them, of nothing new; and what git sees."""
    root, found = synthetic_repository(folder, task, models, size), {}
    git(root, "init", "-q")
    found["all, CPU s"], found["all, MB"] = run(program, root, "leaderboard", task)
    written = len(list((root / "leaderboard" / "scores" / task).glob("*.json")))
    if written != size:
        sys.exit(f"{size} submissions went in, {written} receipts came out.")
    before = commit(root)
    new = root / "submissions" / task / "synthetic-new"
    write_submission(new, models[1], random.Random(1))
    found["score, CPU s"] = run(program, root, "score", str(new))[0]
    found["one more, CPU s"], found["one more, MB"] = run(program, root, "leaderboard", task)
    found["again, CPU s"] = run(program, root, "leaderboard", task)[0]
    after = commit(root)
    changed = git(root, "diff", "--numstat", before, after).splitlines()
    print(*changed, sep="\n")
    found["lines of boards"] = sum(
        int(line.split()[0]) for line in changed if "\tleaderboard/" in line
    )
    revisions = f"{after}\n^{before}\n"
    pack = git(root, "pack-objects", "--thin", "--stdout", "--revs", stdin=revisions)
    found["pack kB"] = round(len(pack) / 1000, 1)
    lines = (root / "leaderboard/history.jsonl").read_bytes().count(b"\n")
    return found | {"history records": lines - size}


def site(program: str, folder: Path, task: str, models: list[Model], size: int) -> dict[str, float]:
    """What the site of this repository costs with N submissions more, whole and after changes."""
    root, found = folder / "repository", {}
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*NOT_COPIED))
    shutil.copytree(ROOT / "src/ionladder/site", root / "src/ionladder/site")
    write_submissions(root, task, models, size)
    run(program, root, "leaderboard", task)
    found["whole, CPU s"], found["whole, MB of memory"] = run(program, root, "site")
    new = root / "submissions" / task / "synthetic-new"
    write_submission(new, models[1], random.Random(1))
    run(program, root, "leaderboard", task)
    found["one more, CPU s"] = run(program, root, "site")[0]
    found["again, CPU s"] = run(program, root, "site")[0]
    sizes: Counter[str] = Counter()
    for path in (path for path in (root / "site").rglob("*") if path.is_file()):
        sizes[path.suffix] += path.stat().st_size
    shown = {f"MB {kind}": round(total / 1e6, 1) for kind, total in sizes.most_common(8)}
    return found | {"MB": round(sizes.total() / 1e6, 1)} | shown


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
    write_submissions(folder, task, models, size)
    return folder


def write_submissions(root: Path, task: str, models: list[Model], size: int) -> None:
    """Noisy copies of committed models, the same ones each time."""
    noise = random.Random(0)
    for number in range(size):
        folder = root / "submissions" / task / f"synthetic-{number:04d}"
        write_submission(folder, models[number % len(models)], noise)


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


def git(root: Path, *command: str, stdin: str = "") -> str:
    """Output of git in the repository; bytes of a pack are counted as Latin-1."""
    user = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "gc.auto=0")
    done = subprocess.run(
        ["git", *user, *command], cwd=root, input=stdin.encode(), capture_output=True, check=True
    )
    return done.stdout.decode("latin-1")


def commit(root: Path) -> str:
    """Commit everything but the tables, and give its name."""
    git(root, "add", "-A", "leaderboard", "submissions")
    git(root, "commit", "-q", "-m", "x")
    return git(root, "rev-parse", "HEAD").strip()


if __name__ == "__main__":
    main()
