"""BVEL-proto: structure prototypes and their substitution."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ionladder.data.bond_valence import ANIONS, CATIONS, LI, Ion, ion
from ionladder.repo import sha256_bytes

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure


# What a hand-built structure type is: space group, occupied positions, and their publication


Role = Literal["cation", "anion"]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Site:
    """One occupied Wyckoff position.

    Attributes:
        label: Letter of the substitution: positions that share it hold one ion.
        ion: Ion of the published compound, such as ``O2-``.
        position: Fractional coordinates of one of its points.
    """

    label: str
    ion: str
    position: Triple

    @property
    def role(self) -> Role:
        """Whether the position holds a cation or an anion, also after substitution."""
        return "anion" if self.ion.endswith("-") else "cation"


@dataclass(frozen=True, kw_only=True)
class Family:
    """One hand-built structure type.

    Attributes:
        prototype: Its own name (``lisicon-zn``); what prototype-disjoint splits keep apart.
        family: The larger class it belongs to (``lisicon``).
        space_group: Hermann-Mauguin symbol, with the origin choice where there are two.
        cell: a, b, c in Å and α, β, γ in degrees of the published compound.
        sites: Its occupied positions.
        bond_ang: Shortest cation-anion distance of the published compound, Å: what a test holds
            cell and coordinates to.
        source: Compound and publication.
        record: Where its cell and coordinates can be looked up: an entry of a database, or of
            AFLOW's library of prototypes. They are that entry's numbers unless ``note`` says how
            they were compared with it.
        doi: DOI of the publication, or of the one that OBELiX names for the record; None where
            it could not be confirmed.
        note: What was idealised or compared, or why the type is here.
    """

    prototype: str
    family: str
    space_group: str
    cell: tuple[float, float, float, float, float, float]
    sites: tuple[Site, ...]
    bond_ang: float
    source: str
    record: str
    doi: str | None = None
    note: str = ""

    @property
    def citation(self) -> str:
        """Source, DOI and record in one line, as the tables carry it."""
        doi = [] if self.doi is None else [f"doi:{self.doi}"]
        return "; ".join([self.source, *doi, self.record])


# The parts of AFLOW's library of prototypes: Mehl et al. 2017, Hicks et al. 2019 and 2021.
AFLOW_1 = "(doi:10.1016/j.commatsci.2017.01.017)"
AFLOW_2 = "(doi:10.1016/j.commatsci.2018.10.043)"
AFLOW_3 = "(doi:10.1016/j.commatsci.2021.110450)"


def cubic(a: float) -> tuple[float, float, float, float, float, float]:
    """A cubic cell."""
    return (a, a, a, 90.0, 90.0, 90.0)


def hexagonal(a: float, c: float) -> tuple[float, float, float, float, float, float]:
    """A hexagonal cell."""
    return (a, a, c, 90.0, 90.0, 120.0)


def orthogonal(a: float, b: float, c: float) -> tuple[float, float, float, float, float, float]:
    """An orthorhombic or tetragonal cell."""
    return (a, b, c, 90.0, 90.0, 90.0)


# Hand-built types with polyhedral frameworks, coordinates from single published refinements


_LI3PO4_CELL = orthogonal(10.4612, 6.1113, 4.9208)
_LI3PO4_PAPER = "B. Wang et al., J. Solid State Chem. 115, 313 (1995)"
_LI3PO4_DOI = "10.1006/jssc.1995.1140"
_LI3PO4_RECORD = "AMCSD 0013843, ICSD 79427"
# Published for Pmnb; here y, x, z, for Pnma.
_LI3PO4_8D = (0.1627, 0.5016, 0.3008)
_LI3PO4_4C = (0.4246, 0.75, 0.2045)
_LI3PO4_P = (0.4115, 0.25, 0.3079)
_LI3PO4_O = (
    Site("X", "O2-", (0.3418, 0.0441, 0.2054)),
    Site("X", "O2-", (0.0503, 0.25, 0.2928)),
    Site("X", "O2-", (0.0896, 0.75, 0.1223)),
)

FRAMEWORKS: tuple[Family, ...] = (
    Family(
        prototype="olivine",
        family="olivine",
        space_group="Pnma",
        cell=orthogonal(10.332, 6.010, 4.692),
        sites=(
            Site("A", "Li+", (0, 0, 0)),
            Site("B", "Fe2+", (0.28222, 0.25, 0.97472)),
            Site("C", "P5+", (0.09486, 0.25, 0.4182)),
            Site("X", "O2-", (0.09678, 0.25, 0.74279)),
            Site("X", "O2-", (0.45710, 0.25, 0.20602)),
            Site("X", "O2-", (0.16558, 0.04646, 0.28478)),
        ),
        bond_ang=1.52,
        source="LiFePO4, V. A. Streltsov et al., Acta Cryst. B 49, 147 (1993)",
        doi="10.1107/S0108768192004701",
        record="COD 2100916, ICSD 72545",
    ),
    Family(
        prototype="gamma-li3po4",
        family="lisicon",
        space_group="Pnma",
        cell=_LI3PO4_CELL,
        sites=(
            Site("A", "Li+", _LI3PO4_8D),
            Site("A", "Li+", _LI3PO4_4C),
            Site("C", "P5+", _LI3PO4_P),
            *_LI3PO4_O,
        ),
        bond_ang=1.54,
        source=f"γ-Li3PO4, {_LI3PO4_PAPER}",
        doi=_LI3PO4_DOI,
        record=_LI3PO4_RECORD,
    ),
    Family(
        prototype="lisicon",
        family="lisicon",
        space_group="Pnma",
        cell=_LI3PO4_CELL,
        sites=(
            Site("A", "Li+", _LI3PO4_8D),
            Site("B", "Cd2+", _LI3PO4_4C),
            Site("C", "Si4+", _LI3PO4_P),
            *_LI3PO4_O,
        ),
        bond_ang=1.54,
        source=f"Li2CdSiO4 with the coordinates of γ-Li3PO4, {_LI3PO4_PAPER}",
        doi=_LI3PO4_DOI,
        record=f"{_LI3PO4_RECORD}; ordered as AFLOW AB2C4D_oP32_62_c_d_2cd_c (ICSD 1113)",
        note="The 4c Li of γ-Li3PO4 gives way to M; AFLOW lists γ-Li3PO4 with Li2CdSiO4.",
    ),
    Family(
        prototype="nasicon",
        family="nasicon",
        space_group="R-3c",
        cell=hexagonal(8.511, 20.843),
        sites=(
            Site("A", "Li+", (0, 0, 0)),
            Site("B", "Ti4+", (0, 0, 0.1412)),
            Site("C", "P5+", (0.2880, 0, 0.25)),
            Site("X", "O2-", (0.1856, 0.9935, 0.1901)),
            Site("X", "O2-", (0.1896, 0.1634, 0.0811)),
        ),
        bond_ang=1.51,
        source="LiTi2(PO4)3, ICSD 184088, of which OBELiX names the publication",
        doi="10.1007/s11164-013-1348-0",
        record="OBELiX 1.2.0 entry rr5, ICSD 184088",
        note="Compared, not copied: 0.12 Å RMS from the record, whose copy in OBELiX carries as "
        "much noise.",
    ),
    Family(
        prototype="garnet-li3",
        family="garnet",
        space_group="Ia-3d",
        cell=cubic(11.4597),
        sites=(
            Site("A", "Si4+", (0.375, 0, 0.25)),
            Site("B", "Co2+", (0.125, 0, 0.25)),
            Site("C", "Al3+", (0, 0, 0)),
            Site("X", "O2-", (0.3471, 0.4664, 0.0512)),
        ),
        bond_ang=1.64,
        source="Co3Al2Si3O12, garnet of AFLOW's library of prototypes, part 2 (2019)",
        record=f"AFLOW A2B3C12D3_cI160_230_a_c_h_d {AFLOW_2}",
        note="Li takes the tetrahedral site, as in Li3Nd3Te2O12.",
    ),
    Family(
        prototype="garnet-li7",
        family="garnet",
        space_group="I4_1/acd",
        cell=orthogonal(13.134, 13.134, 12.663),
        sites=(
            Site("A", "Li+", (0, 0, 0.5)),
            Site("A", "Li+", (0.1813, 0.1813, 0.25)),
            Site("A", "Li+", (0.0796, 0.8363, 0.9349)),
            Site("B", "La3+", (0, 0, 0.25)),
            Site("B", "La3+", (0.1272, 0.75, 0.375)),
            Site("C", "Zr4+", (0, 0.75, 0.125)),
            Site("X", "O2-", (0.9658, 0.8047, 0.2778)),
            Site("X", "O2-", (0.0538, 0.6024, 0.6589)),
            Site("X", "O2-", (0.1497, 0.7783, 0.5699)),
        ),
        bond_ang=1.88,
        source="Li7La3Zr2O12, tetragonal, J. Awaka et al., J. Solid State Chem. 182, 2046 (2009)",
        doi="10.1016/j.jssc.2009.05.020",
        record="OBELiX 1.2.0 entry wyu",
        note="For origin choice 1. Compared, not copied: 0.03 Å RMS from the record.",
    ),
    Family(
        prototype="argyrodite",
        family="argyrodite",
        space_group="F-43m",
        cell=cubic(9.986),
        sites=(
            Site("A", "Li+", (0.0183, 0.25, 0.25)),
            Site("C", "P5+", (0.5, 0.5, 0.5)),
            Site("X", "S2-", (0.25, 0.25, 0.25)),
            Site("X", "S2-", (0.6195, 0.6195, 0.6195)),
            Site("Y", "Br-", (0, 0, 0)),
        ),
        bond_ang=2.07,
        source="Li6PS5Br, M. A. Kraft et al., J. Am. Chem. Soc. 139, 10909 (2017)",
        doi="10.1021/jacs.7b06327",
        record="OBELiX 1.2.0 entry 6jf, ICSD 259202",
        note="Ordered: Li on the 24g site between the two halves of its split 48h site, no S-Br "
        "disorder. Compared, not copied: P, S and Br 0.12 Å RMS from the record, whose copy in "
        "OBELiX carries as much noise.",
    ),
    Family(
        prototype="li3incl6",
        family="Li3MX6",
        space_group="C2/m",
        cell=(6.41, 11.07, 6.39, 90.0, 109.8, 90.0),
        sites=(
            Site("A", "Li+", (0, 0.5, 0.5)),
            Site("A", "Li+", (0, 0.1683, 0.5)),
            Site("B", "In3+", (0, 0, 0)),
            Site("X", "Cl-", (0.2467, 0.1608, 0.2409)),
            Site("X", "Cl-", (0.2481, 0, 0.7706)),
        ),
        bond_ang=2.50,
        source="Li3InCl6, ICSD 89617, of which OBELiX names the publication",
        doi="10.1002/anie.201909805",
        record="OBELiX 1.2.0 entry de5, ICSD 89617",
        note="Ordered: the little In on the site 4g is left out. Compared, not copied: 0.06 Å RMS "
        "from the record.",
    ),
    Family(
        prototype="gamma-lialo2",
        family="gamma-LiAlO2",
        space_group="P4_12_12",
        cell=orthogonal(5.1687, 5.1687, 6.2679),
        sites=(
            Site("A", "Li+", (0.8126, 0.8126, 0)),
            Site("B", "Al3+", (0.1759, 0.1759, 0)),
            Site("X", "O2-", (0.3369, 0.2906, 0.7723)),
        ),
        bond_ang=1.75,
        source="γ-LiAlO2, ICSD 23815 in AFLOW's list of prototypes (2021)",
        record="AFLOW ABC2_tP16_92_a_a_b, ICSD 23815",
    ),
    Family(
        prototype="beta-nafeo2",
        family="wurtzite derivative",
        space_group="Pna2_1",
        cell=orthogonal(5.402, 6.372, 5.007),
        sites=(
            Site("A", "Li+", (0.4207, 0.1267, 0.4936)),
            Site("B", "Ga3+", (0.0821, 0.1263, 0)),
            Site("X", "O2-", (0.4066, 0.1388, 0.8927)),
            Site("X", "O2-", (0.0697, 0.1121, 0.3708)),
        ),
        bond_ang=1.84,
        source="LiGaO2, ICSD 18152 and AFLOW's library of prototypes, part 3 (2021)",
        record=f"AFLOW ABC2_oP16_33_a_a_2a-003 {AFLOW_3}, ICSD 18152",
    ),
    Family(
        prototype="li2sio3",
        family="wurtzite derivative",
        space_group="Cmc2_1",
        cell=orthogonal(9.392, 5.397, 4.660),
        sites=(
            Site("A", "Li+", (0.1737, 0.3448, 0)),
            Site("B", "Si4+", (0, 0.1703, 0.4936)),
            Site("X", "O2-", (0.1446, 0.3077, 0.4114)),
            Site("X", "O2-", (0, 0.1134, 0.8549)),
        ),
        bond_ang=1.59,
        source="Li2SiO3, K.-F. Hesse, Acta Cryst. B 33, 901 (1977)",
        record="ICSD 853; compared with AFLOW A2B3C_oC24_36_b_ab_a (ICSD 28192)",
        note="The cell is that of the paper's abstract. Coordinates compared, not copied: 0.06 Å "
        "RMS from ICSD 28192, an earlier determination.",
    ),
    Family(
        prototype="scheelite",
        family="scheelite",
        space_group="I4_1/a",
        cell=orthogonal(5.7543, 5.7543, 13.2171),
        sites=(
            Site("A", "Mo6+", (0, 0, 0)),
            Site("B", "Ba2+", (0, 0, 0.5)),
            Site("X", "O2-", (0.8831, 0.2638, 0.6723)),
        ),
        bond_ang=1.83,
        source="BaMoO4, ICSD 50821 in AFLOW's list of prototypes (2021)",
        record="AFLOW ABC4_tI24_88_a_b_f, ICSD 50821",
        note="For origin choice 1. AFLOW lists the cell larger than measured; only its shape is "
        "used.",
    ),
    Family(
        prototype="lialcl4",
        family="LiMX4",
        space_group="P2_1/c",
        cell=(7.007, 6.504, 12.995, 90.0, 93.32, 90.0),
        sites=(
            Site("A", "Li+", (0.15688, 0.98308, 0.36658)),
            Site("B", "Al3+", (0.70588, 0.32198, 0.89924)),
            Site("X", "Cl-", (0.69400, 0.18329, 0.04695)),
            Site("X", "Cl-", (0.80902, 0.62835, 0.92849)),
            Site("X", "Cl-", (0.92580, 0.18160, 0.81372)),
            Site("X", "Cl-", (0.43947, 0.31364, 0.81280)),
        ),
        bond_ang=2.12,
        source="LiAlCl4, G. Mairesse et al., Cryst. Struct. Commun. 6, 15 (1977)",
        record="COD 1004036",
    ),
)


# Hand-built types whose ions sit on ideal packings: nearly all coordinates fixed by symmetry


PACKINGS: tuple[Family, ...] = (
    Family(
        prototype="rock-salt",
        family="rock salt",
        space_group="Fm-3m",
        cell=cubic(5.63931),
        sites=(Site("A", "Na+", (0, 0, 0)), Site("X", "Cl-", (0.5, 0.5, 0.5))),
        bond_ang=2.82,
        source="NaCl, D. Walker et al., Am. Mineral. 89, 204 (2004)",
        record=f"AFLOW AB_cF8_225_a_b {AFLOW_1}",
    ),
    Family(
        prototype="gamma-lifeo2",
        family="rock salt",
        space_group="I4_1/amd",
        cell=orthogonal(4.049, 4.049, 8.742),
        sites=(
            Site("A", "Li+", (0, 0, 0.5)),
            Site("B", "Fe3+", (0, 0, 0)),
            Site("X", "O2-", (0, 0, 0.25)),
        ),
        bond_ang=2.02,
        source="γ-LiFeO2, ICSD 31149 in AFLOW's list of prototypes (2021)",
        record="AFLOW ABC2_tI16_141_a_b_e, ICSD 31149",
        note="z of O is 1/4, the ideal rock-salt position, in the record too.",
    ),
    Family(
        prototype="alpha-nafeo2",
        family="layered",
        space_group="R-3m",
        cell=hexagonal(3.5561, 19.365),
        sites=(
            Site("A", "Na+", (0, 0, 0)),
            Site("B", "Cr3+", (0, 0, 0.5)),
            Site("X", "S2-", (0, 0, 0.2333)),
        ),
        bond_ang=2.42,
        source="NaCrS2, F. M. R. Engelsman et al., J. Solid State Chem. 6, 574 (1973)",
        record=f"AFLOW ABC2_hR4_166_a_b_c {AFLOW_1}",
        note="Origin moved from Cr to Na.",
    ),
    Family(
        prototype="li2mno3",
        family="layered",
        space_group="C2/m",
        cell=(4.9167, 8.5069, 5.0099, 90.0, 109.373, 90.0),
        sites=(
            Site("A", "Li+", (0, 0.5, 0)),
            Site("A", "Li+", (0, 0, 0.5)),
            Site("A", "Li+", (0, 0.6560, 0.5)),
            Site("B", "Mn4+", (0, 0.1663, 0)),
            Site("X", "O2-", (0.2178, 0, 0.2253)),
            Site("X", "O2-", (0.2537, 0.3220, 0.2237)),
        ),
        bond_ang=1.90,
        source="Li2MnO3 at 60 K, S. Lee et al., J. Phys.: Condens. Matter 24, 456004 (2012)",
        record="ICSD 187500",
    ),
    Family(
        prototype="suzuki",
        family="rock salt",
        space_group="Fm-3m",
        cell=cubic(8.381),
        sites=(
            Site("A", "Mg2+", (0, 0.25, 0.25)),
            Site("B", "Mn4+", (0, 0, 0)),
            Site("X", "O2-", (0.25, 0.25, 0.25)),
            Site("X", "O2-", (0.77, 0, 0)),
        ),
        bond_ang=1.93,
        source="Mg6MnO8, ICSD 24710 in AFLOW's list of prototypes (2021)",
        record="AFLOW A6BC8_cF60_225_d_a_ce, ICSD 24710",
        note="Li6MX8 halides order in this way.",
    ),
    Family(
        prototype="antifluorite",
        family="antifluorite",
        space_group="Fm-3m",
        cell=cubic(5.708),
        sites=(Site("A", "Li+", (0.25, 0.25, 0.25)), Site("X", "S2-", (0, 0, 0))),
        bond_ang=2.47,
        source="Li2S, E. Zintl, A. Harder and B. Dauth, Z. Elektrochem. 40, 588 (1934)",
        record=f"AFLOW AB2_cF12_225_a_c {AFLOW_1}, cations and anions exchanged",
        note="No coordinate is free; the cell is taken from a citation of the paper.",
    ),
    Family(
        prototype="limgn",
        family="antifluorite",
        space_group="F-43m",
        cell=cubic(6.24),
        sites=(
            Site("A", "Ag+", (0.25, 0.25, 0.25)),
            Site("B", "Mg2+", (0.75, 0.75, 0.75)),
            Site("X", "As3-", (0, 0, 0)),
        ),
        bond_ang=2.70,
        source="MgAgAs, H. Nowotny and W. Sibert, Z. Metallkd. 33, 391 (1941)",
        record=f"AFLOW ABC_cF12_216_b_c_a {AFLOW_1}",
        note="Antifluorite with two ordered cations; named after its lithium nitride.",
    ),
    Family(
        prototype="li3aln2",
        family="antifluorite",
        space_group="Ia-3",
        cell=cubic(9.46),
        sites=(
            Site("A", "Li+", (0.160, 0.382, 0.110)),
            Site("B", "Al3+", (0.115, 0.115, 0.115)),
            Site("X", "N3-", (0, 0, 0)),
            Site("X", "N3-", (0.205, 0, 0.25)),
        ),
        bond_ang=1.88,
        source="Li3AlN2, ICSD 25565 and AFLOW's library of prototypes, part 2 (2019)",
        record=f"AFLOW AB3C2_cI96_206_c_e_ad {AFLOW_2}",
    ),
    Family(
        prototype="li3n-ordered",
        family="Li3N",
        space_group="P6/mmm",
        cell=hexagonal(3.648, 3.875),
        sites=(
            Site("A", "Li+", (1 / 3, 2 / 3, 0)),
            Site("B", "Li+", (0, 0, 0.5)),
            Site("X", "N3-", (0, 0, 0)),
        ),
        bond_ang=1.94,
        source="Li3N, ICSD 34280, of which OBELiX names the publication",
        doi="10.1039/c0ee00052c",
        record="OBELiX 1.2.0 entry gvd, ICSD 34280",
        note="No coordinate is free; the cell is the record's. The Li between the layers may give "
        "way to another ion, as in Li2(Li,M)N.",
    ),
    Family(
        prototype="perovskite",
        family="perovskite",
        space_group="Pm-3m",
        cell=cubic(3.795),
        sites=(
            Site("A", "Ca2+", (0.5, 0.5, 0.5)),
            Site("B", "Ti4+", (0, 0, 0)),
            Site("X", "O2-", (0.5, 0, 0)),
        ),
        bond_ang=1.90,
        source="CaTiO3, T. Barth, Nor. Geol. Tidsskr. 8, 14 (1925)",
        record=f"AFLOW AB3C_cP5_221_a_c_b {AFLOW_1}",
    ),
    Family(
        prototype="anti-perovskite",
        family="anti-perovskite",
        space_group="Pm-3m",
        cell=cubic(3.91),
        sites=(
            Site("A", "Li+", (0.5, 0, 0)),
            Site("X", "O2-", (0, 0, 0)),
            Site("Y", "Cl-", (0.5, 0.5, 0.5)),
        ),
        bond_ang=1.955,
        source="Li3OCl, Y. Zhao and L. L. Daemen, J. Am. Chem. Soc. 134, 15042 (2012)",
        doi="10.1021/ja305709z",
        record="OBELiX 1.2.0 entry 4p7 (doi:10.1039/c3ta15087a)",
        note="No coordinate is free; the positions are those of the record.",
    ),
    Family(
        prototype="elpasolite",
        family="elpasolite",
        space_group="Fm-3m",
        cell=cubic(8.19849),
        sites=(
            Site("A", "Ba2+", (0.25, 0.25, 0.25)),
            Site("B", "Mn2+", (0, 0, 0)),
            Site("C", "W6+", (0.5, 0.5, 0.5)),
            Site("X", "O2-", (0.2654, 0, 0)),
        ),
        bond_ang=1.92,
        source="Ba2MnWO6, double perovskite of AFLOW's library of prototypes, part 3 (2021)",
        record=f"AFLOW A2BC6D_cF40_225_c_a_e_b {AFLOW_3}",
    ),
)


# The publication behind a type of the AFLOW library, from the BibTeX pymatgen ships with it


_FIELD = re.compile(r'(\w+) = (?:"((?:[^"\\]|\\.)*?)"|\{(.*?)\})(?=,\n|\n\})', re.DOTALL)
_NEEDED = ("author", "journal", "volume", "year", "pages")

# LaTeX accents → the combining character that follows the letter.
_ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "v": "\u030c"}
_ACCENT = re.compile(r"""\\(["'`^]|v(?=\{))\{?(\w)\}?""")
_LETTERS = {r"\AA": "Å", r"\aa": "å", r"\ae": "æ", r"\o": "ø"}


def cited(bibtex: str) -> str | None:
    """First author, journal, volume, page and year of the first entry.

    Args:
        bibtex: Entries as pymatgen's library of prototypes holds them.

    Returns:
        One line, or None where the entry lacks one of these.

    Example:
        >>> cited('@article{a,\\n author = "T. Barth and A. Zeh",\\n journal = " Tidsskr.",\\n'
        ...       ' volume = "8",\\n year = "1925",\\n pages = "14--19"\\n}')
        'T. Barth et al., Tidsskr. 8, 14 (1925)'
    """
    first = bibtex.split("\n}", 1)[0] + "\n}"
    found = {name: _plain(quoted or braced) for name, quoted, braced in _FIELD.findall(first)}
    if not all(found.get(name) for name in _NEEDED) or not found["year"].isdigit():
        return None
    authors = found["author"].split(" and ")
    who = authors[0].strip(" ,") + (" et al." if len(authors) > 1 else "")
    page = found["pages"].split("--")[0]
    return f"{who}, {found['journal']} {found['volume']}, {page} ({found['year']})"


def _plain(text: str) -> str:
    """LaTeX accents as letters, braces and surplus blanks gone."""
    text = _ACCENT.sub(lambda hit: hit[2] + _ACCENTS[hit[1]], text)
    for command, letter in _LETTERS.items():
        text = text.replace(command, letter)
    text = re.sub(r"[{}]", "", text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


# Structure types of the AFLOW prototype library that may become Li conductors, by rule


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


# Every structure type as one thing: labelled sites of a primitive cell, and their distances


Array = npt.NDArray[np.float64]

HAND_BUILT: tuple[Family, ...] = (*PACKINGS, *FRAMEWORKS)

_REACH = 2.2
_LABEL = "label"


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """One structure type, ready for substitution.

    Attributes:
        name: Its name.
        family: The larger class it belongs to.
        source: Publication of its coordinates, and where they can be looked up.
        is_hand_built: Whether its sites have fixed roles.
        roles: Label → whether it holds a cation or an anion; None where it may hold either.
        counts: Label → its sites in the primitive cell.
        structure: The published compound, primitive cell, with the property ``label``.
        neighbours: One row of distances for every kind of site; see :class:`Surroundings`.
    """

    name: str
    family: str
    source: str
    is_hand_built: bool
    roles: dict[str, Role | None]
    counts: dict[str, int]
    structure: Structure
    neighbours: tuple[Surroundings, ...] = field(repr=False)

    @property
    def n_sites(self) -> int:
        return len(self.structure)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.counts)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a site sees.

    Attributes:
        label: Its label.
        multiplicity: Sites of the primitive cell that see the same.
        distances: Label → distances to sites of that label, Å, ascending.
    """

    label: str
    multiplicity: int
    distances: dict[str, Array]


@cache
def all_prototypes() -> tuple[Prototype, ...]:
    """Hand-built types in the order of their modules, then AFLOW's by name."""
    built = [_from_family(family) for family in HAND_BUILT]
    for kept in aflow_types():
        structure = kept.structure.copy()
        labels = [site.specie.symbol for site in structure]
        structure.add_site_property(_LABEL, labels)
        built.append(
            _prototype(
                structure,
                name=kept.name,
                family=kept.family,
                source=kept.source,
                roles=dict.fromkeys(sorted(set(labels))),
                is_hand_built=False,
            )
        )
    return tuple(built)


def family_structure(family: Family) -> Structure:
    """The published compound of a hand-built type, conventional cell, with the property ``label``.

    Raises:
        ValueError: Sites overlap or the cell is not neutral, so a coordinate is wrong.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure

    structure = Structure.from_spacegroup(
        family.space_group,
        Lattice.from_parameters(*family.cell),
        [site.ion for site in family.sites],
        [site.position for site in family.sites],
        site_properties={_LABEL: [site.label for site in family.sites]},
    )
    if not structure.is_valid(tol=1.0) or structure.charge != 0:
        msg = f"hand-built type {family.prototype!r} overlaps or is charged: {structure.formula}"
        raise ValueError(msg)
    return structure


def _from_family(family: Family) -> Prototype:
    roles = {site.label: site.role for site in family.sites}
    return _prototype(
        family_structure(family).get_primitive_structure(),
        name=family.prototype,
        family=family.family,
        source=family.citation,
        roles={label: roles[label] for label in sorted(roles)},
        is_hand_built=True,
    )


def _prototype(
    structure: Structure,
    *,
    name: str,
    family: str,
    source: str,
    roles: dict[str, Role | None] | dict[str, Role],
    is_hand_built: bool,
) -> Prototype:
    labels = [site.properties[_LABEL] for site in structure]
    return Prototype(
        name=name,
        family=family,
        source=source,
        is_hand_built=is_hand_built,
        roles={**roles},
        counts={label: labels.count(label) for label in roles},
        structure=structure,
        neighbours=_surroundings(structure, labels),
    )


def _surroundings(structure: Structure, labels: list[str]) -> tuple[Surroundings, ...]:
    """Distances around every site, sites that see the same counted once."""
    reach = _REACH * _widest_gap(structure)
    centres, others, _, distances = structure.get_neighbor_list(reach)
    known: dict[tuple[object, ...], int] = {}
    rows: list[dict[str, Array]] = []
    names: list[str] = []
    counted: list[int] = []
    for index, label in enumerate(labels):
        mine = centres == index
        seen: dict[str, Array] = {
            name: np.sort(distances[mine][[labels[o] == name for o in others[mine]]])
            for name in sorted(set(labels))
        }
        key = (label, *(tuple(np.round(seen[name], 4)) for name in seen))
        if key in known:
            counted[known[key]] += 1
            continue
        known[key] = len(rows)
        rows.append(seen)
        names.append(label)
        counted.append(1)
    return tuple(
        Surroundings(label=name, multiplicity=count, distances=row)
        for name, count, row in zip(names, counted, rows, strict=True)
    )


def _widest_gap(structure: Structure) -> float:
    """The largest distance from any site to its nearest neighbour, Å."""
    radius = 4.0
    while True:
        centres, _, _, distances = structure.get_neighbor_list(radius)
        if len(set(centres.tolist())) == len(structure):
            break
        radius *= 1.5
    nearest = np.full(len(structure), np.inf)
    np.minimum.at(nearest, centres, distances)
    return float(nearest.max())


# Charge-balanced substitution: which ions may sit on the labels of a structure type


SEED = 20250221

Assignment = dict[str, str]


def assignments(prototype: Prototype) -> list[Assignment]:
    """Every neutral assignment of ions to labels with Li+ on one label and no element twice.

    Returns:
        Label → ion name, in alphabetical order of :func:`assignment_name`.
    """
    found = {assignment_name(chosen): chosen for chosen in _neutral(prototype)}
    return [found[name] for name in sorted(found)]


def drawing_rank(prototype: Prototype, chosen: Assignment) -> str:
    """The hash that gives an assignment its place among those that are tried.

    It is that of ``<seed>|<prototype>|<assignment>``: no random generator, no dependence on the
    order of sets or on the number of assignments before.
    """
    return sha256_bytes(f"{SEED}|{prototype.name}|{assignment_name(chosen)}".encode())


def assignment_name(chosen: Assignment) -> str:
    """An assignment as text.

    Example:
        >>> assignment_name({"B": "Co3+", "A": "Li+", "X": "O2-"})
        'A=Li+ B=Co3+ X=O2-'
    """
    return " ".join(f"{label}={chosen[label]}" for label in sorted(chosen))


def _neutral(prototype: Prototype) -> Iterator[Assignment]:
    """Choose ions label by label; the last label takes what neutrality leaves."""
    labels = prototype.labels
    choices = {label: _choices(prototype, label) for label in labels}
    by_charge: dict[str, dict[int, list[Ion]]] = {}
    for label in labels:
        by_charge[label] = {}
        for candidate in choices[label]:
            by_charge[label].setdefault(candidate.charge, []).append(candidate)
    yield from _extend(prototype, labels, choices, by_charge[labels[-1]], [], 0)


def _extend(
    prototype: Prototype,
    labels: tuple[str, ...],
    choices: dict[str, list[Ion]],
    last: dict[int, list[Ion]],
    chosen: list[Ion],
    charge: int,
) -> Iterator[Assignment]:
    label = labels[len(chosen)]
    count = prototype.counts[label]
    is_last = len(chosen) == len(labels) - 1
    if is_last:
        candidates = last.get(-charge // count, []) if charge % count == 0 else []
    else:
        candidates = choices[label]
    symbols = {one.symbol for one in chosen}
    for candidate in candidates:
        if candidate.symbol in symbols:
            continue
        now = [*chosen, candidate]
        if not is_last:
            total = charge + count * candidate.charge
            yield from _extend(prototype, labels, choices, last, now, total)
        elif _is_candidate(now):
            yield {name: one.name for name, one in zip(labels, now, strict=True)}


def _is_candidate(chosen: list[Ion]) -> bool:
    return any(one.name == LI for one in chosen) and any(one.charge < 0 for one in chosen)


def _choices(prototype: Prototype, label: str) -> list[Ion]:
    role = prototype.roles[label]
    names: tuple[str, ...] = ()
    if role != "anion":
        names += tuple(CATIONS)
    if role != "cation":
        names += ANIONS
    return [ion(name) for name in names]
