"""What one more submission costs on a board of N: CPU, memory, and what git sees of it."""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import measure_or_exit
from rescore import committed_predictions, synthetic_repository, write_submission

TASK = "obelix"
LIMITS_AT = 1000
# What is measured → the largest value at 1,000 submissions.
LIMITS = {
    "one more, CPU s": 15.0,
    "one more, MB": 500.0,
    "score, CPU s": 2.5,
    "again, CPU s": 2.5,
    "lines of boards": 60,
    "pack kB": 30.0,
}


def main() -> None:
    """Measure boards of N submissions; exit 1 where a limit is passed at 1,000."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10, 100, 1000])
    arguments = parser.parse_args()
    program = shutil.which("ionladder") or sys.exit("ionladder is not on PATH.")
    models, over = committed_predictions(TASK), False
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            root = synthetic_repository(Path(name), TASK, models, size)
            variables = {"IONLADDER_ROOT": str(root)}

            def run(
                *command: str, root: Path = root, variables: dict[str, str] = variables
            ) -> tuple[float, float]:
                cost = measure_or_exit((program, *command), folder=root, variables=variables)
                return round(cost.cpu_s, 2), round(cost.peak_rss_mb)

            git(root, "init", "-q")
            found = {"submissions": size, "all, CPU s": run("leaderboard", TASK)[0]}
            before = commit(root)
            folder = root / "submissions" / TASK / "synthetic-new"
            write_submission(folder, models[1], random.Random(1))
            found["score, CPU s"] = run("score", str(folder))[0]
            found["one more, CPU s"], found["one more, MB"] = run("leaderboard", TASK)
            found["again, CPU s"] = run("leaderboard", TASK)[0]
            after = commit(root)
            changed = git(root, "diff", "--numstat", before, after).splitlines()
            found["lines of boards"] = sum(
                int(line.split()[0]) for line in changed if "\tleaderboard/" in line
            )
            for line in changed:
                print("   ", line)
            pack = git(
                root, "pack-objects", "--thin", "--stdout", "--revs", stdin=f"{after}\n^{before}\n"
            )
            found["pack kB"] = round(len(pack) / 1000, 1)
            lines = (root / "leaderboard/history.jsonl").read_bytes().count(b"\n")
            found["history records"] = lines - size
        print(found, flush=True)
        over |= size == LIMITS_AT and any(found[key] > most for key, most in LIMITS.items())
    print(f"Limits at {LIMITS_AT:,}: {LIMITS}.")
    sys.exit(over)


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
