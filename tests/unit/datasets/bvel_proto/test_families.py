"""Structure types: the published compounds are sound, sourced, and what they say they are."""

from __future__ import annotations

import re

import pytest

from ionladder.data.bond_valence import ANIONS, ion
from ionladder.data.bvel_proto.prototypes import (
    HAND_BUILT,
    Family,
    aflow_types,
    all_prototypes,
    family_structure,
)

hand_built = pytest.mark.parametrize("family", HAND_BUILT, ids=lambda f: f.prototype)

# Shortest and longest first-shell distances (Å) that crystal chemistry knows for the central ions
# of the frameworks, from Shannon's radii: wrong coordinates would leave these windows.
_SHELLS = {
    "olivine": ("P5+", 4, 1.50, 1.58),
    "gamma-li3po4": ("P5+", 4, 1.50, 1.58),
    "nasicon": ("P5+", 4, 1.50, 1.58),
    "argyrodite": ("P5+", 4, 2.02, 2.10),
    "garnet-li7": ("Zr4+", 6, 2.05, 2.15),
    "li2mno3": ("Mn4+", 6, 1.86, 1.95),
    "li3incl6": ("In3+", 6, 2.46, 2.58),
    "li2sio3": ("Si4+", 4, 1.57, 1.72),
    "gamma-lialo2": ("Al3+", 4, 1.73, 1.79),
    "beta-nafeo2": ("Ga3+", 4, 1.82, 1.88),
    "elpasolite": ("W6+", 6, 1.88, 1.96),
    "suzuki": ("Mn4+", 6, 1.88, 1.95),
    "garnet-li3": ("Si4+", 4, 1.61, 1.66),
    "lialcl4": ("Al3+", 4, 2.10, 2.16),
    "li3aln2": ("Al3+", 4, 1.85, 1.93),
    "alpha-nafeo2": ("Cr3+", 6, 2.38, 2.48),
}


def shell(family: Family, name: str) -> list[float]:
    """Distances from an ion to the anions within 3 Å, ascending."""
    structure = family_structure(family)
    centre = next(site for site in structure if str(site.specie) == name)
    around = structure.get_neighbors(centre, 3.0)
    return sorted(float(n.nn_distance) for n in around if n.specie.oxi_state < 0)


@hand_built
def test_the_published_compound_is_neutral_and_does_not_overlap(family: Family) -> None:
    structure = family_structure(family)

    assert structure.charge == 0
    assert structure.is_valid(tol=1.4)


@hand_built
def test_the_shortest_bond_is_the_published_one(family: Family) -> None:
    structure = family_structure(family)
    shortest = min(
        float(neighbour.nn_distance)
        for site in structure
        for neighbour in structure.get_neighbors(site, 3.5)
        if neighbour.specie.oxi_state * site.specie.oxi_state < 0
    )

    assert shortest == pytest.approx(family.bond_ang, abs=0.03)


@pytest.mark.parametrize("prototype", _SHELLS)
def test_the_central_polyhedron_has_the_size_crystal_chemistry_knows(prototype: str) -> None:
    family = next(f for f in HAND_BUILT if f.prototype == prototype)
    name, number, low, high = _SHELLS[prototype]

    first = shell(family, name)[:number]

    assert len(first) == number
    assert low <= first[0] <= first[-1] <= high


@hand_built
def test_its_space_group_is_found_again_from_its_sites(family: Family) -> None:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    found = SpacegroupAnalyzer(family_structure(family), symprec=0.01).get_space_group_symbol()

    assert found == family.space_group


@hand_built
def test_every_type_names_a_publication_with_a_year_or_a_database_entry(family: Family) -> None:
    assert re.search(r"\((?:18|19|20)\d\d\)|ICSD \d+", family.source)
    assert family.doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", family.doi)
    assert family.doi is not None or re.search(r"(?:COD|ICSD|AMCSD) \d+|doi:10\.", family.record)
    assert re.search(r"(?:COD|ICSD|AMCSD) \d+|AFLOW \w+|OBELiX \S+ entry \w{3}", family.record)


def test_the_types_that_are_compared_and_not_copied_say_how_close_they_come() -> None:
    compared = {f.prototype: f.note for f in HAND_BUILT if "ompared, not copied" in f.note}

    assert set(compared) == {"nasicon", "garnet-li7", "argyrodite", "li3incl6", "li2sio3"}
    assert all(re.search(r"0\.\d\d Å RMS", note) for note in compared.values())


@hand_built
def test_the_tables_carry_source_doi_and_record(family: Family) -> None:
    prototype = next(p for p in all_prototypes() if p.name == family.prototype)

    assert prototype.source == family.citation
    assert family.source in prototype.source
    assert family.record in prototype.source
    assert family.doi is None or f"doi:{family.doi};" in prototype.source


def test_every_aflow_type_names_the_publication_the_library_took_it_from() -> None:
    kept = aflow_types()

    cited = re.compile(r"\((?:18|19|20)\d\d\); AFLOW \w+ \(doi:10\.\S+\)$")
    assert all(cited.search(one.source) for one in kept)
    assert not any(re.search(r"[\\{}$]", one.source) for one in kept)
    assert len({one.source.split(";")[0] for one in kept}) > 0.8 * len(kept)


def test_names_are_used_once_and_every_type_has_a_family() -> None:
    names = [prototype.name for prototype in all_prototypes()]

    assert len(names) == len(set(names))
    assert all(prototype.family and prototype.source for prototype in all_prototypes())


def test_metals_of_the_aflow_library_are_dropped_by_rule() -> None:
    kept = {one.name for one in aflow_types()}
    metals = {"AB11CD3_cP16_221_a_dg_b_c", "AB18C8_cF108_225_a_eh_f", "A9B16C7_cF128_225_acd_2f_be"}
    borides = {"A6B_cP7_221_f_a", "AB2_hP3_191_a_d"}
    dumbbells = {"AB2_cP12_205_a_c"}

    assert not kept & (metals | borides | dumbbells)
    assert {"A2BC4_cF56_227_d_a_e", "ABC3_hR10_161_a_a_b", "A3B_hP4_191_bc_a"} <= kept


def test_kept_aflow_compounds_hold_an_anion_with_parameters() -> None:
    anions = {ion(name).symbol for name in ANIONS}

    for one in aflow_types():
        assert {e.symbol for e in one.structure.composition.elements} & anions, one.name
