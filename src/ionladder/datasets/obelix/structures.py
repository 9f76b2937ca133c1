"""CIFs read with pymatgen and set beside the table's composition and cell."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.obelix.cells import Cell
from ionladder.datasets.obelix.formulas import Amounts, largest_fraction_difference

if TYPE_CHECKING:
    from pymatgen.core.sites import PeriodicSite
    from pymatgen.core.structure import Structure

_LITHIUM = "Li"
_FULL = 1.0 - 1e-6
_DECIMALS = 6
_SHORT_DECIMALS = 6
_SHORT_TOLERANCE = 6e-9
_CELL_FIELDS = tuple(f"_cell_length_{axis}" for axis in "abc") + tuple(
    f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")
)
_COORDINATES = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")


class StructureError(ValueError):
    """A CIF that cannot be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Crystal:
    """What ingest takes from one CIF.

    Attributes:
        text: The CIF.
        structure: Sites of the cell as written.
        amounts: Contents of the cell; occupancies to six decimals.
        cell: Lengths and angles as written.
        space_group: Number in the header.
        coordinates: Fractional coordinates as written.
        warnings: What the reader remarked.
    """

    text: str
    structure: Structure
    amounts: Amounts
    cell: Cell
    space_group: int
    coordinates: tuple[float, ...]
    warnings: tuple[str, ...]


def read_crystal(data: bytes) -> Crystal:
    """Read one CIF.

    Raises:
        StructureError: Not UTF-8, not one structure, a site over-occupied, no space group, …
    """
    from pymatgen.io.cif import CifParser

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"byte {error.start} is not UTF-8"
        raise StructureError(msg) from error
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            parser = CifParser.from_str(text, occupancy_tolerance=1.0)
            (structure,) = parser.parse_structures(primitive=False, on_error="raise")
            (block,) = parser.as_dict().values()
            remarks: list[str] = getattr(parser, "warnings", [])
        return Crystal(
            text=text,
            structure=structure,
            amounts=_amounts(structure),
            cell=Cell(*(float(block[field]) for field in _CELL_FIELDS)),
            space_group=int(block["_symmetry_Int_Tables_number"]),
            coordinates=tuple(float(x) for field in _COORDINATES for x in block[field]),
            warnings=tuple(sorted({*remarks, *(str(w.message) for w in caught)})),
        )
    except (ValueError, KeyError, TypeError, AssertionError, IndexError) as error:
        msg = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200].rstrip(".")
        raise StructureError(msg) from error


def structure_row(entry_id: str, crystal: Crystal, table: Mapping[str, Fraction]) -> dict[str, Any]:
    """The row of ``structures`` for one entry.

    Args:
        entry_id: Its id.
        crystal: Its CIF, read.
        table: Contents of the tabulated cell.
    """
    sites = [_elements(site) for site in crystal.structure]
    totals = [sum(site.values()) for site in sites]
    cell = crystal.cell
    atoms = sum(crystal.amounts.values(), start=Fraction(0))
    return {
        "id": entry_id,
        "cif_sha256": sha256_bytes(crystal.text.encode("utf-8")),
        "cif_text": crystal.text,
        "n_sites": len(sites),
        "formula_cif": _formula(crystal.amounts),
        "is_ordered": all(len(s) == 1 and t >= _FULL for s, t in zip(sites, totals, strict=True)),
        "has_vacancy": any(total < _FULL for total in totals),
        "has_mixed_site": any(len(site) > 1 for site in sites),
        "li_partial": any(site.get(_LITHIUM, 1.0) < _FULL for site in sites),
        "has_li": _LITHIUM in crystal.amounts,
        "space_group_cif": crystal.space_group,
        "a_ang": cell.a,
        "b_ang": cell.b,
        "c_ang": cell.c,
        "alpha_deg": cell.alpha,
        "beta_deg": cell.beta,
        "gamma_deg": cell.gamma,
        "volume_ang3": cell.volume,
        "max_frac_diff_vs_table": round(
            largest_fraction_difference(crystal.amounts, table), _DECIMALS
        ),
        "z_ratio_vs_table": round(float(atoms / sum(table.values(), start=Fraction(0))), _DECIMALS),
        "positions_perturbed": any(_is_noisy(x) for x in crystal.coordinates),
        "parse_warnings": list(crystal.warnings),
    }


def _amounts(structure: Structure) -> Amounts:
    """Sum of occupancies per element, each rounded to six decimals before it enters."""
    amounts: Amounts = {}
    for site in structure:
        for element, occupancy in _elements(site).items():
            exact = Fraction(round(occupancy * 10**_DECIMALS), 10**_DECIMALS)
            amounts[element] = amounts.get(element, Fraction(0)) + exact
    return amounts


def _elements(site: PeriodicSite) -> dict[str, float]:
    """Occupancy of a site by each element, oxidation states put together."""
    occupancies: dict[str, float] = {}
    for species, occupancy in site.species.items():
        symbol = str(getattr(species, "element", species).symbol)
        occupancies[symbol] = occupancies.get(symbol, 0.0) + float(occupancy)
    return occupancies


def _formula(amounts: Amounts) -> str:
    shown = {el: f"{float(amounts[el]):.{_DECIMALS}f}".rstrip("0").rstrip(".") for el in amounts}
    return "".join(f"{el}{shown[el]}" for el in sorted(shown))


def _is_noisy(coordinate: float) -> bool:
    """Whether a coordinate has more digits than a published one, or a sixth of one, would."""
    return all(
        abs(value - round(value, _SHORT_DECIMALS)) > _SHORT_TOLERANCE * times
        for times, value in ((1, coordinate), (6, coordinate * 6))
    )
