"""A valid synthetic release, and what ingest says of it when one thing is broken."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice
from pymatgen.symmetry.groups import SpaceGroup

from factories import SIGMA, make_cif, write_repo
from ionladder.config import load_params
from ionladder.data.ingest import run_checks
from ionladder.data.obelix import release
from ionladder.data.obelix.checks import TABLE_CHECKS, Built
from ionladder.data.obelix.crystals import StructureError, read_crystal, structure, structure_row
from ionladder.data.obelix.ingest import build, build_tables, read_crystals
from ionladder.data.obelix.release import (
    CELL,
    DATASET,
    NUMBER,
    REDUCED,
    SYMBOL,
    parse_formula,
    read_release,
)
from ionladder.data.registry import get_task
from ionladder.data.slices import anion_kind, elements_of, experiment_columns
from ionladder.errors import IngestError
from ionladder.repo import Layout, sha256_bytes


@pytest.fixture
def broken(tmp_path):
    """Break a valid release and return what ingest objects to (nothing: an empty list)."""

    def run(edit):
        root = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        pinned = load_params(write_repo(root, {"1.0.0": {"edit": edit}})).versions["obelix-1-0-0"]
        try:
            build(root / "upstream" / "obelix" / "v1.0.0-data", pinned)
        except IngestError as error:
            return list(error.problems)
        return []

    return run


def change(entry, column, value):
    return lambda upstream: upstream.change(entry, column, value)


def rename(upstream):
    for row in (*upstream.rows, *upstream.train):
        if row["ID"] == "a03":
            row["ID"] = "A03"


def drop(upstream, part):
    rows = getattr(upstream, part)
    rows[:] = [row for row in rows if row["ID"] != "a03"]


def contradict_test_file(upstream):
    next(row for row in upstream.test if row["ID"] == "5e2")["DOI"] = "10.1000/other"


IDS, SPLIT = "ids_are_unique_text", "split_partitions_entries"
LABELS = "labels_are_numbers_or_limits"
FORMULAS, CELLS, FLAGS = "formulas_agree", "cells_obey_symmetry", "structures_match_flags"
AGREE, CROSSING = "structures_agree", "nothing_crosses_the_split"
A03 = "all.csv, id 'a03'"


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda u: u.rows.append(dict(u.row("a03"))), f"{IDS}: {A03}"),
        (rename, f"{IDS}: all.csv, row "),
        (lambda u: u.test.append(dict(u.row("a03"))), f"{SPLIT}: id 'a03'"),
        (lambda u: drop(u, "train"), f"{SPLIT}: {A03}"),
        (lambda u: drop(u, "rows"), f"{SPLIT}: train.csv, id 'a03'"),
        (contradict_test_file, f"{SPLIT}: test.csv, id '5e2', column 'DOI'"),
        (change("a03", SIGMA, "<1e-10 S"), f"{LABELS}: {A03}, column '{SIGMA}'"),
        (change("a03", SIGMA, "-1e-5"), f"{LABELS}: {A03}, column '{SIGMA}'"),
        (change("a10", "IC (Total)", "0.5"), f"{LABELS}: all.csv, id 'a10', column 'IC (Total)'"),
        (change("a10", "IC (Bulk)", "<1E-8"), f"{LABELS}: all.csv, id 'a10', column 'IC (Bulk)'"),
        (change("a03", CELL, "Xx2.0P1.0S4.0"), f"{FORMULAS}: {A03}, column '{CELL}'"),
        (change("a03", CELL, "Na5.0P1.0S4.0"), f"{FORMULAS}: {A03}, column '{CELL}'"),
        (change("a03", REDUCED, "Li5PS4*H2O"), f"{FORMULAS}: {A03}, column '{REDUCED}'"),
        (change("a03", REDUCED, "Li5.03PS4"), f"{FORMULAS}: {A03}, column '{REDUCED}'"),
        (change("a03", NUMBER, "231"), f"{CELLS}: {A03}, column '{NUMBER}'"),
        (change("a03", NUMBER, "216"), f"{CELLS}: {A03}, column '{NUMBER}'"),
        (change("a03", "a", "5.9"), f"{CELLS}: {A03}"),
        (change("a06", "c", "1.0"), f"{CELLS}: all.csv, id 'a06'"),
        (lambda u: u.cifs.pop("a02"), f"{FLAGS}: all_cifs.tar.gz, a02.cif"),
        (lambda u: u.cifs.update(a03=u.cifs["a02"]), f"{FLAGS}: all_cifs.tar.gz, a03.cif"),
        (lambda u: u.expected.update(entries=1), f"{IDS}: all.csv"),
    ],
)
def test_one_broken_thing_is_named_by_check_and_row(broken, edit, where):
    problems = broken(edit)
    assert any(problem.where.startswith(where) for problem in problems), problems


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("a", "abc", "a positive number"),
        ("alpha", "-90", "a positive number"),
        ("Z", "1.5", "a whole number"),
        ("ICSD ID", "12-ICSD", "a whole number or nothing"),
        ("Cif ID", "maybe", "one of 'done', 'not available', 'available', ''"),
        ("close match", "no", "one of 'Yes', ''"),
        ("DOI", " ", "some text"),
    ],
)
def test_unreadable_fields_are_named(broken, column, value, expected):
    problems = broken(change("a03", column, value))
    (problem,) = [p for p in problems if p.where == f"{A03}, column {column!r}"]
    assert (problem.expected, problem.found) == (expected, repr(value))


# The tables


def other_cif(entry, **columns):
    """The CIF of another row than the published one."""

    def edit(upstream):
        upstream.cifs[entry] = make_cif(dict(upstream.row(entry)) | columns)

    return edit


def of(contents):
    return other_cif("a05", **{CELL: contents})


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        (lambda u: u.cifs.update(a05=u.cifs["a05"] + u.cifs["a02"]), AGREE),
        (of("P1.0S4.0"), f"{AGREE}.lithium"),
        (of("Li7.0P1.0S4.0Na1.0"), f"{AGREE}.elements"),
        (of("Li6.0P1.0S4.0"), f"{AGREE}.composition"),
        (of("Li14.0P2.0S8.0"), f"{AGREE}.cell_contents"),
        (other_cif("a05", c="7.0"), f"{AGREE}.volume"),
        (other_cif("a05", **{NUMBER: "58"}), f"{AGREE}.space_group"),
    ],
)
def test_a_cif_that_disagrees_is_named_by_aspect(broken, edit, check):
    problems = broken(edit)
    assert any(p.where == f"{check}: all_cifs.tar.gz, a05.cif" for p in problems), problems


def same_composition(upstream):
    """The test entry z04 gets the composition, cell and space group of the training entry a03."""
    for column in (CELL, REDUCED, "Z", *"abc", SYMBOL, NUMBER):
        upstream.change("z04", column, upstream.row("a03")[column])


def same_formula_elsewhere(upstream):
    """The test entry z04 gets twice the contents of a03, in another space group."""
    contents = {CELL: "Li10.0P2.0S8.0", REDUCED: "Li10P2S8", "Z": "1"}
    cell = {**dict.fromkeys("abc", "6.6943"), SYMBOL: "P4332", NUMBER: "212"}
    for column, value in (contents | cell).items():
        upstream.change("z04", column, value)


same_paper = change("z04", "DOI", "10.1000/te.1|10.1000/TR.0")


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (same_paper, "DOI '10.1000/tr.0'"),
        (same_composition, "formula and space group ('Li0.50000P0.10000S0.40000', 225)"),
        (same_formula_elsewhere, "id 'z04', formula Li0.50000P0.10000S0.40000"),
        (same_formula_elsewhere, "normalised formulas in both parts"),
    ],
)
def test_what_crosses_the_split_is_named(broken, edit, where):
    problems = broken(edit)
    assert f"{CROSSING}: {where}" in [p.where for p in problems], problems


def built_from(folder, edit=lambda _: None):
    layout = write_repo(folder, {"1.0.0": {"edit": edit}})
    pinned = load_params(layout).versions["obelix-1-0-0"]
    release = read_release(folder / "upstream" / "obelix" / "v1.0.0-data", pinned)
    crystals = read_crystals(release)
    return Built(release=release, crystals=crystals, tables=build_tables(release, crystals))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return built_from(tmp_path_factory.mktemp("release"))


def row_of(rows, entry, **values):
    wanted = {"id": entry, **values}.items()
    return next(row for row in rows if wanted <= row.items())


def drop_second_repeat(rows):
    rows[:] = [row for row in rows if row["repeat"] != 1]


def part_component(rows):
    row_of(rows, "a00", scheme=GROUPED).update(fold=4)


FOLDS = "folds_cover_training_once: folds"
LOG = "log10_agrees_with_text: labels"
GROUPED = "grouped_doi_comp"


@pytest.mark.parametrize(
    ("table", "alter", "where"),
    [
        ("labels", lambda r: row_of(r, "a03").update(log10_sigma=-3.01), f"{LOG}, id 'a03', log10"),
        ("labels", lambda r: row_of(r, "z02").update(censoring="none"), f"{LOG}, id 'z02'"),
        ("folds", lambda r: r.pop(0), f"{FOLDS}, {GROUPED} repeat 0, id "),
        ("folds", lambda r: r[0].update(id="max"), f"{FOLDS}, {GROUPED} repeat 0, id 'max'"),
        ("folds", lambda r: r[0].update(fold=5), f"{FOLDS}, {GROUPED} repeat 0, id "),
        ("folds", drop_second_repeat, f"{FOLDS}, kfold_shuffled"),
        ("folds", part_component, "components_stay_together: component 2 grouped_doi_comp 0"),
    ],
)
def test_tables_that_differ_from_their_text_are_named(built, table, alter, where):
    rows = built.rows(table)
    alter(rows)
    altered = pa.Table.from_pylist(rows, schema=built.tables[table].schema)
    other = replace(built, tables=dict(built.tables) | {table: altered})
    with pytest.raises(IngestError) as caught:
        run_checks(DATASET, TABLE_CHECKS, other)
    assert any(p.where.startswith(where) for p in caught.value.problems), caught.value


def test_an_oddity_excuses_one_aspect_of_one_entry_only(tmp_path):
    # The real oddities allow 019 another space group in its CIF, and nothing else.
    allowed = built_from(tmp_path / "allowed", other_cif("019", **{NUMBER: "58"}))
    refused = built_from(tmp_path / "refused", other_cif("019", c="7.0"))

    results = run_checks(DATASET, TABLE_CHECKS, allowed)
    assert [entry for result in results for entry in result.allowed] == ["019"]
    with pytest.raises(IngestError) as caught:
        run_checks(DATASET, TABLE_CHECKS, refused)
    (problem,) = caught.value.problems
    assert problem.where == "structures_agree.volume: all_cifs.tar.gz, 019.cif"


# --- What the published text of OBELiX says: files, conductivities, formulas, cells and families

HEADER = ",".join(release.COLUMNS)
REST = "," * (len(release.COLUMNS) - 1)


@pytest.mark.parametrize("entry", ["5e2", "019", "max", "nan", "NA", "True", " a "])
def test_every_value_stays_the_text_it_was(entry):
    (row,) = release.read_rows("all.csv", f"{HEADER}\n{entry}{REST}\n".encode())
    assert row["ID"] == entry
    assert set(row) == set(release.COLUMNS)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER.removesuffix(",Liion ID"), "one column Liion ID; found only ID, Reduced"),
        (HEADER.replace("ID,", "Id,", 1), "one column ID; found only Id, "),
        (f"{HEADER},a", "each column once; found a 2 times"),
        (f"{HEADER},colour", f"only the {len(release.COLUMNS)} known columns; found also colour"),
        ("", "one column ID; found only "),
    ],
)
def test_another_header_is_refused_by_column(header, words):
    with pytest.raises(IngestError, match=f"all.csv, header: expected {words}"):
        release.read_rows("all.csv", f"{header}\n".encode() if header else b"")


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


# --- What ingest says of one CIF, which crystals keep lithium, and the anion rule

_CELL = dict(zip("abc", ("5.0", "6.0", "4.5"), strict=True))
_CELL |= dict.fromkeys(("alpha", "beta", "gamma"), "90.0")
ROW = {"ID": "5e2", CELL: "Li1.5P1.0S4.0", SYMBOL: "Pnma", NUMBER: "62", **_CELL}


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
