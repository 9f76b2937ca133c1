"""What ingest says of one CIF, which crystals keep lithium, and the anion rule."""

import pandas as pd
import pytest

from factories import make_cif
from ionladder.data.obelix.crystals import StructureError, read_crystal, structure, structure_row
from ionladder.data.obelix.release import parse_formula
from ionladder.data.registry import get_task
from ionladder.data.slices import anion_kind, elements_of, experiment_columns
from ionladder.repo import Layout, sha256_bytes

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


def describe(cif, table="Li1.5P1.0S4.0"):
    return structure_row("5e2", read_crystal(cif.encode()), parse_formula(table))


def test_a_disordered_crystal_is_described_site_by_site():
    cif = make_cif(ROW)
    assert describe(cif) == {
        "id": "5e2",
        "cif_sha256": sha256_bytes(cif.encode()),
        "cif_text": cif,
        "n_sites": 7,
        "formula_cif": "Li1.5P1S4",
        "space_group_cif": 62,
        "a_ang": 5.0,
        "b_ang": 6.0,
        "c_ang": 4.5,
        "volume_ang3": 135.0,
        **dict.fromkeys(("alpha_deg", "beta_deg", "gamma_deg"), 90.0),
        **dict.fromkeys(("has_vacancy", "li_partial", "has_li"), True),
        **dict.fromkeys(("is_ordered", "has_mixed_site", "positions_perturbed"), False),
        "max_frac_diff_vs_table": 0.0,
        "z_ratio_vs_table": 1.0,
        "parse_warnings": [],
    }


def test_uncertainties_and_other_names_of_the_space_group_are_read():
    cif = make_cif(ROW).replace("_cell_length_a   5.0", "_cell_length_a   5.000(5)")
    number = "_symmetry_Int_Tables_number   62\n"
    for other in ("_space_group_IT_number 62\n", ""):
        row = describe(cif.replace(number, other))
        assert (row["a_ang"], row["space_group_cif"]) == (5.0, 62)
    nameless = cif.replace(number, "").replace("_symmetry_space_group_name_H-M", "_my_name")
    for text, said in ((nameless, "no space group"), ("data_x\n_cell_length_a 1\n", "")):
        with pytest.raises(StructureError, match=said):
            read_crystal(text.encode())


def test_two_species_on_one_site_are_seen_together():
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


def coordinate(cif, new):
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
def test_added_noise_is_told_from_published_digits(x, is_noisy):
    assert describe(coordinate(make_cif(ROW), x))["positions_perturbed"] is is_noisy


@pytest.mark.parametrize(
    "data",
    [b"", b"data_x\n", b"\xff\xfe", b"not a cif", make_cif(ROW).replace("loop_", "lop_").encode()],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data):
    with pytest.raises(StructureError, match=r"\S"):
        read_crystal(data)


@pytest.mark.data
def test_in_the_real_test_set_it_is_what_the_networks_see(repository):
    from ionladder.baselines.graphs import site_shares

    layout, task = Layout(repository), get_task("obelix-cif")
    folder = layout.version_dir("obelix", "1.2.0")
    splits = pd.read_parquet(folder / "splits.parquet").set_index("id")
    texts = pd.read_parquet(folder / "structures.parquet").set_index("id")["cif_text"]
    test = sorted(i for i in texts.index if splits.loc[i, "subset"] == "test")
    slices = pd.DataFrame({"id": test, "order": "ordered"})
    found = experiment_columns(layout, task, "1.2.0", slices)["lithium_rounded"]
    assert found.value_counts().to_dict() == {"kept": 52, "lost": 15}
    for entry in test:
        _, shares = site_shares(structure({}, {"cif_text": texts[entry]}), "rounded")
        left = any(3 in share for share in shares)
        assert found[entry] == ("kept" if left else "lost"), entry


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("Li7La3Zr2O12", "oxide"),
        ("LiTi2P3O12", "phosphate"),
        ("Li10GeP2S12", "sulfide"),
        ("Li6PS5Cl", "sulfide halide"),
        ("Li3InCl6", "chloride"),
        ("Li3InCl5F", "mixed halide"),
        ("Li3ClO", "oxyhalide"),
        ("Li3N", "nitride"),
        ("Li3Mo8S8O8H8", "mixed"),
        ("Li8GeP4", "none of these"),
    ],
)
def test_anions_name_the_chemistry(formula, expected):
    assert anion_kind(elements_of(formula)) == expected
