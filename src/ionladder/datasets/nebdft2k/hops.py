"""One hop of nebDFT2k: its initial and its relaxed path, held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.core.atom_order import exchanged_atoms
from ionladder.core.errors import IngestError
from ionladder.core.minimum_image import PeriodicCell
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.nebdft2k.index import IndexRow
from ionladder.sources.extxyz import SYMBOLS, Frame, array, iter_frames, number
from ionladder.sources.zips import ZipMembers
from ionladder.specs.metric import Array

_LI = SYMBOLS.index("Li")
_SAME_ANG = 1e-4
_FEWEST_IMAGES = 3
_NEXT_STEP = "Compare the archive with its upstream copy, or report it upstream."


@dataclass(frozen=True, kw_only=True, eq=False)
class Hop:
    """A hop whose two paths fit together.

    Attributes:
        id: Its edge_id.
        numbers: Atomic numbers, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        moving_ion: Position of the moving ion, from 0.
        init_ang: Initial positions, shape (n_images, n_atoms, 3), Å.
        relaxed_ang: Relaxed positions, same shape.
        energies_ev: Total energies of the relaxed images, shape (n_images,), eV.
        forces_ev_per_ang: Their forces, shape of the positions; None where a frame has none.
    """

    id: str
    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    moving_ion: int
    init_ang: Array
    relaxed_ang: Array
    energies_ev: Array
    forces_ev_per_ang: Array | None

    @property
    def barrier_ev(self) -> float:
        """Largest minus smallest energy, upstream's definition."""
        return float(self.energies_ev.max() - self.energies_ev.min())

    @property
    def saddle_ev(self) -> float:
        """Largest energy minus that of the first image."""
        return float(self.energies_ev.max() - self.energies_ev[0])

    @property
    def length_ang(self) -> float:
        """Shortest periodic distance between the ends of the initial path of the moving ion."""
        ion = self.init_ang[:, self.moving_ion]
        return float(PeriodicCell(self.cell_ang).distances(ion[-1], ion[0]))


def read_hop(
    archive: ZipMembers, row: IndexRow, *, init: str, relaxed: str
) -> tuple[Hop | None, list[Problem]]:
    """Read both paths of a hop.

    Args:
        archive: The archive.
        row: The hop in the index.
        init: Member with the initial path.
        relaxed: Member with the relaxed path.

    Returns:
        The hop and no problems, or None and everything wrong with it.
    """
    paths: list[list[Frame]] = []
    problems: list[Problem] = []
    for name, wanted in ((init, ("pos", "freezed")), (relaxed, ("pos", "forces"))):
        try:
            with archive.open(name) as stream:
                paths.append(list(iter_frames(stream, where=name, wanted=wanted)))
        except IngestError as error:
            problems += error.problems
    if problems:
        return None, problems
    first, second = paths
    problems = [
        *_path_problems(first, init),
        *_path_problems(second, relaxed),
        *_pair_problems(first, second, init, relaxed),
        *_material_problems(first, row, init),
        *_material_problems(second, row, relaxed),
    ]
    if problems:
        return None, problems
    try:
        hop = _hop(row, first, second, init=init, relaxed=relaxed)
    except IngestError as error:
        return None, list(error.problems)
    problems = _order_problems(hop, relaxed)
    return (None, problems) if problems else (hop, [])


def _hop(
    row: IndexRow, first: Sequence[Frame], second: Sequence[Frame], *, init: str, relaxed: str
) -> Hop:
    has_forces = all("forces" in frame.arrays for frame in second)
    return Hop(
        id=row.id,
        numbers=first[0].numbers,
        cell_ang=first[0].cell_ang,
        moving_ion=_moving_ion(first, init),
        init_ang=np.stack([frame.arrays["pos"] for frame in first]),
        relaxed_ang=np.stack([frame.arrays["pos"] for frame in second]),
        energies_ev=np.array([number(frame, "energy", where=relaxed) for frame in second]),
        forces_ev_per_ang=np.stack([frame.arrays["forces"] for frame in second])
        if has_forces
        else None,
    )


def _moving_ion(frames: Sequence[Frame], where: str) -> int:
    """The one atom that ``freezed`` leaves free, the same Li ion in every image.

    Raises:
        IngestError: There is no such column, or it says otherwise.
    """
    free = {tuple(np.flatnonzero(~array(f, "freezed", where=where).astype(bool))) for f in frames}
    ions = sorted({int(place) for places in free for place in places})
    if len(free) == 1 and len(ions) == 1 and frames[0].numbers[ions[0]] == _LI:
        return ions[0]
    shown = first_few(f"{SYMBOLS[frames[0].numbers[i]]} at {i}" for i in ions) or "none"
    raise IngestError(
        _problem(f"{where}, freezed", "one free atom, a Li ion, the same in every image", shown)
    )


def _path_problems(frames: Sequence[Frame], where: str) -> list[Problem]:
    """Images of one path that differ in atoms or cell, or a path too short to have a barrier."""
    if len(frames) < _FEWEST_IMAGES:
        return [_problem(where, f"{_FEWEST_IMAGES} images or more", str(len(frames)))]
    others = [
        (frame.place, what)
        for frame in frames[1:]
        if (what := _difference(frames[0], frame)) is not None
    ]
    if not others:
        return []
    place, what = others[0]
    return [_problem(f"{where}, frame {place}", "the atoms and cell of the first image", what)]


def _pair_problems(
    first: Sequence[Frame], second: Sequence[Frame], init: str, relaxed: str
) -> list[Problem]:
    if len(first) != len(second):
        expected = f"as many images as {init} has ({len(first)})"
        return [_problem(relaxed, expected, str(len(second)))]
    what = _difference(first[0], second[0]) if first else None
    return [] if what is None else [_problem(relaxed, f"the atoms and cell of {init}", what)]


def _difference(one: Frame, other: Frame) -> str | None:
    if len(one.numbers) != len(other.numbers):
        return f"{len(other.numbers)} atoms, not {len(one.numbers)}"
    differ = np.flatnonzero(one.numbers != other.numbers)
    if len(differ):
        same = sorted(one.numbers) == sorted(other.numbers)
        how = "the same atoms in another order" if same else "other elements"
        return f"{how} ({SYMBOLS[other.numbers[differ[0]]]} at {differ[0]})"
    if np.abs(one.cell_ang - other.cell_ang).max() > _SAME_ANG:
        return "another cell"
    return None


def _material_problems(frames: Sequence[Frame], row: IndexRow, where: str) -> list[Problem]:
    """Frames that name another material, or hold other elements than the index says."""
    stated = {frame.info.get("material_id", row.edge.material_id) for frame in frames}
    problems = []
    if stated != {row.edge.material_id}:
        expected = f"material_id={row.edge.material_id}"
        problems.append(_problem(where, expected, first_few(sorted(stated))))
    elements = "-".join(sorted({SYMBOLS[number] for number in frames[0].numbers}))
    if elements != row.chemsys:
        problems.append(_problem(where, f"the elements {row.chemsys} of the index", elements))
    return problems


def _order_problems(hop: Hop, where: str) -> list[Problem]:
    """Atoms that stand in each other's places in the first image, and a cell without volume."""
    try:
        cell = PeriodicCell(hop.cell_ang)
    except ValueError as error:
        return [_problem(where, "a cell with a volume", str(error))]
    swapped = exchanged_atoms(cell, hop.relaxed_ang[0], hop.init_ang[0])
    if not len(swapped):
        return []
    expected = "atoms in the order of the initial path"
    return [_problem(f"{where}, frame 1", expected, f"atoms {first_few(swapped)} exchanged")]


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
