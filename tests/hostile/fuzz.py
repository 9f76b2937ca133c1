"""The parsers under random bytes: one entry for hypothesis, and a program for atheris.

``python -m hostile.fuzz SECONDS`` runs atheris for that long, where it is installed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import tiny
from ionladder.core.errors import SubmissionError
from ionladder.core.problems import Problem
from ionladder.submissions.metadata import CARD_FILE
from ionladder.submissions.validate import read_submission

NAMES = ("predictions.csv", "predictions.parquet", CARD_FILE)


def read_as(data: bytes, name: str) -> list[Problem]:
    """The problems of a good submission with these bytes as the file of that name."""
    with tempfile.TemporaryDirectory() as parent:
        folder = tiny.write_submission(Path(parent) / "sent")
        if name.startswith("predictions"):
            (folder / "predictions.csv").unlink()
        (folder / name).write_bytes(data)
        try:
            read_submission(folder, tiny.TASK, tiny.EXPECTATIONS, shown_as="sent")
        except SubmissionError as error:
            return list(error.problems)
    return []


def _one(data: bytes) -> None:
    read_as(data[1:], NAMES[data[0] % len(NAMES)] if data else NAMES[0])


def main() -> None:
    """Fuzz for the seconds of the first argument; a finding ends the program with its bytes."""
    try:
        import atheris
    except ImportError:
        sys.stdout.write("atheris is not installed: skipped (pip install atheris)\n")
        return
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096"], _one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
