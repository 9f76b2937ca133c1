"""What making bvel_proto costs: CPU-seconds of generation, and CPU-seconds and memory of labels."""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np

from ionladder.data.bond_valence import barriers_of
from ionladder.data.bvel_proto.generate import generate
from ionladder.repo import sha256_bytes

# ru_maxrss is in kilobytes on Linux and in bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024

LIMIT_GENERATION_CPU_S, LIMIT_LABEL_CPU_S, LIMIT_PEAK_MB = 120.0, 1.5, 600.0


def main() -> None:
    """Generate all structures and label n of them; exit 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=60, help="labels (default 60; 0: all)")
    n = parser.parse_args().n

    begin = time.process_time()
    candidates = generate().candidates
    generation = time.process_time() - begin
    order = sorted(candidates, key=lambda kept: sha256_bytes(f"cost|{kept.id}".encode()))
    largest = max(candidates, key=lambda kept: kept.structure().volume)
    seconds = [label_seconds(kept) for kept in order[: n or None]]
    at_most = label_seconds(largest)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / 1e6

    print(f"{'':<34}{'measured':>10}{'limit':>10}")
    rows = (
        (f"generation of {len(candidates)}, CPU-seconds", generation, LIMIT_GENERATION_CPU_S),
        (f"label, mean of {len(seconds)}, CPU-seconds", float(np.mean(seconds)), LIMIT_LABEL_CPU_S),
        ("peak memory, MB", peak, LIMIT_PEAK_MB),
    )
    for name, value, limit in rows:
        print(f"{name:<34}{value:>10.2f}{limit:>10g}")
    print(f"{'label of the largest cell':<34}{at_most:>10.2f}")
    sys.exit(any(value > limit for _, value, limit in rows))


def label_seconds(candidate: object) -> float:
    """CPU-seconds of one label."""
    begin = time.process_time()
    barriers_of(candidate.structure())  # type: ignore[attr-defined]
    return time.process_time() - begin


if __name__ == "__main__":
    main()
