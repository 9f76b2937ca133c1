"""Labels, cells and family names read one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice
from pymatgen.symmetry.groups import SpaceGroup

from ionladder.data.obelix.tables import (
    Cell,
    LabelError,
    clean_family,
    crystal_system,
    obeys,
    parse_conductivity,
)


@given(st.floats(1e-20, 1.0))
def test_logarithms_agree_with_numpy(value: float) -> None:
    label = parse_conductivity(repr(value))
    assert label.value == value
    assert label.log10 == pytest.approx(np.log10(value), abs=1e-12)
    assert (label.limit, label.log10_limit) == (None, None)


@pytest.mark.parametrize(("text", "log10"), [("1e-3", -3.0), ("0.001", -3.0), ("1E-10", -10.0)])
def test_powers_of_ten_are_exact(text: str, log10: float) -> None:
    assert parse_conductivity(text).log10 == log10


@pytest.mark.parametrize(("text", "limit"), [("<1E-10", 1e-10), ("<1E-8", 1e-8), ("<5E-9", 5e-9)])
def test_limits_stand_at_minus_15_and_keep_their_limit(text: str, limit: float) -> None:
    label = parse_conductivity(text)
    assert (label.value, label.limit, label.log10) == (None, limit, -15.0)
    assert label.log10_limit == pytest.approx(math.log10(limit))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "n/a",
        "nan",
        "inf",
        "0",
        "0.0",
        "-1e-5",
        "<1e-10",
        "<1E-10 S",
        ">1E-3",
        "1e-5 ",
        "<0E-1",
    ],
)
def test_any_other_label_is_refused(text: str) -> None:
    with pytest.raises(LabelError):
        parse_conductivity(text)


def test_crystal_systems_agree_with_pymatgen() -> None:
    for number in range(1, 231):
        assert crystal_system(number) == SpaceGroup.from_int_number(number).crystal_system


@pytest.mark.parametrize("number", [-1, 0, 231])
def test_numbers_that_are_no_space_group_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no space group"):
        crystal_system(number)


@given(st.lists(st.floats(2.0, 40.0), min_size=3, max_size=3), st.floats(60.0, 100.0))
def test_volumes_agree_with_pymatgen(lengths: list[float], beta: float) -> None:
    cell = Cell(*lengths, 80.0, beta, 95.0)
    oracle = Lattice.from_parameters(*lengths, 80.0, beta, 95.0).volume
    assert cell.volume == pytest.approx(oracle, rel=1e-9, abs=1e-5)


@pytest.mark.parametrize(
    ("cell", "systems"),
    [
        (
            Cell(5, 5, 5, 90, 90, 90),
            {"cubic", "tetragonal", "orthorhombic", "monoclinic", "trigonal"},
        ),
        (Cell(5, 5, 7, 90, 90, 90), {"tetragonal", "orthorhombic", "monoclinic"}),
        (Cell(5, 6, 7, 90, 90, 90), {"orthorhombic", "monoclinic"}),
        (Cell(5, 6, 7, 90, 101, 90), {"monoclinic"}),
        (Cell(5, 6, 7, 101, 90, 90), {"monoclinic"}),
        (Cell(5, 5, 9, 90, 90, 120), {"trigonal", "hexagonal", "monoclinic"}),
        (Cell(5, 5, 5, 57, 57, 57), {"trigonal"}),
        (Cell(5, 6, 7, 80, 85, 95), set()),
    ],
)
def test_a_cell_obeys_the_systems_it_could_belong_to(cell: Cell, systems: set[str]) -> None:
    every = ("monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")
    assert {system for system in every if obeys(cell, system)} == systems
    assert obeys(cell, "triclinic")


@pytest.mark.parametrize(
    ("raw", "family"),
    [
        ("cholorides", "chlorides"),
        ("argyrodite", "argyrodites"),
        ("nitride", "nitrides"),
        ("Halide", "halides"),
        ("Tavorite", "tavorite"),
        ("NASICON", "NASICON"),
        ("LGPS", "LGPS"),
        ("thio-LISICON", "thio-LISICON"),
        ("fluorides", "fluorides"),
        (" garnet ", "garnet"),
        ("", None),
        ("  ", None),
    ],
)
def test_families_have_one_spelling(raw: str, family: str | None) -> None:
    assert clean_family(raw) == family
