"""Crystals one can work out by hand, and other ways of writing the same crystal down."""

from collections.abc import Callable

import numpy as np
from pymatgen.core import Lattice, Structure

A = 4.0  # Å; Li-F is A/2, Li-Li is A/sqrt(2)
FACES = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]


def rock_salt() -> Structure:
    """LiF in its cubic cell of eight atoms."""
    shifted = [(x + 0.5, y + 0.5, z + 0.5) for x, y, z in FACES]
    return Structure(Lattice.cubic(A), ["Li"] * 4 + ["F"] * 4, FACES + shifted)


def disordered() -> Structure:
    """An orthorhombic cell: a site 60 % Li, one 30 % Na and 70 % K, one 40 % Li, two O, one S."""
    return Structure(
        Lattice.orthorhombic(4.1, 5.3, 6.7),
        [{"Li": 0.6}, {"Na": 0.3, "K": 0.7}, {"Li": 0.4}, "O", "O", "S"],
        [
            (0, 0, 0),
            (0.5, 0.5, 0.5),
            (0.02, 0.48, 0),
            (0.31, 0.22, 0.11),
            (0.69, 0.78, 0.89),
            (0.4, 0.1, 0.6),
        ],
    )


def triclinic() -> Structure:
    """Five ordered sites without any symmetry."""
    lattice = Lattice.from_parameters(4.4, 5.1, 6.2, 81.0, 97.0, 104.0)
    places = [(0.1, 0.2, 0.3), (0.6, 0.1, 0.8), (0.4, 0.7, 0.1), (0.9, 0.5, 0.6), (0.3, 0.4, 0.7)]
    return Structure(lattice, ["Li", "P", "S", "S", "O"], places)


def quartz() -> Structure:
    """SiO2 that turns one way only: three rotations, three half-turns and no mirror."""
    return Structure.from_spacegroup(
        "P3_221",
        Lattice.hexagonal(4.91, 5.40),
        ["Si", "O"],
        [(0.47, 0, 2 / 3), (0.413, 0.267, 0.786)],
    )


def mirrored() -> Structure:
    """Sixteen sites of space group Pnma, whose mirrors turn left into right."""
    return Structure.from_spacegroup(
        "Pnma",
        Lattice.orthorhombic(6.1, 5.3, 4.4),
        [{"Li": 0.8}, "P", "O"],
        [(0.31, 0.04, 0.12), (0.09, 0.25, 0.41), (0.21, 0.25, 0.83)],
    )


def rotated(structure: Structure) -> Structure:
    """The same crystal, turned."""
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    return Structure(
        Lattice(structure.lattice.matrix @ turn), structure.species_and_occu, structure.frac_coords
    )


def translated(structure: Structure) -> Structure:
    """The same crystal, from another origin."""
    return Structure(
        structure.lattice,
        structure.species_and_occu,
        (structure.frac_coords + np.array([0.21, 0.47, 0.83])) % 1.0,
    )


def reordered(structure: Structure) -> Structure:
    """The same sites in another order."""
    order = np.random.default_rng(5).permutation(len(structure))
    return Structure.from_sites([structure[int(place)] for place in order])


def supercell(structure: Structure) -> Structure:
    """The same crystal in a cell twice as large."""
    return structure.copy().make_supercell([1, 1, 2], to_unit_cell=False, in_place=False)


def other_cell(structure: Structure) -> Structure:
    """The same lattice with other vectors, as different programs would choose them."""
    return structure.copy().make_supercell([[1, 1, 0], [0, 1, -1], [0, 0, 1]], in_place=False)


def niggli(structure: Structure) -> Structure:
    """The same crystal in its primitive cell, reduced as Niggli did."""
    return structure.get_primitive_structure().get_reduced_structure("niggli")


REWRITINGS: dict[str, Callable[[Structure], Structure]] = {
    "rotation": rotated,
    "translation": translated,
    "site order": reordered,
    "supercell": supercell,
    "other cell": other_cell,
    "Niggli cell": niggli,
}
CRYSTALS: dict[str, Callable[[], Structure]] = {
    "rock salt": rock_salt,
    "disordered": disordered,
    "triclinic": triclinic,
    "quartz": quartz,
    "mirrored": mirrored,
}
