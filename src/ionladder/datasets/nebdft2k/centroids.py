"""The centroids file of nebDFT2k: one supercell a hop, in the order of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.datasets.nebdft2k.index import IndexRow
from ionladder.sources.extxyz import Frame, iter_frames, number
from ionladder.sources.zips import ZipMembers
from ionladder.specs.metric import Array

_DUMMY = 0
_SAME_EV = 0.01
_NEXT_STEP = "Compare the archive with its upstream copy, or report it upstream."


@dataclass(frozen=True, kw_only=True, eq=False)
class Centroid:
    """A supercell with a dummy atom at the centre of a hop.

    Whether the Li ions at the two ends of the hop are kept or left out is not stated upstream, and
    nothing here depends on it.

    Attributes:
        numbers: Atomic numbers, shape (n_atoms,); the dummy atom is 0.
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        positions_ang: Shape (n_atoms, 3), Å.
        em_agrees: Whether its barrier is that of the index within 0.01 eV; None where it has none.
    """

    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    positions_ang: Array
    em_agrees: bool | None


def read_centroids(
    archive: ZipMembers, name: str, rows: Sequence[IndexRow]
) -> tuple[dict[str, Centroid], list[Problem]]:
    """Centroids by hop, and everything wrong with the file.

    Args:
        archive: The archive.
        name: The member.
        rows: The index, whose order the file has.
    """
    found: dict[str, Centroid] = {}
    problems: list[Problem] = []
    n_frames = 0
    try:
        with archive.open(name) as stream:
            for frame in iter_frames(stream, where=name):
                n_frames += 1
                if n_frames > len(rows):
                    continue
                row = rows[n_frames - 1]
                problems += _frame_problems(frame, row, name)
                found[row.id] = _centroid(frame, row, name)
    except IngestError as error:
        problems += error.problems
    if n_frames != len(rows) and not problems:
        problems.append(_problem(name, f"a frame for each of the {len(rows)} hops", str(n_frames)))
    return found, problems


def _centroid(frame: Frame, row: IndexRow, where: str) -> Centroid:
    agrees = None
    if "em" in frame.info:
        agrees = abs(number(frame, "em", where=where) - row.em_dft_ev) <= _SAME_EV
    return Centroid(
        numbers=frame.numbers,
        cell_ang=frame.cell_ang,
        positions_ang=frame.arrays["pos"],
        em_agrees=agrees,
    )


def _frame_problems(frame: Frame, row: IndexRow, where: str) -> list[Problem]:
    problems = []
    place = f"{where}, frame {frame.place}"
    stated = frame.info.get("edge_id", row.id)
    if stated != row.id:
        expected = f"edge_id={row.id}, as row {frame.place} of the index"
        problems.append(_problem(place, expected, stated))
    dummies = np.flatnonzero(frame.numbers == _DUMMY)
    if len(dummies) != 1:
        problems.append(_problem(place, "one dummy atom X", str(len(dummies))))
    return problems


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
