"""What the published text of OBELiX says: files, conductivities, formulas, cells and families."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice
from pymatgen.symmetry.groups import SpaceGroup

from ionladder.data.obelix import release
from ionladder.errors import IngestError

HEADER = ",".join(release.COLUMNS)
REST = "," * (len(release.COLUMNS) - 1)


def write(tmp_path, text):
    path = tmp_path / "all.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("entry", ["5e2", "019", "max", "nan", "NA", "True", " a "])
def test_every_value_stays_the_text_it_was(tmp_path, entry):
    (row,) = release.read_csv(write(tmp_path, f"{HEADER}\n{entry}{REST}\n"))
    assert row["ID"] == entry
    assert set(row) == set(release.COLUMNS)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (HEADER.removesuffix(",Liion ID"), "missing: Liion ID"),
        (HEADER.replace("ID,", "Id,", 1), "missing: ID; unknown: Id"),
        (f"{HEADER},a", "twice: a"),
        (",".join(reversed(release.COLUMNS)), "another order"),
        ("", "missing: ID, Reduced"),
    ],
)
def test_another_header_is_refused_by_column(tmp_path, header, found):
    with pytest.raises(IngestError) as caught:
        release.read_csv(write(tmp_path, f"{header}\n" if header else b""))
    assert caught.value.problems[0].found.startswith(found)


@given(st.floats(1e-20, 1.0))
def test_logarithms_agree_with_numpy(value):
    label = release.parse_conductivity(repr(value))
    assert label.value == value
    assert label.log10 == pytest.approx(np.log10(value), abs=1e-12)
    assert (label.limit, label.log10_limit) == (None, None)


@pytest.mark.parametrize(("text", "limit"), [("<1E-10", 1e-10), ("<1E-8", 1e-8), ("<5E-9", 5e-9)])
def test_limits_stand_at_minus_15_and_keep_their_limit(text, limit):
    label = release.parse_conductivity(text)
    assert (label.value, label.limit, label.log10) == (None, limit, -15.0)
    assert label.log10_limit == pytest.approx(math.log10(limit))


@pytest.mark.parametrize(
    "text", ["", " ", "n/a", "nan", "0.0", "-1e-5", "<1e-10", "1e-5 ", "<0E-1"]
)
def test_any_other_label_is_refused(text):
    with pytest.raises(release.LabelError):
        release.parse_conductivity(text)


def test_crystal_systems_agree_with_pymatgen():
    for number in (1, 2, 3, 15, 16, 74, 75, 142, 143, 167, 168, 194, 195, 230):
        assert release.crystal_system(number) == SpaceGroup.from_int_number(number).crystal_system


@given(st.lists(st.floats(2.0, 40.0), min_size=3, max_size=3), st.floats(60.0, 100.0))
def test_volumes_agree_with_pymatgen(lengths, beta):
    cell = (*lengths, 80.0, beta, 95.0)
    oracle = Lattice.from_parameters(*lengths, 80.0, beta, 95.0).volume
    assert release.volume(cell) == pytest.approx(oracle, rel=1e-9, abs=1e-5)


@pytest.mark.parametrize(
    ("cell", "systems"),
    [
        ((5, 5, 5, 90, 90, 90), {"cubic", "tetragonal", "orthorhombic", "monoclinic", "trigonal"}),
        ((5, 5, 7, 90, 90, 90), {"tetragonal", "orthorhombic", "monoclinic"}),
        ((5, 6, 7, 90, 90, 90), {"orthorhombic", "monoclinic"}),
        ((5, 6, 7, 90, 101, 90), {"monoclinic"}),
        ((5, 6, 7, 101, 90, 90), {"monoclinic"}),
        ((5, 5, 9, 90, 90, 120), {"trigonal", "hexagonal", "monoclinic"}),
        ((5, 5, 5, 57, 57, 57), {"trigonal"}),
        ((5, 6, 7, 80, 85, 95), set()),
    ],
)
def test_a_cell_obeys_the_systems_it_could_have(cell, systems):
    every = ("monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")
    assert {system for system in every if release.obeys(cell, system)} == systems
    assert release.obeys(cell, "triclinic")


amounts = st.dictionaries(
    st.sampled_from(["Li", "La", "P", "S", "O", "Cl", "H", "B", "Br"]),
    st.integers(1, 4000).map(lambda n: Fraction(n, 100)),
    min_size=1,
)


def spell(contents):
    return "".join(f"{element}{float(amount)}" for element, amount in contents.items())


@pytest.mark.parametrize(
    "text",
    [
        "Li0.6[Li0.2Sn0.8S2]",
        "Li14Nd5(Si11N19O5)O2F2",
        "Li10.5(Sn0.2Si0.8)1.5P1.5S12",
        "(Ag0.33Li0.67)0.27La0.57TiO3",
        "Li3(Mo8S8O8(OH)8(HWO5(H2O)))",
        "La0.62 Li0.14(Mg0.5W0.5)O3",
    ],
)
def test_amounts_agree_with_pymatgen(text):
    oracle = Composition(text.replace("[", "(").replace("]", ")").replace(" ", ""))
    found = {element: float(amount) for element, amount in release.parse_formula(text).items()}
    assert found == pytest.approx({str(el): amount for el, amount in oracle.items()})


@pytest.mark.parametrize(
    "text", ["", " ", "Xx2", "Li2*(H2O)", "Li(PO4", "Li[PO4)", "2Li", "Li-2", "Li0.0", "D2O"]
)
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(release.FormulaError):
        release.parse_formula(text)


@given(amounts)
def test_parsing_is_exact(contents):
    assert release.parse_formula(spell(contents)) == contents


@given(amounts, st.integers(2, 24))
def test_a_larger_cell_has_the_same_norm(contents, times):
    larger = {element: amount * times for element, amount in reversed(contents.items())}
    assert release.normalised_formula(contents) == release.normalised_formula(larger)
    assert release.largest_fraction_difference(contents, larger) == 0.0
