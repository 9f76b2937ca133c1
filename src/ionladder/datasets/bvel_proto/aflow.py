"""Structure types of the AFLOW prototype library that may become Li conductors, by rule.

pymatgen ships the types of part 1 of the library (M. J. Mehl et al., Comput. Mater. Sci. 136, S1,
2017). Each holds the published compound. A type is kept when

1. that compound has two or more elements, at least one of which is N, O, F, S, Cl, Se, Br, Te or
   I, so that alloys, borides, carbides, silicides, arsenides and the like are left out;
2. no site of the compound has another of its anions as close as its nearest other element, so that
   dumbbells (pyrite) and chains are left out;
3. it is not a type that is built by hand (``_BUILT_BY_HAND``), nor a compound with an anion that
   is metallic all the same (``_METALLIC``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ionladder.datasets.bvel_proto.family import AFLOW_1
from ionladder.datasets.bvel_proto.ions import ANIONS, ion
from ionladder.datasets.bvel_proto.references import cited

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

_LIBRARY = "M. J. Mehl et al., Comput. Mater. Sci. 136, S1 (2017)"

# Types that family_packings.py holds; the name is the library's.
_BUILT_BY_HAND = frozenset(
    {"AB_cF8_225_a_b", "AB2_cF12_225_a_c", "AB3C_cP5_221_a_c_b", "ABC2_hR4_166_a_b_c"}
)

# Ti4AlN3 (a MAX phase), Al5C3N and V2N are metals though they hold N; NbO, PdS, NiS, Ni3S2, CuS,
# Ti5Te4 and Cu2Te have metal-metal bonds.
_METALLIC = frozenset(
    {
        "AB3C4_hP16_194_c_af_ef",
        "A5B3C_hP18_186_2a3b_2ab_b",
        "AB2_hP9_162_ad_k",
        "AB_cP6_221_c_d",
        "AB_tP16_84_cej_k",
        "AB_hR6_160_b_b",
        "A3B2_hR5_155_e_c",
        "AB_hP12_194_df_ce",
        "A4B5_tI18_87_h_ah",
        "A2B_hP6_191_h_e",
    }
)

# Families of Li conductors among the library's types; the others are classed by their elements.
_FAMILIES = {
    "A2BC4_cF56_227_d_a_e": "spinel",
    "AB3C4_oP16_31_a_ab_2ab": "wurtzite derivative",
    "ABC2_tI16_122_a_b_d": "sphalerite derivative",
    "A2BC4D_tI16_121_d_a_i_b": "sphalerite derivative",
    "AB3C4_cP8_215_a_c_e": "sphalerite derivative",
    "A2BC4_tI14_82_bc_a_g": "sphalerite derivative",
    "A3B4C_cP8_215_d_e_a": "sphalerite derivative",
    "ABC3_hR10_161_a_a_b": "LiNbO3",
    "ABC3_hR10_167_a_b_e": "LiNbO3",
    "ABC3_hR10_167_a_b_e-b": "calcite",
    "AB3C_hR10_148_c_f_c": "ilmenite",
    "AB3C_oP20_62_c_cd_a": "perovskite",
    "A3BC_tP5_99_bc_a_b": "perovskite",
    "A3BC_mC10_8_ab_a_a": "perovskite",
    "AB2C4_tI14_139_a_e_ce": "K2NiF4",
    "A3B_hP4_191_bc_a": "Li3N",
    "ABC_tP6_129_c_a_c": "PbFCl",
    "ABC6D2_mC40_15_e_e_3f_f": "pyroxene",
    "A4BC_tI24_141_h_b_a": "zircon",
}


@dataclass(frozen=True, kw_only=True)
class AflowType:
    """One type of the library.

    Attributes:
        name: The library's name, with a letter behind it where two types share one.
        family: Its class here.
        source: The publication that the library took it from, its name and the library's DOI.
        structure: The published compound, primitive cell.
    """

    name: str
    family: str
    source: str
    structure: Structure


def aflow_types() -> list[AflowType]:
    """The kept types, by name."""
    return sorted(_kept(), key=lambda kept: kept.name)


def _kept() -> Iterator[AflowType]:
    from pymatgen.analysis import prototypes

    seen: dict[str, int] = {}
    for entry in prototypes.AFLOW_PROTOTYPE_LIBRARY:  # type: ignore[attr-defined]
        name = entry["tags"]["aflow"]
        structure = entry["snl"].structure
        number = seen.setdefault(name, 0)
        seen[name] += 1
        if name in _BUILT_BY_HAND or name in _METALLIC or not _is_ionic(structure):
            continue
        unique = f"{name}-{chr(ord('a') + number)}" if number else name
        n_elements = len(structure.composition)
        other = {2: "other AFLOW binary", 3: "other AFLOW ternary"}
        family = _FAMILIES.get(unique) or other.get(n_elements, "other AFLOW quaternary")
        source = f"{cited(entry['snl'].references) or _LIBRARY}; AFLOW {name} {AFLOW_1}"
        yield AflowType(name=unique, family=family, source=source, structure=structure)


def _is_ionic(structure: Structure) -> bool:
    """Whether rules 1 and 2 hold for a compound."""
    anions = {ion(name).symbol for name in ANIONS}
    elements = {element.symbol for element in structure.composition.elements}
    if len(elements) < 2 or not elements & anions:
        return False
    for site in structure:
        symbol = site.specie.symbol
        if symbol not in anions:
            continue
        same, other = _nearest(structure, site, symbol)
        if same <= other:
            return False
    return True


def _nearest(structure: Structure, site: object, symbol: str) -> tuple[float, float]:
    """Distance to the nearest site of the same element, and of any other, up to 6 Å."""
    same = other = 6.0
    for neighbour in structure.get_neighbors(site, 6.0):  # type: ignore[arg-type]
        distance = float(neighbour.nn_distance)
        if neighbour.specie.symbol == symbol:
            same = min(same, distance)
        else:
            other = min(other, distance)
    return same, other
