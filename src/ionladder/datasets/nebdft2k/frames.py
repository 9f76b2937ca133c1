"""Frames of nebDFT2k, written hop by hop while the archive is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ionladder.datasets.nebdft2k.centroids import Centroid
from ionladder.datasets.nebdft2k.columns import CENTROIDS, FRAMES, PATHS_INIT, PATHS_RELAXED
from ionladder.datasets.nebdft2k.hops import Hop
from ionladder.datasets.streamed import StreamedTable, StreamedWriter
from ionladder.specs.column import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

_HOPS_PER_BLOCK = 64
_SPECS = {spec.name: spec for spec in FRAMES}


class FramesWriter:
    """Writes the three tables of frames; hops must come in ascending order of their ids.

    Args:
        folder: Where the files lie until the version is put in place.
        metadata: File metadata.
    """

    def __init__(self, folder: Path, metadata: Mapping[str, str]) -> None:
        self._writers = {
            name: StreamedWriter(folder / f"{name}.parquet", spec, metadata)
            for name, spec in _SPECS.items()
        }
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SPECS}
        self._waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        for writer in self._writers.values():
            writer.__exit__(kind, error, trace)

    def write(self, hop: Hop, centroid: Centroid) -> None:
        """Write one hop."""
        self._rows[CENTROIDS].append(_centroid_row(hop.id, centroid))
        for image in range(len(hop.energies_ev)):
            self._rows[PATHS_INIT].append(_init_row(hop, image))
            self._rows[PATHS_RELAXED].append(_relaxed_row(hop, image))
        self._waiting += 1
        if self._waiting >= _HOPS_PER_BLOCK:
            self._flush()

    @property
    def tables(self) -> dict[str, StreamedTable]:
        """What has been written, once the writer is closed."""
        return {name: writer.table for name, writer in self._writers.items()}

    def _flush(self) -> None:
        for name, writer in self._writers.items():
            writer.write(_block(name, self._rows[name]))
            self._rows[name] = []
        self._waiting = 0


def _block(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=arrow_schema(_SPECS[name].columns))


def _centroid_row(name: str, centroid: Centroid) -> dict[str, Any]:
    return {
        "id": name,
        "numbers": centroid.numbers,
        "cell_ang": centroid.cell_ang.ravel(),
        "positions_ang": centroid.positions_ang.ravel(),
    }


def _init_row(hop: Hop, image: int) -> dict[str, Any]:
    return {
        "id": hop.id,
        "image": image,
        "numbers": hop.numbers,
        "cell_ang": hop.cell_ang.ravel(),
        "moving_ion": hop.moving_ion,
        "positions_ang": hop.init_ang[image].ravel(),
    }


def _relaxed_row(hop: Hop, image: int) -> dict[str, Any]:
    forces = hop.forces_ev_per_ang
    return {
        "id": hop.id,
        "image": image,
        "energy_ev": hop.energies_ev[image],
        "positions_ang": hop.relaxed_ang[image].ravel(),
        "forces_ev_per_ang": None if forces is None else forces[image].ravel().astype(np.float32),
    }
