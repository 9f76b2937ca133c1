"""OBELiX's structures: CIFs as published, partial occupancies included."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ionladder.data.obelix import release as rel
from ionladder.data.obelix.release import Amounts, Cell
from ionladder.repo import sha256_bytes

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure
    from pymatgen.io.cif import CifParser

CELL_COLUMNS = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")

_CELL_FIELDS = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_FULL = 1.0 - 1e-6
_DECIMALS = 6
_SHORT_TOLERANCE = 6e-9


def structure(_entry: dict[str, Any], row: dict[str, Any]) -> Structure:
    """The sites of the published cell, read as ingest reads them.

    Args:
        row: Its row in ``structures``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ingest has put them into `parse_warnings`
        return _parse(row["cif_text"])[1]


def cif(_entry: dict[str, Any], row: dict[str, Any]) -> str:
    """The CIF as published."""
    text: str = row["cif_text"]
    return text


def _parse(text: str) -> tuple[CifParser, Structure]:
    from pymatgen.io.cif import CifParser

    parser = CifParser.from_str(text, occupancy_tolerance=1.0)
    (found,) = parser.parse_structures(primitive=False, on_error="raise")
    return parser, found


# CIFs read by ingest and compared with the table's composition and cell


class StructureError(ValueError):
    """A CIF that cannot be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class ParsedCrystal:
    """What ingest takes from one CIF.

    Attributes:
        text: The CIF.
        structure: Its structure.
        sites: Occupancy by each element of every site of the cell as written.
        amounts: Contents of the cell; occupancies to six decimals.
        cell: Lengths and angles as written.
        space_group: Number in the header.
        coordinates: Fractional coordinates as written.
        warnings: What the reader remarked.
    """

    text: str
    structure: Structure
    sites: tuple[dict[str, float], ...]
    amounts: Amounts
    cell: Cell
    space_group: int
    coordinates: tuple[float, ...]
    warnings: tuple[str, ...]


def read_crystal(data: bytes) -> ParsedCrystal:
    """Read one CIF.

    Raises:
        StructureError: Not UTF-8, not one structure, a site over-occupied, no space group, …
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StructureError(f"byte {error.start} is not UTF-8") from error
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            parser, crystal = _parse(text)
            (block,) = parser.as_dict().values()
            remarks: list[str] = getattr(parser, "warnings", [])
        sites = tuple(dict(site.species.get_el_amt_dict()) for site in crystal)
        return ParsedCrystal(
            text=text,
            structure=crystal,
            sites=sites,
            amounts=_amounts(sites),
            cell=tuple(_number(block[f"_cell_{field}"]) for field in _CELL_FIELDS),
            space_group=_space_group(block),
            coordinates=tuple(_number(x) for k in "xyz" for x in block[f"_atom_site_fract_{k}"]),
            warnings=tuple(sorted({*remarks, *(str(w.message) for w in caught)})),
        )
    except Exception as error:  # whatever pymatgen raises: a CIF is not its author's program
        msg = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200].rstrip(".")
        raise StructureError(msg) from error


def _number(text: str) -> float:
    """A number of a CIF, perhaps with its standard uncertainty: ``8.69407(5)``."""
    return float(re.sub(r"\([0-9]*\)$", "", text.strip()))


_NUMBER_NAMES = ("_symmetry_Int_Tables_number", "_space_group_IT_number", "_space_group.IT_number")
_SYMBOL_NAMES = (
    *("_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt"),
    "_symmetry_space_group_name_H_M",
)


def _space_group(block: Mapping[str, Any]) -> int:
    """The number in the header, or that of the symbol there.

    Raises:
        StructureError: The header has neither.
    """
    from pymatgen.symmetry.groups import SpaceGroup

    for name in _NUMBER_NAMES:
        if str(block.get(name, "?")).strip() not in {"?", "."}:
            return int(block[name])
    for name in _SYMBOL_NAMES:
        if name in block:
            return int(SpaceGroup(re.sub(r"\s|:.*$", "", block[name])).int_number)
    raise StructureError("no space group is stated, by number or by symbol")


def structure_row(entry_id: str, crystal: ParsedCrystal, table: Amounts) -> dict[str, Any]:
    """The row of ``structures`` for one entry.

    Args:
        entry_id: Its id.
        crystal: Its CIF, read.
        table: Contents of the tabulated cell.
    """
    sites, amounts = crystal.sites, crystal.amounts
    totals = [sum(site.values()) for site in sites]
    is_mixed = any(len(site) > 1 for site in sites)
    has_vacancy = any(total < _FULL for total in totals)
    shown = {e: f"{float(amounts[e]):.{_DECIMALS}f}".rstrip("0").rstrip(".") for e in amounts}
    return {
        "id": entry_id,
        "cif_sha256": sha256_bytes(crystal.text.encode("utf-8")),
        "cif_text": crystal.text,
        "n_sites": len(sites),
        "formula_cif": "".join(f"{element}{shown[element]}" for element in sorted(shown)),
        "is_ordered": not is_mixed and not has_vacancy,
        "has_vacancy": has_vacancy,
        "has_mixed_site": is_mixed,
        "li_partial": any(site.get("Li", 1.0) < _FULL for site in sites),
        "has_li": "Li" in amounts,
        "space_group_cif": crystal.space_group,
        **dict(zip(CELL_COLUMNS, crystal.cell, strict=True)),
        "volume_ang3": rel.volume(crystal.cell),
        "max_frac_diff_vs_table": round(rel.largest_fraction_difference(amounts, table), _DECIMALS),
        "z_ratio_vs_table": round(float(rel.n_atoms(amounts) / rel.n_atoms(table)), _DECIMALS),
        "positions_perturbed": any(_is_noisy(x) for x in crystal.coordinates),
        "parse_warnings": list(crystal.warnings),
    }


def _amounts(sites: tuple[dict[str, float], ...]) -> Amounts:
    """Sum of occupancies per element, each rounded to six decimals before it enters."""
    amounts: Amounts = {}
    for site in sites:
        for element, occupancy in site.items():
            exact = Fraction(round(occupancy * 10**_DECIMALS), 10**_DECIMALS)
            amounts[element] = amounts.get(element, Fraction(0)) + exact
    return amounts


def _is_noisy(coordinate: float) -> bool:
    """Whether a coordinate has more digits than a published one, or a sixth of one, would."""
    return all(
        abs(value - round(value, _DECIMALS)) > _SHORT_TOLERANCE * times
        for times, value in ((1, coordinate), (6, coordinate * 6))
    )
