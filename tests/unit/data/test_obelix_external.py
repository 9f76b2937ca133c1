"""Rules of OBELiX-external: one row a rule, the label of a composition, scatter, broken files."""

import pytest

from factories import make_upstream, write_release
from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.obelix import release as rel
from ionladder.data.obelix_external import ingest as ext
from ionladder.errors import IngestError

LIION = "ID,composition,source,temperature,target\n"
LASKOWSKI = "Unnamed: 0,Structure,σ(RT)(S cm-1),DOI\n"
FOLDS = FoldSettings(n_folds=2, n_repeats=1, seed=1)


def build(raw, **expected):
    about = {"dataset": "obelix_external", "version": "1.0"}
    return ext.build(raw, DatasetVersion(**about, folds=FOLDS, expected=expected))


@pytest.fixture
def raw(tmp_path):
    """OBELiX in miniature, and two compilations without a row."""
    write_release(make_upstream(), tmp_path / "raw")
    write(tmp_path / "raw")
    return tmp_path / "raw"


def write(raw, liion="", laskowski=""):
    (raw / "LiIonDatabase.csv").write_text("\ufeff" + LIION + liion, encoding="utf-8")
    (raw / "laskowski_with_dois.csv").write_text(LASKOWSKI + laskowski, encoding="utf-8")


def known(raw, name="all.csv"):
    return rel.read_rows(name, (raw / name).read_bytes())


GOOD = "1,Li7SbO4,10.1/new,25,1E-5\n"


@pytest.mark.parametrize(
    ("liion", "laskowski", "rule"),
    [
        ("1,Li7SbO4)2,10.1/new,25,1E-5\n", "", "formula not read"),
        ("", "0,0.5Li2S-0.5P2S5,1E-5,10.1/new\n", "formula not read"),
        ("", "0,Li7SbO4,<1E10,10.1/new\n", "conductivity not read"),
        ("1,Li7SbO4,10.1/new,25,-3\n", "", "conductivity not read"),
        ("1,Li7SbO4,10.1/new,36,1E-5\n", "", "not at room temperature"),
        ("1,Li7SbO4,10.1/new,,1E-5\n", "", "not at room temperature"),
        ("1,{formula},10.1/new,25,1E-5\n", "", "composition in OBELiX"),
        ("1,Li7SbO4,Journal 1 (1965),25,1E-5\n", "", "no DOI stated"),
        ("", "0,Li7SbO4,1E-5,\n", "no DOI stated"),
        ("", "0,Li7SbO4,1E-5,10.1/new; {doi}\n", "DOI in OBELiX"),
    ],
)
def test_a_row_is_left_out_by_the_first_rule_it_breaks(raw, liion, laskowski, rule):
    row = known(raw)[0]
    names = {"formula": row[rel.CELL], "doi": row[rel.DOI].upper()}
    write(raw, GOOD + liion.format(**names), laskowski.format(**names))
    built = build(raw, test_entries=1)
    (out,) = built.tables["left_out"].to_pylist()
    assert out["reason"] == rule
    assert sum(built.summary["rules"]["counts"][rule]) == 1


@pytest.mark.parametrize(
    ("values", "label", "limit"),
    [
        (["1E-5", "1E-3", "1E-8"], -5.0, None),
        (["1E-5", "1E-3"], -4.0, None),
        (["1E-5", "<1E-10", "1E-15"], -5.0, None),
        (["<1E-10", "<1E-8"], -15.0, -10.0),
        (["9E-15"], -15.0, -14.0),
        (["1.2E−4"], pytest.approx(-3.92082, abs=1e-5), None),
    ],
)
def test_a_composition_has_the_median_of_its_values_or_its_smallest_limit(
    raw, values, label, limit
):
    rows = [f"{n},Li{7 * n}Sb{n}O{4 * n},{v},10.1/{n % 2}\n" for n, v in enumerate(values, start=1)]
    write(raw, "", "".join(rows))
    tables = build(raw).tables
    (new,) = (row for row in tables["labels"].to_pylist() if row["id"].startswith("x"))
    assert (new["log10_sigma"], new["log10_sigma_limit"]) == (label, limit)
    assert new["censoring"] == ("none" if limit is None else "left")


def test_new_entries_form_groups_by_papers_and_training_ones_are_those_of_obelix(raw):
    rows = ["Li7SbO4,10.1/a", "Li7BiO4,10.1/b", "Li7SbO4,10.1/B", "Li7SbO5,10.1/c"]
    parts = [row.split(",") for row in rows]
    write(raw, "", "".join(f"{n},{f},1E-5,{doi}\n" for n, (f, doi) in enumerate(parts)))
    built = build(raw)
    split = built.tables["splits"].to_pylist()
    assert {r["id"] for r in split if r["subset"] == "train"} == {
        row[rel.ID] for row in known(raw, "train.csv")
    }
    assert built.summary["counts"]["entries"][1] == 3
    assert built.summary["counts"]["components"][1] == 2
    assert built.summary["counts"]["dois"][1] == 3


def test_scatter_pairs_values_of_one_composition_in_other_articles(raw):
    row = next(r for r in known(raw) if not r[rel.SIGMA].startswith("<"))
    value = 10 * float(row[rel.SIGMA])
    same = [f"0,{row[rel.CELL]},{value!r},10.1/x\n", f"1,{row[rel.CELL]},1E-1,{row[rel.DOI]}\n"]
    write(raw, GOOD, "".join([*same, f"2,{row[rel.CELL]},<1E-1,10.1/y\n"]))
    found = build(raw).summary["elsewhere"]["obelix"]
    twins = [r for r in known(raw) if r[rel.CELL] == row[rel.CELL]]
    assert found["entries"] == found["pairs"] == len(twins)
    assert len(twins) > 1 or found["median"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("LiIonDatabase.csv", b"<!doctype html><p>Sign in"),
        ("laskowski_with_dois.csv", b"Structure,DOI\nLi2O,10.1/a\n"),
        ("LiIonDatabase.csv", b"\xff\xfe"),
    ],
)
def test_a_broken_file_is_one_error(raw, name, content):
    (raw / name).write_bytes(content)
    with pytest.raises(IngestError) as caught:
        build(raw)
    assert {problem.where.partition(",")[0] for problem in caught.value.problems} == {name}


def test_other_counts_than_expected_are_refused(raw):
    write(raw, GOOD)
    with pytest.raises(IngestError, match="test_entries: expected 2; found 1"):
        build(raw, test_entries=2)
