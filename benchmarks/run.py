"""What the everyday commands cost: a table of CPU-seconds and peak memory against their limits."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from measure import measure_or_exit

ROOT = Path(__file__).resolve().parents[1]

# Command, and the most CPU-seconds it may take on one core.
COMMANDS = (
    (("ionladder", "--help"), 0.3),
    (("ionladder", "score", "submissions/obelix/rf-paper"), 3.0),
    (("dvc", "repro"), 3.0),
)


def main() -> None:
    """Measure each command, the best of several runs; exit 1 when one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each command (default 3)")
    runs = parser.parse_args().runs

    over = False
    print(f"{'command':<48}{'CPU s':>8}{'limit':>8}{'peak MB':>10}")
    for command, limit in COMMANDS:
        program = shutil.which(command[0])
        if program is None:
            sys.exit(f"{command[0]} is not on PATH: run `make setup` and activate .venv first.")
        full = (program, *command[1:])
        measure_or_exit(full, folder=ROOT)  # fills caches; for `dvc repro`, leaves nothing to do
        costs = [measure_or_exit(full, folder=ROOT) for _ in range(runs)]
        best = min(costs, key=lambda cost: cost.cpu_s)
        over |= best.cpu_s > limit
        mark = "  over" if best.cpu_s > limit else ""
        print(
            f"{' '.join(command):<48}{best.cpu_s:>8.2f}{limit:>8.1f}{best.peak_rss_mb:>10.0f}{mark}"
        )
    sys.exit(over)


if __name__ == "__main__":
    main()
