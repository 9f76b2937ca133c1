"""Whether predicted paths lie where they can: near the initial path, atoms in their own places."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ionladder.core.atom_order import exchanged_atoms
from ionladder.core.minimum_image import PeriodicCell
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.paths import GivenPath
from ionladder.specs.metric import Array
from ionladder.submissions.path_rows import ENERGY, POSITIONS, PredictedPath

FARTHEST_ANG = 5.0
"""No atom of a relaxed path lies farther from its place on the initial one."""
_DRIFT_ANG = 0.5
_RIGID_ANG = 0.25
_HIGHEST_EV = 100.0
_REVERSED_ANG = 1.0

_Case = tuple[str, str]
"""What a hop looks like, and the detail that shows it."""

_EXPLAINED = {
    "fractional": (
        "Cartesian coordinates in Å",
        "Multiply fractional coordinates by the cell.",
    ),
    "transposed": (
        "coordinates as x1 y1 z1 x2 y2 z2 …",
        "All x stand first here: write positions row by row.",
    ),
    "permuted": (
        "atoms in the order of the initial path",
        "Bring them into that order: the atoms named stand in each other's places.",
    ),
    "shifted": (
        "atoms in the frame of the initial path",
        "Every atom is moved alike: subtract that shift.",
    ),
    "reversed": (
        "images in the order of the initial path",
        "The last image lies where the first should be: turn the path around.",
    ),
    "far": (
        f"atoms within {FARTHEST_ANG:g} Å of the initial path (shortest periodic distance)",
        "Atoms look permuted or shifted; where a relaxation blew up, set converged to false.",
    ),
}


def geometry_problems(
    paths: Mapping[str, PredictedPath], given: Mapping[str, GivenPath], *, shown_as: str
) -> list[Problem]:
    """Hops that look permuted, shifted, turned around or blown up, with a guess for each kind.

    Args:
        paths: Converged hops.
        given: Hop → the path it starts from.
        shown_as: The file in letters.
    """
    cases: dict[str, list[str]] = {}
    for name, path in paths.items():
        found = _case(path.positions_ang, given[name])
        if found is not None:
            kind, detail = found
            cases.setdefault(kind, []).append(f"{name}: {detail}")
    return [
        Problem(
            where=f"{shown_as}, {POSITIONS}",
            expected=expected,
            found=f"otherwise in {len(cases[kind])} hop(s) ({first_few(cases[kind], limit=3)})",
            next_step=step,
        )
        for kind, (expected, step) in _EXPLAINED.items()
        if kind in cases
    ] + _energy_problems(paths, shown_as)


def _case(positions: Array, given: GivenPath) -> _Case | None:
    cell = PeriodicCell(given.cell_ang)
    vectors = cell.minimum_image(positions - given.positions_ang)
    distances = np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors))
    farthest = float(distances.max())
    if farthest > FARTHEST_ANG:
        guess = _written_otherwise(positions, given, cell)
        if guess is not None:
            return guess
    swapped = exchanged_atoms(cell, positions[0], given.positions_ang[0])
    if swapped:
        return "permuted", f"atoms {first_few(swapped, limit=3)}"
    shift = _shift(vectors, distances)
    if shift is not None:
        return "shifted", "({:.2f}, {:.2f}, {:.2f}) Å".format(*shift)
    if _is_turned_around(positions, distances, given, cell):
        return "reversed", f"moving ion {distances[0, given.moving_ion]:.1f} Å off in image 0"
    if farthest > FARTHEST_ANG:
        image, atom = np.unravel_index(int(distances.argmax()), distances.shape)
        return "far", f"atom {atom} in image {image}, {farthest:.1f} Å"
    return None


def _shift(vectors: Array, distances: Array) -> Array | None:
    """The vector that most atoms of an image are moved by, if it is long; None otherwise.

    Forces sum to zero, so a relaxation moves some atoms and leaves the frame where it was.
    """
    # Where most atoms are near their places, no long shift can be common to most of them.
    if ((distances > _DRIFT_ANG - _RIGID_ANG).mean(axis=1) < 0.5).all():
        return None
    shift = np.median(vectors, axis=1)
    rest = np.median(np.linalg.norm(vectors - shift[:, None], axis=2))
    longest: Array = shift[np.linalg.norm(shift, axis=1).argmax()]
    return longest if rest < _RIGID_ANG and np.linalg.norm(longest) > _DRIFT_ANG else None


def _written_otherwise(positions: Array, given: GivenPath, cell: PeriodicCell) -> _Case | None:
    """Right coordinates in another form."""
    n_images, n_atoms, _ = positions.shape
    forms = {
        "fractional": positions @ given.cell_ang,
        "transposed": positions.reshape(n_images, 3, n_atoms).transpose(0, 2, 1),
    }
    for kind, form in forms.items():
        farthest = float(cell.distances(form, given.positions_ang).max())
        if farthest < FARTHEST_ANG / 2:
            return kind, f"within {farthest:.1f} Å when read so"
    return None


def _is_turned_around(
    positions: Array, distances: Array, given: GivenPath, cell: PeriodicCell
) -> bool:
    """Whether the moving ion follows the initial path far better from its other end."""
    ends, ion = [0, -1], given.moving_ion
    along = distances[ends, ion]
    against = cell.distances(positions[ends, ion], given.positions_ang[ends[::-1], ion])
    return bool(along.min() > _REVERSED_ANG and against.max() < along.min() / 2)


def _energy_problems(paths: Mapping[str, PredictedPath], shown_as: str) -> list[Problem]:
    """Energies that span more than any path does."""
    spans = {name: float(np.ptp(path.energies_ev)) for name, path in paths.items()}
    wide = [f"{name}: {span:.4g}" for name, span in spans.items() if span > _HIGHEST_EV]
    if not wide:
        return []
    return [
        Problem(
            where=f"{shown_as}, {ENERGY}",
            expected=f"energies of one path within {_HIGHEST_EV:g} eV",
            found=f"more in {len(wide)} hop(s) ({first_few(wide)})",
            next_step="Send total energies of the supercell in eV, not meV or kJ/mol.",
        )
    ]
