"""The generator of BVEL-proto: sourced types, neutral and filtered substitutions, whole systems."""

import dataclasses
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import generate
import prototypes as pt
from generate import Generated, judge, make_candidate
from ionladder.data.bond_valence import ANIONS, Barriers, ion, radius
from ionladder.errors import IngestError, Problem
from label import NO_PARAMETERS, NO_PERCOLATION, label_all

# Shortest and longest first-shell distances (Å) that crystal chemistry knows for the central ions
# of the frameworks, from Shannon's radii: wrong coordinates would leave these windows.
SHELLS = pd.read_csv(Path(__file__).with_name("shells.csv"), index_col="prototype")
LICOO2 = {"A": "Li+", "B": "Co3+", "X": "O2-"}


def kind(name):
    return next(prototype for prototype in pt.all_prototypes() if prototype.name == name)


def candidate(prototype, **ions):
    return make_candidate(kind(prototype), ions, scale=judge(kind(prototype), ions).scale)


# Structure types


def test_hand_built_types_have_the_published_bonds_and_space_groups():
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    for family in pt.HAND_BUILT:
        structure = pt.family_structure(family)
        centres, others, _, distances = structure.get_neighbor_list(3.5)
        charges = np.array([site.specie.oxi_state for site in structure])
        bonds = distances[charges[centres] * charges[others] < 0]
        assert structure.charge == 0
        assert structure.is_valid(tol=1.4)
        assert bonds.min() == pytest.approx(family.bond_ang, abs=0.03), family.prototype
        symbol = SpacegroupAnalyzer(structure, symprec=0.01).get_space_group_symbol()
        assert symbol == family.space_group
        if family.prototype in SHELLS.index:
            name, number, low, high = SHELLS.loc[family.prototype]
            centre = next(i for i, site in enumerate(structure) if str(site.specie) == name)
            shell = np.sort(distances[(centres == centre) & (charges[others] < 0)])[:number]
            assert len(shell) == number
            assert low <= shell[0] <= shell[-1] <= high, family.prototype


# Substitutions


def test_no_neutral_assignment_is_missed():
    expected = {
        f"A={a} B={b} X={x}"
        for a, b, x in product(pt.CATIONS, pt.CATIONS, ANIONS)
        if ion(a).charge + ion(b).charge + 3 * ion(x).charge == 0
        and "Li+" in (a, b)
        and ion(a).symbol != ion(b).symbol
    }
    assert {pt.assignment_name(chosen) for chosen in pt.assignments(kind("perovskite"))} == expected


def test_licoo2_is_accepted_and_gets_the_cell_of_its_radii():
    structure = candidate("alpha-nafeo2", **LICOO2).structure()
    bonds = [
        float(near.nn_distance)
        for site in structure
        if site.specie.symbol in ("Li", "Co")
        for near in structure.get_neighbors(site, 2.6)
        if near.specie.symbol == "O"
    ]
    assert judge(kind("alpha-nafeo2"), LICOO2).reason is None
    assert np.mean(bonds) == pytest.approx(
        (radius("Co3+", 6) + radius("Li+", 6)) / 2 + 1.40, rel=0.02
    )


def test_each_filter_turns_away_what_it_is_for(monkeypatch):
    layered = kind("alpha-nafeo2")
    large = layered.structure.make_supercell([7, 6, 1], in_place=False)
    near = tuple(
        replace(
            around,
            distances={
                label: distances * (0.5 if (around.label, label) == ("A", "A") else 1.0)
                for label, distances in around.distances.items()
            },
        )
        for around in layered.neighbours
    )
    garnet = {"A": "Li+", "B": "Ba2+", "C": "Bi3+", "X": "I-"}
    for reason, prototype, chosen in (
        (generate.NO_LI, layered, {"A": "Na+", "B": "Co3+", "X": "O2-"}),
        (generate.TOO_LARGE, dataclasses.replace(layered, structure=large), LICOO2),
        (generate.TOO_LARGE, kind("garnet-li7"), garnet),
        (generate.COORDINATION, kind("ABC_oP6_59_a_a_a"), {"C": "Li+", "Cl": "S2-", "N": "Na+"}),
        (generate.BOND, kind("perovskite"), {"A": "Be2+", "B": "Li+", "X": "I-"}),
        (generate.LIKE_CHARGES, dataclasses.replace(layered, neighbours=near), LICOO2),
    ):
        assert judge(prototype, chosen).reason == reason
    monkeypatch.setattr(generate, "SHORTEST_LI_CATION_ANG", 3.0)  # Li-Co are 2.9 Å apart
    assert judge(layered, LICOO2).reason == generate.OVERLAP


# The draw


# Labels and versions


def test_structures_that_cannot_be_labelled_are_named_and_counted():
    good, closed, unknown = (candidate("rock-salt", A="Li+", X=x) for x in ("Cl-", "Br-", "I-"))
    made = Generated(candidates=[good, closed, unknown])

    def label(structure):
        formula = structure.composition.reduced_formula
        if "I" in formula:
            raise IngestError(Problem(where="x", expected="y", found="z", next_step="w"))
        value = None if "Br" in formula else 0.5
        return Barriers(e_1d_ev=value, e_2d_ev=value, e_3d_ev=value)

    assert list(label_all(made, label=label)) == [good.id]
    assert made.candidates == [good]
    assert made.rejected == {NO_PERCOLATION: [closed.name], NO_PARAMETERS: [unknown.name]}
