"""Labels: the same numbers as BVlain, and the physics that everybody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ionladder.data import bond_valence as module
from ionladder.data.bond_valence import SETTINGS, Barriers, barriers_of, site_energies
from ionladder.data.bvel_proto.generate import judge
from ionladder.data.bvel_proto.prototypes import HAND_BUILT, all_prototypes, family_structure
from ionladder.data.bvel_proto.tables import make_candidate, variants
from ionladder.errors import IngestError
from unit.datasets.bvel_proto.bvlain_here import needs_bvlain

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

pytestmark = needs_bvlain

FAMILIES = {family.prototype: family for family in HAND_BUILT}
TYPES = {prototype.name: prototype for prototype in all_prototypes()}

# 60 structures labelled again under nine equally good choices: see the dataset card.
FLOOR_EV = 0.1


def published(prototype: str) -> Structure:
    """The published compound of a hand-built type, primitive cell."""
    return family_structure(FAMILIES[prototype]).get_primitive_structure()


def substituted(prototype: str, **ions: str) -> Structure:
    kind = TYPES[prototype]
    return make_candidate(kind, ions, scale=judge(kind, ions).scale).structure()


def bvlain(structure: Structure) -> tuple[np.ndarray, tuple[float, ...]]:
    """Energies and barriers by BVlain alone."""
    from bvlain import Lain

    lain = Lain(verbose=False)
    lain.read_structure(structure, oxi_check=False)
    grid = lain.bvse_distribution(
        "Li1+",
        r_cut=SETTINGS.r_cut_ang,
        resolution=SETTINGS.resolution_ang,
        k=SETTINGS.max_neighbours,
    )
    found = lain.percolation_barriers(encut=SETTINGS.encut_ev)
    return grid, tuple(float(found[key]) for key in ("E_1D", "E_2D", "E_3D"))


@pytest.mark.parametrize(
    "structure",
    [
        published("antifluorite"),
        published("li2mno3"),
        published("anti-perovskite"),
        published("argyrodite"),
        substituted("alpha-nafeo2", A="Li+", B="Co3+", X="O2-"),
        substituted("li2sio3", A="Li+", B="Ge4+", X="O2-"),
        substituted("scheelite", A="Li+", B="Y3+", X="F-"),
        substituted("perovskite", A="Ba2+", B="Li+", X="F-"),
    ],
    ids=lambda s: s.composition.reduced_formula,
)
def test_energies_and_barriers_are_those_of_bvlain_to_the_last_digit(
    structure: Structure,
) -> None:
    grid, barriers = bvlain(structure)

    assert np.array_equal(site_energies(structure), grid)
    assert barriers_of(structure).as_tuple() == barriers


def test_the_blocks_of_the_neighbour_search_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    structure = published("antifluorite")
    whole = site_energies(structure)

    monkeypatch.setattr(module, "_BLOCK_POINTS", 97)

    assert np.array_equal(site_energies(structure), whole)


def test_layered_licoo2_conducts_in_two_dimensions() -> None:
    found = barriers_of(substituted("alpha-nafeo2", A="Li+", B="Co3+", X="O2-"))

    assert found.e_2d_ev == pytest.approx(found.e_1d_ev, abs=0.05)
    assert found.e_3d_ev > found.e_2d_ev + 3


def test_olivine_lifepo4_conducts_in_one_dimension() -> None:
    found = barriers_of(published("olivine"))

    assert found.e_1d_ev < 0.6
    assert found.e_2d_ev > found.e_1d_ev + 2


def test_nasicon_and_antifluorite_conduct_alike_in_all_dimensions() -> None:
    for prototype in ("nasicon", "antifluorite"):
        found = barriers_of(published(prototype))
        assert found.e_1d_ev == found.e_3d_ev < 1.0


def test_barriers_do_not_depend_on_the_order_of_sites() -> None:
    structure = published("li3incl6")
    order = np.random.default_rng(3).permutation(len(structure)).tolist()
    shuffled = structure.from_sites([structure[i] for i in order])

    assert barriers_of(shuffled) == barriers_of(structure)


def test_origin_and_cell_matter_no_more_than_the_floor() -> None:
    structure = published("antifluorite")
    reference = np.array(barriers_of(structure).as_tuple())

    for name, varied, settings in variants("proto-00000000", structure):
        difference = np.abs(np.array(barriers_of(varied, settings).as_tuple()) - reference)
        assert difference.max() < FLOOR_EV, name


def test_a_structure_without_li_is_named_in_a_letter() -> None:
    structure = published("antifluorite").replace_species({"Li+": "Na+"}, in_place=False)

    with pytest.raises(IngestError, match=r"structure Na2S: expected Li and a framework .* no Li"):
        barriers_of(structure)


def test_an_ion_without_parameters_is_named_in_a_letter() -> None:
    structure = published("li3aln2").replace_species({"N3-": "P3-"}, in_place=False)

    with pytest.raises(IngestError, match=r"structure Li3AlP2: expected ions .* found P3-"):
        barriers_of(structure)


def test_barriers_of_two_equal_runs_are_equal() -> None:
    structure = published("argyrodite")

    first, second = barriers_of(structure), barriers_of(structure)

    assert isinstance(first, Barriers)
    assert first == second
