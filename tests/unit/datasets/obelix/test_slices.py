"""The anion rule, compound by compound."""

from __future__ import annotations

import pytest

from ionladder.data.obelix.slices import anion_class, elements_of
from ionladder.data.obelix.spec import SLICES


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("Li7La3Zr2O12", "oxide"),
        ("Li3Nd3Te2O12", "oxide"),
        ("LiTi2P3O12", "phosphate"),
        ("Li3BP2O8", "phosphate"),
        ("Li10GeP2S12", "sulfide"),
        ("Li4GeS3Se", "selenide"),
        ("Li4SnSe4", "selenide"),
        ("Li6PS5Cl", "sulfide halide"),
        ("Li6PS4SeBr", "sulfide halide"),
        ("Li3InCl6", "chloride"),
        ("Li3YBr6", "bromide"),
        ("Li3ErI6", "iodide"),
        ("Li3AlF6", "fluoride"),
        ("Li3InCl5F", "mixed halide"),
        ("Li3ClO", "oxyhalide"),
        ("Li9Mg3P4O16F3", "oxyhalide"),
        ("Li3N", "nitride"),
        ("Li2PO2N", "mixed"),
        ("Li6NBr3", "mixed"),
        ("Li3Mo8S8O8H8", "mixed"),
        ("Li3AlH6", "none of these"),
        ("Li8GeP4", "none of these"),
    ],
)
def test_anions_name_the_chemistry(formula: str, expected: str) -> None:
    assert anion_class(elements_of(formula)) == expected


def test_the_slice_titles_every_class_of_the_rule() -> None:
    titled = {value for item in SLICES if item.name == "anions" for value, _ in item.values or ()}
    everything = ["O", "N", "S", "Se", "Te", "F", "Cl", "P", "H"]
    subsets = [
        {e for bit, e in enumerate(everything) if mask >> bit & 1} | {"Li"}
        for mask in range(2 ** len(everything))
    ]
    found = {anion_class(elements) for elements in subsets} | {"bromide", "iodide"}
    assert found == titled
