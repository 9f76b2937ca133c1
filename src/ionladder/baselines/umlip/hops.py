"""Hops of one ion whose bands are relaxed: from files, from the dataset, or the worked example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.data.litraj.xyz import iter_frames
from ionladder.errors import BaselineError, Problem
from ionladder.repo import sha256_bytes

if TYPE_CHECKING:
    from ase import Atoms

    from ionladder.specs import Array

INIT = "_init.xyz"
FEWEST_IMAGES = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Hop:
    """One initial path.

    Attributes:
        id: Its name, upstream's ``edge_id`` where it has one.
        numbers: Atomic numbers, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        positions_ang: Shape (n_images, n_atoms, 3), Å, images in the order of the path.
    """

    id: str
    numbers: npt.NDArray[np.int64]
    cell_ang: Array
    positions_ang: Array

    @property
    def n_images(self) -> int:
        return int(self.positions_ang.shape[0])

    @property
    def n_atoms(self) -> int:
        return int(self.positions_ang.shape[1])

    @property
    def digest(self) -> str:
        """Changes with any number of the path."""
        parts = (self.numbers.astype("<i8"), self.cell_ang, self.positions_ang)
        return sha256_bytes(b"".join(np.ascontiguousarray(part).tobytes() for part in parts))

    def images(self) -> list[Atoms]:
        """Its images for ASE, without calculators."""
        from ase import Atoms

        return [
            Atoms(numbers=self.numbers, positions=places, cell=self.cell_ang, pbc=True)
            for places in self.positions_ang
        ]


def hops_of_folder(folder: Path) -> Iterator[Hop]:
    """The hops of a folder laid out like nebDFT2k, in the order of their names.

    Args:
        folder: Holds one ``<id>_init.xyz`` a hop: extended XYZ, a frame an image, in the order of
            the path, with ``Lattice`` and the same atoms in every frame.

    Raises:
        BaselineError: No such folder, no such file in it, or a file that is no path.
        IngestError: A file is no extended XYZ.
    """
    files = sorted(folder.glob(f"*{INIT}")) if folder.is_dir() else []
    if not files:
        raise BaselineError(
            Problem(
                where=str(folder),
                expected=f"a folder with initial paths, one file <id>{INIT} a hop",
                found="no such file" if folder.is_dir() else "no such folder",
                next_step="Name the unpacked nebDFT2k folder, or one in its layout.",
            )
        )
    for file in files:
        with file.open("rb") as stream:
            frames = list(iter_frames(stream, where=str(file)))
        same = all(
            np.array_equal(frame.numbers, frames[0].numbers)
            and np.array_equal(frame.cell_ang, frames[0].cell_ang)
            for frame in frames
        )
        if len(frames) < FEWEST_IMAGES or not same:
            raise BaselineError(_no_path(file, len(frames), same=same))
        yield Hop(
            id=file.name.removesuffix(INIT),
            numbers=frames[0].numbers.astype(np.int64),
            cell_ang=frames[0].cell_ang,
            positions_ang=np.stack([frame.arrays["pos"] for frame in frames]),
        )


def hops_of_tables(splits: Path, paths: Path) -> Iterator[Hop]:
    """The hops to predict of an ingested nebDFT2k, in the order of its tables.

    Args:
        splits: Its table with ``id`` and ``subset``.
        paths: Its table of initial paths with ``id, image, numbers, cell_ang, positions_ang``,
            sorted by id and image.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(splits, columns=["id", "subset"])
    is_test = pc.equal(table["subset"].cast("string"), "test")
    wanted = sorted(table.filter(is_test)["id"].to_pylist())
    columns = ["id", "image", "numbers", "cell_ang", "positions_ang"]
    for name in wanted:
        rows = pq.read_table(paths, columns=columns, filters=[("id", "==", name)]).to_pylist()
        yield _from_rows(name, sorted(rows, key=lambda row: int(row["image"])))


def _from_rows(name: str, rows: Sequence[dict[str, Any]]) -> Hop:
    places = np.array([row["positions_ang"] for row in rows], dtype=np.float64)
    return Hop(
        id=name,
        numbers=np.asarray(rows[0]["numbers"], dtype=np.int64),
        cell_ang=np.asarray(rows[0]["cell_ang"], dtype=np.float64).reshape(3, 3),
        positions_ang=places.reshape(len(rows), -1, 3),
    )


def _no_path(file: Path, n_frames: int, *, same: bool) -> Problem:
    return Problem(
        where=str(file),
        expected=f"a path: {FEWEST_IMAGES} images or more of the same atoms in the same cell",
        found=f"{n_frames} images" if same else "images that differ in atoms or cell",
        next_step="Write the images of one hop in their order, nothing else.",
    )
