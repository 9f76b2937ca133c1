"""A valid synthetic release, and what ingest says of it when one thing is broken."""

import pyarrow as pa
import pytest

from factories import SIGMA, make_cif, write_repo
from ionladder.config import load_params
from ionladder.data.ingest import run_checks
from ionladder.data.obelix.checks import TABLE_CHECKS, Built
from ionladder.data.obelix.ingest import build, build_tables, read_crystals
from ionladder.data.obelix.release import CELL, DATASET, NUMBER, REDUCED, SYMBOL, read_release
from ionladder.errors import IngestError


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
    tables = dict(built.tables) | {table: altered}
    with pytest.raises(IngestError) as caught:
        run_checks(
            DATASET,
            TABLE_CHECKS,
            Built(release=built.release, crystals=built.crystals, tables=tables),
        )
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
