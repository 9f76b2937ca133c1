"""BVEL-proto's structures, put together from cell, species and coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ionladder.data.bvel_proto.tables import structure_of

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure


def structure(entry: dict[str, Any], row: dict[str, Any]) -> Structure:
    """The sites of the cell, with oxidation states."""
    return structure_of(entry, row)


def cif(entry: dict[str, Any], row: dict[str, Any]) -> str:
    """A CIF of the whole cell in P1, with oxidation states."""
    from pymatgen.io.cif import CifWriter

    return str(CifWriter(structure_of(entry, row)))
