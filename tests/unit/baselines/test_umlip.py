from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from ionladder.baselines import umlip as ml
from ionladder.baselines.registry import get_baseline
from ionladder.errors import BaselineError
from unit.baselines.tiny_task import rock_salt_cif

POTENTIALS = [
    pytest.param(ml.CHGNET, 64, id="chgnet"),
    pytest.param(ml.SEVENNET, 128, id="sevennet", marks=pytest.mark.slow),
]


def _few_features():
    """A potential whose features are atomic numbers, and which knows no bromine."""

    def features(_, cell):
        if 35 in cell.numbers:
            msg = "unknown element"
            raise ValueError(msg)
        return np.stack([cell.numbers, np.ones(len(cell.numbers))], axis=1).astype(float)

    return ml.Potential(
        source=lambda: "few features", load=lambda: None, features=features, energy=max
    )


def _structures():
    texts = [rock_salt_cif(4.03, "F"), rock_salt_cif(5.5, "Br"), rock_salt_cif(5.13, "Cl")]
    return pd.DataFrame({"cif_text": texts}, index=["a", "b", "c"])


@pytest.mark.extra
def test_features_are_pooled_kept_and_missing_where_the_potential_fails(tmp_path):
    pytest.importorskip("ase")

    first = ml.embedding_table(_few_features(), _structures(), cache=tmp_path)
    never = replace(_few_features(), load=lambda: pytest.fail("kept"))
    again = ml.embedding_table(never, _structures(), cache=tmp_path)

    np.testing.assert_array_equal(first.loc["a"], [6.0, 1.0, 3.0, 0.0])  # Li 3, F 9
    assert first.loc["b"].isna().all()
    pd.testing.assert_frame_equal(first, again)


def test_a_broken_package_is_no_property_of_a_crystal(tmp_path):
    def load():
        msg = "numpy.dtype size changed"
        raise ValueError(msg)

    broken = replace(_few_features(), source=lambda: "broken", load=load)
    with pytest.raises(BaselineError, match=r"numpy\.dtype size changed"):
        ml.embedding_table(broken, _structures(), cache=tmp_path)

    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.extra
def test_sites_that_exclude_each_other_do_not_both_stay():
    pytest.importorskip("ase")
    split = Structure(
        Lattice.cubic(8.0),
        [{"Li": 0.3}, {"Li": 0.7}, {"O": 1.0}, {"Na": 0.4, "Li": 0.6}, {"H": 1.0}],
        [[0, 0, 0], [0.1, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0.62]],
    )

    cell = ml.whole_atoms(split)

    assert cell.numbers.tolist() == [3, 8, 3, 1]
    np.testing.assert_allclose(cell.fractional[0], [0.1, 0, 0])
    np.testing.assert_array_equal(cell.lattice_ang, np.eye(3) * 8.0)


@pytest.mark.parametrize(("potential", "width"), POTENTIALS)
def test_atom_features_do_not_depend_on_place_and_cell(potential, width):
    name = "chgnet" if potential is ml.CHGNET else "sevennet"
    if missing := get_baseline(f"{name}-features").missing_packages():
        pytest.skip(f"needs {missing}")
    crystal = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.62), ["Li", "O"], [[0.25, 0.25, 0.25], [0, 0, 0]]
    )
    primitive = crystal.get_primitive_structure()
    moved = crystal.copy()
    moved.translate_sites(range(len(moved)), [0.1, 0.2, 0.3])
    model = potential.load()

    tables = [
        potential.features(
            model,
            ml.UnitCell(
                np.array([site.specie.Z for site in one]), one.lattice.matrix, one.frac_coords
            ),
        )
        for one in (crystal, primitive, moved)
    ]

    assert [table.shape for table in tables] == [(12, width), (3, width), (12, width)]
    scale = np.abs(tables[0]).max()
    for table in tables[1:]:
        np.testing.assert_allclose(
            table.mean(axis=0), tables[0].mean(axis=0), rtol=0, atol=1e-4 * scale
        )
    strange = ml.UnitCell(np.array([3, 97]), np.eye(3) * 4.0, np.array([[0] * 3, [0.5] * 3]))
    with pytest.raises(ValueError, match="unknown element"):
        potential.features(model, strange)


def test_a_profile_reads_the_same_from_both_ends():
    energies = pd.DataFrame(
        [[-9.0, -8.0, -6.0, -7.0, -8.5], [0.0, 30.0, 0.0, 0.0, 0.0], [np.nan] * 5],
        index=["hill", "clash", "untreated"],
    )

    profile = ml._profile(energies)

    assert profile.loc["hill"].to_dict() == {
        "barrier": 3.0,
        "ends": 0.5,
        "middle": 2.5,
        "next": 1.5,
    }
    assert profile.loc["clash"].to_dict() == {
        "barrier": 6.0,
        "ends": 0.0,
        "middle": 0.0,
        "next": 6.0,
    }
    assert profile.loc["untreated"].isna().all()
    pd.testing.assert_frame_equal(profile, ml._profile(energies[energies.columns[::-1]]))
