from __future__ import annotations

import pandas as pd
import pytest
from pymatgen.core.periodic_table import Element

from ionladder.baselines.composition import ELEMENTS, amount_table, atomic_fractions, parse_formula
from ionladder.errors import BaselineError


def test_elements_stand_in_the_order_of_their_atomic_number() -> None:
    assert list(ELEMENTS) == [Element.from_Z(number).symbol for number in range(1, 119)]


def test_fractional_and_missing_amounts_are_read() -> None:
    assert parse_formula("Li81.6Ge9.6P14.4S96.0") == {"Li": 81.6, "Ge": 9.6, "P": 14.4, "S": 96.0}
    assert parse_formula("LiCl") == {"Li": 1.0, "Cl": 1.0}


def test_an_element_that_stands_twice_is_added_up() -> None:
    assert parse_formula("Li2.0O1.0Li0.5") == {"Li": 2.5, "O": 1.0}


@pytest.mark.parametrize("formula", ["", "Li2(SO4)", "Li+", "Xx1.0", "li2o", "Li2 S", "Li0.0", "7"])
def test_anything_but_a_flat_formula_is_refused_with_a_letter(formula: str) -> None:
    with pytest.raises(BaselineError, match="expected element symbols with amounts"):
        parse_formula(formula)


def test_columns_are_the_elements_of_the_whole_table_by_atomic_number() -> None:
    table = amount_table(pd.Series({"x": "S1.0Li2.0", "y": "Ag1.0I1.0"}))

    assert list(table.columns) == ["Li", "S", "Ag", "I"]
    assert table.loc["x"].tolist() == [2.0, 1.0, 0.0, 0.0]
    assert table.index.tolist() == ["x", "y"]


def test_fractions_of_every_entry_add_up_to_one() -> None:
    fractions = atomic_fractions(amount_table(pd.Series({"x": "Li3.0N1.0", "y": "Li1.0Cl1.0"})))

    assert fractions.loc["x", ["Li", "N"]].tolist() == [0.75, 0.25]
    assert fractions.sum(axis=1).tolist() == [1.0, 1.0]
