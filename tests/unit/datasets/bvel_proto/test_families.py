"""Structure types: the published compounds are sound, sourced, and what they say they are."""

from __future__ import annotations

import re

import pytest

from ionladder.datasets.bvel_proto.aflow import aflow_types
from ionladder.datasets.bvel_proto.family import Family
from ionladder.datasets.bvel_proto.ions import ANIONS, ion
from ionladder.datasets.bvel_proto.prototypes import HAND_BUILT, all_prototypes, family_structure

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
    "li2zrf6": ("Zr4+", 6, 1.98, 2.06),
    "li2sio3": ("Si4+", 4, 1.57, 1.72),
    "gamma-lialo2": ("Al3+", 4, 1.73, 1.79),
    "beta-nafeo2": ("Ga3+", 4, 1.82, 1.88),
    "colquiriite": ("Al3+", 6, 1.77, 1.83),
    "scheelite": ("Y3+", 8, 2.20, 2.33),
    "elpasolite": ("Al3+", 6, 1.75, 1.83),
    "li3aln2": ("Al3+", 4, 1.85, 1.93),
    "alpha-nafeo2": ("Co3+", 6, 1.89, 1.95),
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
def test_every_type_names_a_publication_with_a_year(family: Family) -> None:
    assert re.search(r"\((?:18|19|20)\d\d\)", family.source)
    assert len(family.source) > 20


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
