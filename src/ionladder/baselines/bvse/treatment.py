"""Which CIFs the bond-valence method can treat, and the crystal it is given.

The method moves a Li ion through the framework of all other ions, so Li may be partly occupied or
shared out among sites: it is taken out anyway, and only its amount counts, for the charges. The
framework must be ordered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionladder.baselines.bvse.charges import charges_of

if TYPE_CHECKING:
    from pymatgen.core.sites import PeriodicSite
    from pymatgen.core.structure import Structure

_LITHIUM = "Li"
_FULL = 1.0 - 1e-6
_DISORDER, _SHARED = "disordered framework", "Li shares a site"
_NO_LITHIUM, _NOT_NEUTRAL = "no Li", "no neutral charges"


class UntreatableError(ValueError):
    """A crystal that the method cannot treat; the message says why in a few words."""


def decorated(structure: Structure) -> Structure:
    """The crystal with one ion on every site, ready for the force field.

    Args:
        structure: As read from the CIF.

    Returns:
        The same sites with charges; sites of Li count as full, for the method removes them.

    Raises:
        UntreatableError: No Li, Li shares a site, the framework is disordered, or no neutral
            choice of charges.
    """
    from pymatgen.core.periodic_table import Species
    from pymatgen.core.structure import Structure

    amounts: dict[str, float] = {}
    symbols = []
    for site in structure:
        occupancies = _occupancies(site)
        symbol = next(iter(occupancies))
        if len(occupancies) > 1:
            raise UntreatableError(_SHARED if _LITHIUM in occupancies else _DISORDER)
        if symbol != _LITHIUM and occupancies[symbol] < _FULL:
            raise UntreatableError(_DISORDER)
        amounts[symbol] = amounts.get(symbol, 0.0) + occupancies[symbol]
        symbols.append(symbol)
    if _LITHIUM not in amounts:
        raise UntreatableError(_NO_LITHIUM)
    charges = charges_of(amounts)
    if charges is None:
        raise UntreatableError(_NOT_NEUTRAL)
    ions = [Species(symbol, charges[symbol]) for symbol in symbols]
    return Structure(structure.lattice, ions, structure.frac_coords)


def _occupancies(site: PeriodicSite) -> dict[str, float]:
    """Element → occupancy, oxidation states put together."""
    found: dict[str, float] = {}
    for species, amount in site.species.items():
        symbol = str(getattr(species, "element", species).symbol)
        found[symbol] = found.get(symbol, 0.0) + float(amount)
    return found
