"""One structure of the benchmark: ions, rounded coordinates and the cell as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.bvel_proto.barriers import SETTINGS
from ionladder.datasets.bvel_proto.ions import ion
from ionladder.datasets.bvel_proto.prototypes import Prototype
from ionladder.datasets.bvel_proto.substitution import Assignment, assignment_name

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

# Labels depend on the cell and the coordinates to the last digit, so both are rounded before.
DECIMALS = 6
_ID_DIGITS = 8
_CLEARANCE_ANG = 1e-4
_NUDGE = 1.0005

Triple = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One structure, exactly as the tables hold it.

    Attributes:
        id: ``proto-`` and eight hexadecimal digits, made from prototype and assignment alone.
        prototype: Its structure type.
        family: The larger class of the type.
        assignment: Which ion sits on which label, as text.
        cell: a, b, c in Å and α, β, γ in degrees, six decimals.
        ions: One ion name a site.
        frac_coords: Fractional coordinates in [0, 1), six decimals, sites sorted by element and
            position.
    """

    id: str
    prototype: str
    family: str
    assignment: str
    cell: tuple[float, float, float, float, float, float]
    ions: tuple[str, ...]
    frac_coords: tuple[Triple, ...]

    @property
    def name(self) -> str:
        """Prototype and assignment, for letters and counts."""
        return f"{self.prototype} {self.assignment}"

    def structure(self) -> Structure:
        """As a pymatgen structure with oxidation states."""
        return make_structure(self.cell, self.ions, self.frac_coords)


def make_structure(
    cell: tuple[float, ...], ions: tuple[str, ...], frac_coords: tuple[Triple, ...]
) -> Structure:
    """A pymatgen structure with oxidation states, from what the tables hold."""
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.periodic_table import Species
    from pymatgen.core.structure import Structure

    species = [Species(ion(name).symbol, ion(name).charge) for name in ions]
    return Structure(Lattice.from_parameters(*cell), species, [list(xyz) for xyz in frac_coords])


def make_candidate(prototype: Prototype, chosen: Assignment, *, scale: float) -> Candidate:
    """Put ions on a structure type, scale its cell, and round.

    Args:
        prototype: The structure type.
        chosen: Label → ion name.
        scale: Factor on all lengths. It grows by a two-thousandth as long as an axis is a whole
            number of grid steps, where the number of grid points would hang on the last bit.
    """
    lattice = prototype.structure.lattice
    while any(_is_on_a_step(length * scale) for length in lattice.abc):
        scale *= _NUDGE
    lengths = [round(length * scale, DECIMALS) for length in lattice.abc]
    angles = [round(angle, DECIMALS) for angle in lattice.angles]
    sites = sorted(
        (ion(chosen[site.properties["label"]]).symbol, _rounded(site.frac_coords), site)
        for site in prototype.structure
    )
    return Candidate(
        id=candidate_id(prototype.name, assignment_name(chosen)),
        prototype=prototype.name,
        family=prototype.family,
        assignment=assignment_name(chosen),
        cell=(lengths[0], lengths[1], lengths[2], angles[0], angles[1], angles[2]),
        ions=tuple(chosen[site.properties["label"]] for _, _, site in sites),
        frac_coords=tuple(position for _, position, _ in sites),
    )


def candidate_id(prototype: str, assignment: str) -> str:
    """The id of an assignment of ions to a structure type, whatever else is in the set.

    Example:
        >>> candidate_id("rock-salt", "A=Li+ X=Cl-")
        'proto-35e2bc3e'
    """
    digest = sha256_bytes(f"{prototype}|{assignment}".encode())
    return f"proto-{digest[:_ID_DIGITS]}"


def _is_on_a_step(length_ang: float) -> bool:
    steps = length_ang / SETTINGS.resolution_ang
    return abs(steps - round(steps)) * SETTINGS.resolution_ang < _CLEARANCE_ANG


def _rounded(position: object) -> Triple:
    x, y, z = (round(float(value) % 1.0, DECIMALS) % 1.0 + 0.0 for value in position)  # type: ignore[attr-defined]
    return (x, y, z)
