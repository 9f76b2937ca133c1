"""One configuration of MPLiTrj: held to its layout, named, and put into columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.datasets.frames import SMALLEST_FORCE_EV_PER_ANG
from ionladder.datasets.litraj.edges import parse_edge_id
from ionladder.datasets.litraj.trajectory_tables import U_METALS
from ionladder.sources.extxyz import SYMBOLS, Frame, array, number, numbers
from ionladder.sources.extxyz_lines import letter_about

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[np.float64]

_SYMMETRY = 1e-6
# Places of a 3×3 matrix, row by row, that mean the same: xx, yy, zz, yz, xz, xy.
_VOIGT = ((0, 0), (4, 4), (8, 8), (5, 7), (2, 6), (1, 3))
_SIDES = _VOIGT[3:]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One configuration.

    Attributes:
        id: Part and row.
        material_id, path_id: As stated in the file, or None.
        frame: Its cell, atomic numbers, positions and forces.
        energy_ev: Total energy, eV.
        stress: xx, yy, zz, yz, xz, xy in eV/Å³, or None.
        skipped: Per-atom columns passed over.
    """

    id: str
    material_id: str | None
    path_id: str | None
    frame: Frame
    energy_ev: float
    stress: Array | None
    skipped: tuple[str, ...]


def read_row(frame: Frame, identifier: str, *, where: str) -> Row:
    """Take from a frame what MPLiTrj states of it.

    Raises:
        IngestError: Energy or forces are missing, the stress is no symmetric 3×3 matrix, or
            ``edge_id`` is none; the letter names the file and the frame.
    """
    forces = array(frame, "forces", where=where)
    at = f"{where}, frame {frame.place}"
    if forces.shape != (len(frame.numbers), 3):
        found = f"forces of shape {forces.shape}"
        raise letter_about(where=at, expected="three force components an atom", found=found)
    path, material = frame.info.get("edge_id"), frame.info.get("material_id")
    if path is not None:
        try:
            edge = parse_edge_id(path)
        except ValueError as error:
            expected = "material_source_target_x_y_z"
            raise letter_about(
                where=f"{at}, edge_id", expected=expected, found=repr(path)
            ) from error
        material = material or edge.material_id
    return Row(
        id=identifier,
        material_id=material,
        path_id=path,
        frame=frame,
        energy_ev=number(frame, "energy", where=where),
        stress=_stress(frame, where=where),
        skipped=frame.skipped,
    )


def _stress(frame: Frame, *, where: str) -> Array | None:
    """The stress in Voigt order, from the matrix in the file."""
    if "stress" not in frame.info:
        return None
    values = numbers(frame, "stress", 9, where=where)
    apart = max(abs(values[one] - values[other]) for one, other in _SIDES)
    if apart > _SYMMETRY * max(1.0, *map(abs, values)):
        raise letter_about(
            where=f"{where}, frame {frame.place}, stress",
            expected="a symmetric 3×3 matrix, row by row: xx xy xz yx yy yz zx zy zz",
            found=f"one whose sides differ by {apart:.3g} eV/Å³",
        )
    return np.array([(values[one] + values[other]) / 2 for one, other in _VOIGT])


def content_sha256_16(frame: Frame) -> str:
    """Sixteen hexadecimal digits that tell a configuration from any other.

    Atomic numbers as bytes, then cell and positions as little-endian float64; -0 counts as 0.
    """
    parts = (frame.cell_ang, frame.arrays["pos"])
    data = b"".join((values + 0.0).astype("<f8").tobytes() for values in parts)
    return hashlib.sha256(frame.numbers.tobytes() + data).hexdigest()[:16]


@dataclass(frozen=True)
class _Composition:
    formula: str
    chemsys: str
    has_u_metal: bool


@lru_cache(maxsize=4096)
def _composition(numbers: bytes) -> _Composition:
    """What a configuration is made of, from its atomic numbers in the order of its atoms.

    Example:
        >>> _composition(bytes([3, 8, 3])).formula
        'Li2O'
    """
    counts = np.bincount(np.frombuffer(numbers, dtype=np.uint8), minlength=1)
    present = sorted((SYMBOLS[z], int(counts[z])) for z in np.flatnonzero(counts) if z)
    return _Composition(
        formula="".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in present),
        chemsys="-".join(symbol for symbol, _ in present),
        has_u_metal=any(symbol in U_METALS for symbol, _ in present),
    )


def frame_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as the columns of a table of frames."""
    import pyarrow as pa

    n_atoms = np.array([len(row.frame.numbers) for row in rows])
    stresses = [None if row.stress is None else row.stress.tolist() for row in rows]
    cells = np.concatenate([row.frame.cell_ang.ravel() for row in rows])
    return pa.table(
        {
            "id": pa.array([row.id for row in rows], pa.string()),
            "numbers": _lists([row.frame.numbers for row in rows], n_atoms, np.uint8),
            "cell_ang": pa.ListArray.from_arrays(
                pa.array(np.arange(0, len(cells) + 1, 9, dtype=np.int32)), pa.array(cells)
            ),
            "positions_ang": _lists(
                [row.frame.arrays["pos"].ravel() for row in rows], 3 * n_atoms, np.float32
            ),
            "energy_ev": pa.array([row.energy_ev for row in rows], pa.float64()),
            "forces_ev_per_ang": _lists(
                [row.frame.arrays["forces"].ravel() for row in rows], 3 * n_atoms, np.float32
            ),
            "stress_ev_per_ang3": pa.array(stresses, pa.list_(pa.float64())),
        }
    )


def entry_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as what the tables of entries, labels and splits are made from."""
    import pyarrow as pa

    made = [_composition(row.frame.numbers.tobytes()) for row in rows]
    columns: dict[str, tuple[Any, Sequence[Any]]] = {
        "id": (pa.string(), [row.id for row in rows]),
        "material_id": (pa.string(), [row.material_id for row in rows]),
        "path_id": (pa.string(), [row.path_id for row in rows]),
        "n_atoms": (pa.int32(), [len(row.frame.numbers) for row in rows]),
        "formula": (pa.string(), [one.formula for one in made]),
        "chemsys": (pa.string(), [one.chemsys for one in made]),
        "content_sha256_16": (pa.string(), [content_sha256_16(row.frame) for row in rows]),
        "energy_ev": (pa.float64(), [row.energy_ev for row in rows]),
        "has_stress": (pa.bool_(), [row.stress is not None for row in rows]),
        "has_direction": (pa.bool_(), [_has_direction(row.frame) for row in rows]),
        "has_u_metal": (pa.bool_(), [one.has_u_metal for one in made]),
    }
    return pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()})


def _has_direction(frame: Frame) -> bool:
    """Whether the force on an atom is large enough to point somewhere, as it is stored."""
    forces = frame.arrays["forces"].astype(np.float32).astype(np.float64)
    squared = np.einsum("ij,ij->i", forces, forces)
    return bool((squared >= SMALLEST_FORCE_EV_PER_ANG**2).any())


def _lists(parts: Sequence[npt.NDArray[Any]], lengths: npt.NDArray[Any], kind: Any) -> pa.ListArray:
    """Lists from the values of each row."""
    import pyarrow as pa

    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = pa.array(np.concatenate(parts).astype(kind))
    element = pa.field("element", values.type, nullable=False)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=pa.list_(element))
