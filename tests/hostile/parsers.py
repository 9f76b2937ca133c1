"""The parsers as one function of bytes, and good bytes to begin from."""

import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import tiny
from ionladder.errors import Problem, SubmissionError
from ionladder.submit.card import CARD_FILE
from ionladder.submit.validate import read_submission


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(tiny.predictions(), preserve_index=False), sink)
    return sink.getvalue()


GOOD = {
    "predictions.csv": tiny.predictions().to_csv(index=False).encode(),
    "predictions.parquet": _parquet(),
    CARD_FILE: tiny.CARD.encode(),
}
"""A good file of each kind that a parser reads."""


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
