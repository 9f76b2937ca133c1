"""Hand-built types with polyhedral frameworks, coordinates from single published refinements."""

from __future__ import annotations

from ionladder.datasets.bvel_proto.family import (
    AFLOW_2,
    AFLOW_3,
    Family,
    Site,
    cubic,
    hexagonal,
    orthogonal,
)

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
