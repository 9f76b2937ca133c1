"""What ingest says of one CIF."""

from __future__ import annotations

import warnings

import pytest

from factories import make_cif
from ionladder.data.obelix.tables import StructureError, parse_formula, read_crystal, structure_row
from ionladder.repo import sha256_bytes

ROW = {
    "ID": "5e2",
    "True Composition": "Li1.5P1.0S4.0",
    "Space group": "Pnma",
    "Space group #": "62",
    "a": "5.0",
    "b": "6.0",
    "c": "4.5",
    **dict.fromkeys(("alpha", "beta", "gamma"), "90.0"),
}


def describe(cif: str, table: str = "Li1.5P1.0S4.0") -> dict[str, object]:
    return structure_row("5e2", read_crystal(cif.encode()), parse_formula(table))


def test_a_disordered_crystal_is_described_site_by_site() -> None:
    cif = make_cif(ROW)
    assert describe(cif) == {
        "id": "5e2",
        "cif_sha256": sha256_bytes(cif.encode()),
        "cif_text": cif,
        "n_sites": 7,
        "formula_cif": "Li1.5P1S4",
        "is_ordered": False,
        "has_vacancy": True,
        "has_mixed_site": False,
        "li_partial": True,
        "has_li": True,
        "space_group_cif": 62,
        "a_ang": 5.0,
        "b_ang": 6.0,
        "c_ang": 4.5,
        "alpha_deg": 90.0,
        "beta_deg": 90.0,
        "gamma_deg": 90.0,
        "volume_ang3": 135.0,
        "max_frac_diff_vs_table": 0.0,
        "z_ratio_vs_table": 1.0,
        "positions_perturbed": False,
        "parse_warnings": [],
    }


def test_an_ordered_crystal_has_neither_vacancy_nor_mixed_site() -> None:
    row = describe(make_cif(ROW | {"True Composition": "Li2.0P1.0S4.0"}), "Li2.0P1.0S4.0")
    assert row["is_ordered"]
    assert not any(row[flag] for flag in ("has_vacancy", "has_mixed_site", "li_partial"))


def test_two_species_on_one_site_are_seen_together() -> None:
    cif = make_cif(ROW | {"True Composition": "Li1.0P1.0S4.0"})
    lines = cif.splitlines()
    (li,) = [i for i, line in enumerate(lines) if line.startswith("Li ")]
    fields = lines[li].split()
    lines[li] = " ".join([*fields[:5], "0.6"])
    lines.insert(li + 1, " ".join(["Na", "Na0", *fields[2:5], "0.4"]))
    row = describe("\n".join(lines) + "\n", "Li0.6Na0.4P1.0S4.0")
    assert row["has_mixed_site"]
    assert not row["has_vacancy"]
    assert row["li_partial"]
    assert not row["is_ordered"]
    assert row["formula_cif"] == "Li0.6Na0.4P1S4"
    assert row["max_frac_diff_vs_table"] == 0.0


def test_a_difference_from_the_table_is_measured() -> None:
    row = describe(make_cif(ROW | {"True Composition": "P1.0S4.0"}))
    assert not row["has_li"]
    assert row["max_frac_diff_vs_table"] == pytest.approx(1.5 / 6.5, abs=1e-6)
    assert row["z_ratio_vs_table"] == pytest.approx(5 / 6.5, abs=1e-6)


def coordinate(cif: str, new: str) -> str:
    return cif.replace("0.0714 0.0714 0.0714", f"{new} 0.0714 0.0714", 1)


@pytest.mark.parametrize(
    ("x", "is_noisy"),
    [
        ("0.25", False),
        ("0.30100000", False),
        ("0.33333333", False),
        ("0.66666667", False),
        ("0.03019933", False),  # a sixth of a six-digit number, from a hexagonal setting
        ("0.20594080", True),
        ("0.00462414", True),
    ],
)
def test_added_noise_is_told_from_published_digits(x: str, is_noisy: bool) -> None:
    assert describe(coordinate(make_cif(ROW), x))["positions_perturbed"] is is_noisy


def test_remarks_of_the_reader_are_kept_and_not_shown() -> None:
    cif = coordinate(make_cif(ROW), "0.3333")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = describe(cif)
    assert row["parse_warnings"] == [
        "1 fractional coordinates rounded to ideal values to avoid issues with finite precision."
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"data_x\n", b"\xff\xfe", b"not a cif", make_cif(ROW).replace("loop_", "lop_").encode()],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(StructureError, match=r"\S"):
        read_crystal(data)


def test_an_overfilled_site_is_refused() -> None:
    with pytest.raises(StructureError, match="exceeded tolerance"):
        read_crystal(make_cif(ROW).replace(" 1.000000", " 1.200000", 1).encode())
