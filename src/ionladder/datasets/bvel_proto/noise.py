"""How much a label depends on choices that mean nothing: grid phase, grid spacing, choice of cell.

The definition of the labels fixes them all, but a model is not to be blamed for a difference that
another grid would have made. A sample of structures is labelled again under equally good choices;
the rows of one structure are repeated measurements of the same material, and the spread within
them is the floor of the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.bvel_proto.barriers import SETTINGS, BarrierSettings, barriers_of
from ionladder.datasets.bvel_proto.percolation import Barriers

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

SAMPLE_SIZE = 60

REFERENCE = "reference"
RESOLUTIONS_ANG = (0.15, 0.175, 0.225, 0.25)
PHASES = ("a", "b", "c")
CONVENTIONAL, DOUBLED = "cell_conventional", "cell_doubled"

Variant = tuple[str, "Structure", BarrierSettings]


def sample(entries: Iterable[str], *, n: int = SAMPLE_SIZE) -> list[str]:
    """The entries to label again: the first n in the order of ``sha256("noise|<id>")``, sorted."""
    order = sorted(entries, key=lambda entry: sha256_bytes(f"noise|{entry}".encode()))
    return sorted(order[:n])


def variants(entry: str, structure: Structure) -> Iterator[Variant]:
    """Equally good ways to label one structure, except the reference itself.

    Args:
        entry: Its id; the grid phases are drawn from it.
        structure: As stored.

    Yields:
        Name, structure and settings. ``resolution_…``: another grid spacing in Å.
        ``phase_…``: all sites moved by up to one grid step along each axis. ``cell_conventional``:
        the conventional cell instead of the primitive one. ``cell_doubled``: the shortest axis
        doubled.
    """
    for resolution in RESOLUTIONS_ANG:
        name = f"resolution_{resolution:g}"
        yield name, structure, replace(SETTINGS, resolution_ang=resolution)
    for phase in PHASES:
        moved = structure.copy()
        everything = list(range(len(moved)))
        moved.translate_sites(everything, _phase(entry, phase, structure), frac_coords=True)
        yield f"phase_{phase}", moved, SETTINGS
    yield CONVENTIONAL, _conventional(structure), SETTINGS
    times = [1, 1, 1]
    times[structure.lattice.abc.index(min(structure.lattice.abc))] = 2
    yield DOUBLED, structure.make_supercell(times, in_place=False), SETTINGS


def relabel(entry: str, structure: Structure) -> dict[str, Barriers]:
    """Variant → barriers of one structure under every variant."""
    return {
        name: barriers_of(varied, settings) for name, varied, settings in variants(entry, structure)
    }


def _conventional(structure: Structure) -> Structure:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    analyzer = SpacegroupAnalyzer(structure, symprec=0.01)
    conventional: Structure = analyzer.get_conventional_standard_structure()
    return conventional


def _phase(entry: str, phase: str, structure: Structure) -> list[float]:
    """A shift of less than one grid step along each axis, fractional, from a hash."""
    shift = []
    for axis, length in zip("xyz", structure.lattice.abc, strict=True):
        digest = sha256_bytes(f"phase|{phase}|{axis}|{entry}".encode())
        part = int(digest[:8], 16) / 2**32
        shift.append(part / max(1, int(length // SETTINGS.resolution_ang) - 1))
    return shift
