"""What the bad submissions of ``tests/hostile`` cost; writes ``results/hostile.json``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from reports import ROOT, markdown, write_results

from ionladder.pr.check import worker_environment

Row = dict[str, Any]
# What every bad submission is promised to stay within; tests hold each of them to it.
MOST_MB, MOST_SECONDS = 1000, 10


def main() -> None:
    """Judge every case once, print a table by kind, write the figures."""
    with tempfile.TemporaryDirectory() as folder:
        rows = judge(Path(folder))
    failed = [row["name"] for row in rows if not is_right(row)]
    if failed:
        sys.exit(f"not judged as expected: {', '.join(failed)}")
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    table = [summary(kind, [row for row in rows if row["kind"] == kind]) for kind in kinds]
    table.append(summary("all", rows))
    print(markdown(table))
    write_results("hostile.json", {"kinds": table})


def judge(root: Path) -> list[Row]:
    """Outcomes of the cases; those that this system cannot make are left out, and named."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("src", "tests"))
    done = subprocess.run(
        [sys.executable, "-m", "hostile.judge", str(root)],
        env=worker_environment(root) | {"PATH": os.environ["PATH"], "PYTHONPATH": paths},
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        if "skipped" in row:
            print(f"{row['name']}: {row['skipped']}")
    return [row for row in rows if "skipped" not in row]


def is_right(row: Row) -> bool:
    """Whether a case got its error, within the limits, and the good submission its score."""
    if row["peak_rss_mb"] > MOST_MB or row["wall_s"] > MOST_SECONDS:
        return False
    if "traceback" in row or row["good"] != 1.0 or row["written"]:
        return False
    if row["error"] is None:
        return row["refused"] is None
    return row["refused"] is not None and row["error"] in row["refused"]


def summary(kind: str, rows: list[Row]) -> Row:
    """Number of cases, how many are refused, and the worst memory (10⁶ bytes) and times."""
    return {
        "kind": kind,
        "cases": len(rows),
        "refused": sum(row["refused"] is not None for row in rows),
        "worst_mb": round(max(row["peak_rss_mb"] for row in rows)),
        "worst_cpu_s": max(row["cpu_s"] for row in rows),
        "worst_wall_s": max(row["wall_s"] for row in rows),
    }


if __name__ == "__main__":
    main()
