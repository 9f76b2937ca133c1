"""What reading a long history costs: 1,000 submissions published 100 times, read and compared."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from ionladder.board.history import Record, parse_history, publications, to_lines

SUBMISSIONS, PUBLICATIONS = 1000, 100
READ_LIMIT_CPU_S = 1.0


def main() -> None:
    """Print the CPU-seconds of both steps; exit 1 when reading passes its limit."""
    data = to_lines(
        record(number, publication)
        for publication in range(1, PUBLICATIONS + 1)
        for number in range(SUBMISSIONS)
    )
    began = time.process_time()
    records = parse_history(data, Path(__file__).name)
    read = time.process_time()
    found = publications(records)
    compared = time.process_time()
    print(f"{len(records):,} records, {len(data) / 1e6:.0f} MB, {len(found)} publications")
    print(f"read     {read - began:.2f} CPU-seconds (limit {READ_LIMIT_CPU_S:g})")
    print(f"compared {compared - read:.2f} CPU-seconds")
    sys.exit(read - began > READ_LIMIT_CPU_S)


def record(number: int, publication: int) -> Record:
    """A submission on other labels in each publication."""
    return Record(
        task="obelix",
        submission=f"model-{number:04}",
        published=publication,
        publication=publication,
        event="added" if publication == 1 else "rescored",
        dataset_version=f"1.{publication}.0",
        labels_sha256=sha256(f"labels {publication}"),
        split_sha256=sha256("split"),
        scorer_version="1",
        predictions_sha256=sha256(f"model {number}"),
        cv_predictions_sha256=None,
        metric="log10_sigma/mae/all",
        unit="decades",
        value=round(1 + number / 1000 + publication / 10000, 6),
        ci_low=1.0,
        ci_high=3.0,
        rank=number + 1,
        rank_low=1,
        rank_high=number + 2,
        tie_group=1,
        kind="verified",
        commit="0" * 40,
    )


def sha256(text: str) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
