"""Formulas: exact amounts, and one spelling for equal compositions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition

from ionladder.data.obelix.tables import (
    FormulaError,
    largest_fraction_difference,
    normalised_formula,
    parse_formula,
)

amounts = st.dictionaries(
    st.sampled_from(["Li", "La", "P", "S", "O", "Cl", "H", "B", "Br"]),
    st.integers(1, 4000).map(lambda n: Fraction(n, 100)),
    min_size=1,
)


def spell(contents: dict[str, Fraction]) -> str:
    return "".join(f"{element}{float(amount)}" for element, amount in contents.items())


@pytest.mark.parametrize(
    "text",
    [
        "Li7.0Bi1.0O6.0",
        "LiV(PO4)F",
        "Li0.6[Li0.2Sn0.8S2]",
        "Li14Nd5(Si11N19O5)O2F2",
        "Li10.5(Sn0.2Si0.8)1.5P1.5S12",
        "(Ag0.33Li0.67)0.27La0.57TiO3",
        "Li3(Mo8S8O8(OH)8(HWO5(H2O)))",
        " Li6.4Al0.19La3Zr2O11.8",
        "La0.62 Li0.14(Mg0.5W0.5)O3",
        "Li1.4Al0.4Ti1.6 (PO4)3 ",
        "Pb6.12Ca1.9Li1.96(PO4)6",
    ],
)
def test_amounts_agree_with_pymatgen(text: str) -> None:
    oracle = Composition(text.replace("[", "(").replace("]", ")").replace(" ", ""))
    found = {element: float(amount) for element, amount in parse_formula(text).items()}
    assert found == pytest.approx({str(el): amount for el, amount in oracle.items()})


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Xx2",
        "li2",
        "Li2*(H2O)",
        "Li(PO4",
        "LiPO4)",
        "Li[PO4)",
        "2Li",
        "Li-2",
        "Li0.0",
        "D2O",
    ],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)


@given(amounts)
def test_parsing_is_exact(contents: dict[str, Fraction]) -> None:
    assert parse_formula(spell(contents)) == contents


@given(amounts, st.integers(2, 24))
def test_a_larger_cell_has_the_same_normalised_formula(
    contents: dict[str, Fraction], times: int
) -> None:
    larger = {element: amount * times for element, amount in reversed(contents.items())}
    assert normalised_formula(contents) == normalised_formula(larger)
    assert largest_fraction_difference(contents, larger) == 0.0


def test_two_cells_of_one_composition_share_a_normalised_formula() -> None:
    one, other = parse_formula("Li81.6Ge9.6P14.4S96"), parse_formula("Li20.4Ge2.4P3.6S24")
    assert normalised_formula(one) == normalised_formula(other)
    assert normalised_formula(one) == "Ge0.04762Li0.40476P0.07143S0.47619"


def test_a_missing_element_counts_as_a_fraction_of_zero() -> None:
    assert largest_fraction_difference(parse_formula("Li8Si2S8"), parse_formula("Si2S8")) == (
        pytest.approx(8 / 18)
    )
