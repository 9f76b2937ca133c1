"""OBELiX' structures: CIFs as published, partial occupancies included."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure


def structure(_entry: dict[str, Any], row: dict[str, Any]) -> Structure:
    """The sites of the published cell, read as ingest reads them."""
    from pymatgen.io.cif import CifParser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ingest has put them into `parse_warnings`
        parser = CifParser.from_str(row["cif_text"], occupancy_tolerance=1.0)
        (found,) = parser.parse_structures(primitive=False, on_error="raise")
    return found


def cif(_entry: dict[str, Any], row: dict[str, Any]) -> str:
    """The CIF as published."""
    text: str = row["cif_text"]
    return text
