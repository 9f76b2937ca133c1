"""A checked prediction file: columns as they were read, and the same as a pandas frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.core.hashing import sha256_bytes, sha256_file

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class PredictionTable:
    """A checked prediction file.

    Attributes:
        path: The file.
        sha256: As :func:`predictions_sha256` gives it.
        columns: Name → values of all rows, which are sorted by seed and id (or scheme, repeat,
            fold and id): texts as an Arrow array, numbers as a NumPy array.
        remarks: How the file was read, where there is more than one way; sentences.
    """

    path: Path
    sha256: str
    columns: Mapping[str, Any] = field(repr=False)
    remarks: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns["id"])

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The same as a frame, made when it is first asked for."""
        return frame_of(self.columns)


OFFSETS_FILE = "offset_predictions.parquet"
"""Energies beside ``predictions.parquet`` that the scored ones are brought to one zero with."""


def predictions_sha256(path: Path) -> str:
    """SHA-256 of a file of predictions; where offset predictions lie beside it, of both hashes.

    The score rests on both, so that either of them changes what identifies it.
    """
    digest, beside = sha256_file(path), path.with_name(OFFSETS_FILE)
    if not path.name.startswith("predictions.") or not beside.is_file():
        return digest
    return sha256_bytes(f"{digest}\n{sha256_file(beside)}".encode())


def frame_of(columns: Mapping[str, Any]) -> pd.DataFrame:
    """A pandas frame of columns that are Arrow arrays of text or NumPy arrays."""
    import numpy as np
    import pandas as pd

    return pd.DataFrame(
        {
            name: values if isinstance(values, np.ndarray) else pd.array(values, dtype="str")
            for name, values in columns.items()
        }
    )
