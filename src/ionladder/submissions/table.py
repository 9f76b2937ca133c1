"""A checked prediction file: columns as they were read, and the same as a pandas frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class PredictionTable:
    """A checked prediction file.

    Attributes:
        path: The file.
        sha256: SHA-256 of its bytes.
        columns: Name → values of all rows, which are sorted by seed and id (or scheme, repeat,
            fold and id): texts as an Arrow array, numbers as a NumPy array.
    """

    path: Path
    sha256: str
    columns: Mapping[str, Any] = field(repr=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns["id"])

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The same as a frame, made when it is first asked for."""
        return frame_of(self.columns)


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
