import numpy as np
import pandas as pd
import pytest
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from ionladder.baselines import bvse
from ionladder.baselines import bvse as charges
from ionladder.baselines.graphs import read_cif
from unit.baselines.tiny_task import rock_salt_cif


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"Li": 4, "Gd": 4, "P": 16, "O": 48}, {"Gd": 3, "P": 5, "O": -2}),
        ({"Li": 24, "P": 4, "Cl": 4, "O": 20}, {"P": 5, "Cl": -1, "O": -2}),
        ({"Li": 4, "P": 4, "S": 12}, {"P": 5, "S": -2}),
        ({"Li": 64, "Ge": 8, "P": 32}, {"Ge": 4, "P": -3}),
        ({"Li": 8, "P": 4, "N": 4, "O": 8}, {"P": 5, "N": -3, "O": -2}),
        ({"Li": 8, "Cr": 4, "Cl": 16}, {"Cr": 2, "Cl": -1}),
        ({"Li": 2, "V": 2, "P": 2, "O": 8, "F": 2}, {"V": 3, "P": 5, "O": -2, "F": -1}),
        ({"Li": 12, "Bi": 4, "O": 16}, {"Bi": 5, "O": -2}),
        ({"Li": 4, "Al": 4, "H": 16}, {"Al": 3, "H": -1}),
    ],
)
def test_charges_are_textbook_ones(amounts, expected):
    assert charges.charges_of(amounts) == {"Li": 1, **expected}


def test_an_occupancy_of_li_that_is_a_little_off_still_gives_charges():
    garnet = {"Li": 39.89, "La": 24.0, "Sb": 16.0, "O": 96.0}

    assert charges.charges_of(garnet) == {"Li": 1, "La": 3, "Sb": 5, "O": -2}
    assert charges.charges_of({**garnet, "Li": 20.0}) is None


def _crystal(li, framework):
    return Structure(Lattice.cubic(4.0), [li, framework], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.mark.parametrize(
    ("li", "framework", "reason"),
    [
        ({"Li": 1.0}, {"Cl": 0.5, "Br": 0.5}, "disordered framework"),
        ({"Li": 1.0}, {"Cl": 0.9}, "disordered framework"),
        ({"Li": 0.5, "Na": 0.5}, {"Cl": 1.0}, "Li shares a site"),
        ({"Na": 1.0}, {"Cl": 1.0}, "no Li"),
        ({"Li": 0.5}, {"Cl": 1.0}, "no neutral charges"),
    ],
)
def test_what_cannot_be_treated_says_why(li, framework, reason):
    with pytest.raises(charges.UntreatableError, match=f"^{reason}$"):
        charges.with_charges(_crystal(li, framework))


@pytest.mark.extra
def test_barriers_are_kept_and_gaps_say_why(tmp_path, monkeypatch):
    pytest.importorskip("bvlain")
    texts = [rock_salt_cif(4.03, "F"), rock_salt_cif(5.3, "Cl", "Br"), rock_salt_cif(4.1, "H")]
    structures = pd.DataFrame({"cif_text": texts}, index=["a", "b", "c"])

    first = charges.barrier_table(structures, cache=tmp_path)
    monkeypatch.setattr(bvse, "_row", lambda _: pytest.fail("the cache has it"))
    again = charges.barrier_table(structures, cache=tmp_path)

    pd.testing.assert_frame_equal(first, again)
    assert np.isfinite(first.loc["a", list(charges.BARRIERS)].astype(float)).all()
    assert first.loc[["b", "c"], list(charges.BARRIERS)].isna().all(axis=None)
    assert first["reason"].tolist() == ["", "disordered framework", "ion without parameters"]


@pytest.mark.extra
def test_a_barrier_is_that_of_the_labels_of_bvel_proto():
    pytest.importorskip("bvlain")
    from ionladder.data.bond_valence import barriers_of

    text = rock_salt_cif(4.03, "F")
    row = charges.barrier_table(pd.DataFrame({"cif_text": [text]}, index=["a"]), cache=None).loc[
        "a"
    ]

    charged = read_cif(text)
    charged.add_oxidation_state_by_element({"Li": 1, "F": -1})
    assert tuple(row[list(charges.BARRIERS)]) == barriers_of(charged).as_tuple()
